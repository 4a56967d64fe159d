internal import JSON

/// Positions under names, compared byte by byte: made once, and asked for every name of every request.
///
/// Its hash is a cheap one without a secret: nobody but the store puts names in, so a request cannot make it slow.
package struct NameTable: Sendable {
    private struct Entry {
        var name: String
        var position: Int
        /// The next entry of the same slot, -1 at its end.
        var next: Int32
    }

    private var entries: [Entry] = []
    /// The first entry of each slot, -1 where there is none; their number is a power of 2.
    private var slots: [Int32]

    /// Makes a table; of two positions under one name the first holds.
    package init(_ names: [(name: String, position: Int)]) {
        var count = 8
        while count < 2 * names.count { count *= 2 }
        slots = [Int32](repeating: -1, count: count)
        for (name, position) in names where self[name] == nil {
            let slot = slot(of: name)
            entries.append(Entry(name: name, position: position, next: slots[slot]))
            slots[slot] = Int32(entries.count - 1)
        }
    }

    /// The position under a name.
    package subscript(name: String) -> Int? {
        var index = Int(slots[slot(of: name)])
        while index >= 0 {
            if entries[index].name == name { return entries[index].position }
            index = Int(entries[index].next)
        }
        return nil
    }

    /// Eight bytes at a time, mixed by a multiplication.
    private func slot(of name: String) -> Int {
        let hash = name.withBytes { utf8 in
            let raw = UnsafeRawBufferPointer(utf8)
            var hash = UInt64(raw.count)
            var position = 0
            while position + 8 <= raw.count {
                hash = Self.mixed(hash ^ raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
                position += 8
            }
            var rest: UInt64 = 0
            while position < raw.count {
                rest = rest << 8 | UInt64(raw[position])
                position += 1
            }
            return Self.mixed(hash ^ rest)
        }
        return Int(truncatingIfNeeded: hash) & (slots.count - 1)
    }

    private static func mixed(_ hash: UInt64) -> UInt64 {
        let product = hash &* 0x9E37_79B9_7F4A_7C15
        return product ^ product >> 32
    }
}
