/// Positions under names, compared byte by byte: made once, and asked for every name of every request.
///
/// Its hash is a cheap one without a secret: nobody but the store puts names in, so a request cannot make it slow.
struct NameTable: Sendable {
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
    init(_ names: [(name: String, position: Int)]) {
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
    subscript(name: String) -> Int? {
        var index = Int(slots[slot(of: name)])
        while index >= 0 {
            if entries[index].name.utf8.count == name.utf8.count, entries[index].name == name {
                return entries[index].position
            }
            index = Int(entries[index].next)
        }
        return nil
    }

    /// FNV-1a.
    private func slot(of name: String) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash ^ hash >> 32) & (slots.count - 1)
    }
}
