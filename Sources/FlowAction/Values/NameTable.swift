internal import JSON

/// Positions under names, found without regard to case: made once, and asked for every name of every request.
///
/// Its hash has no secret key: nobody but the store puts names in, so a request cannot make it slow.
package struct NameTable: Sendable {
    private struct Entry {
        /// ASCII alone.
        var name: String
        var hash: UInt64
        var position: Int
        /// The next entry of the same slot, -1 at its end.
        var next: Int32
    }

    private var entries: [Entry] = []
    /// The first entry of each slot, -1 where there is none; their number is a power of 2.
    private var slots: [Int32]
    /// The positions under names that are not of ASCII alone: in lower case and compared as Unicode has it.
    private var others: [String: Int] = [:]

    /// Makes a table; of two positions under one name the first holds.
    package init(_ names: [(name: String, position: Int)]) {
        var count = 8
        while count < 2 * names.count { count *= 2 }
        slots = [Int32](repeating: -1, count: count)
        entries.reserveCapacity(names.count)
        for (name, position) in names {
            if add(name, position) { continue }
            // Some letters beyond ASCII have a small one within it.
            let lowercased = name.lowercased()
            if !add(lowercased, position), others[lowercased] == nil { others[lowercased] = position }
        }
    }

    /// The position under a name.
    package subscript(name: String) -> Int? {
        if let hash = Self.hash(of: name) { return entry(name, hash).map { entries[$0].position } }
        let lowercased = name.lowercased()
        guard let hash = Self.hash(of: lowercased) else { return others[lowercased] }
        return entry(lowercased, hash).map { entries[$0].position }
    }

    /// Adds a name that is not there yet; `false`, and nothing done, where it is not of ASCII alone.
    private mutating func add(_ name: String, _ position: Int) -> Bool {
        guard let hash = Self.hash(of: name) else { return false }
        guard entry(name, hash) == nil else { return true }
        let slot = slot(of: hash)
        entries.append(Entry(name: name, hash: hash, position: position, next: slots[slot]))
        slots[slot] = Int32(entries.count - 1)
        return true
    }

    /// The index of the entry of a name of ASCII.
    private func entry(_ name: String, _ hash: UInt64) -> Int? {
        var index = Int(slots[slot(of: hash)])
        while index >= 0 {
            if entries[index].hash == hash, Self.isSame(entries[index].name, name) { return index }
            index = Int(entries[index].next)
        }
        return nil
    }

    /// Whether two names of ASCII are the same but for their case.
    private static func isSame(_ first: String, _ second: String) -> Bool {
        // Nearly every request spells a name as the store does.
        first == second
            || first.withBytes { first in
                second.withBytes { second in
                    guard first.count == second.count else { return false }
                    return first.indices.allSatisfy { index in
                        let difference = first[index] ^ second[index]
                        let isLetter = (first[index] | 0x20) &- UInt8(ascii: "a") < 26
                        return difference == 0 || difference == 0x20 && isLetter
                    }
                }
            }
    }

    private func slot(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash) & (slots.count - 1)
    }

    /// Without the bit that tells capitals; `nil` for a name that is not of ASCII alone.
    private static func hash(of name: String) -> UInt64? {
        NameHash.of(name, key: 0x9E37_79B9_7F4A_7C15, blanked: 0x20)
    }
}
