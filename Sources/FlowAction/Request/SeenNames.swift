/// The names of an object's members so far: looked through one by one while they are few, a table beyond.
struct SeenNames {
    /// For each name of ASCII its member's number, counted from 1, in the first free slot from its hash on; 0: free. More than
    /// half are.
    private var slots: [Int32] = []
    /// The names that are not of ASCII alone, compared as Unicode has it.
    private var others: Set<String> = []

    /// How many names are looked through one by one.
    private static let fewest = 16

    private static let key = UInt64.random(in: .min ... .max)

    /// Whether a name is none of the members'; to be asked for each member before it joins them.
    mutating func isNew(_ name: String, after members: [FlowActionRequest.Member]) -> Bool {
        if members.count < Self.fewest { return !members.contains { $0.name == name } }
        if slots.count <= 2 * members.count {
            slots = [Int32](repeating: 0, count: max(4 * slots.count, 8 * Self.fewest))
            for index in members.indices { _ = add(members[index].name, at: index, members) }
        }
        return add(name, at: members.count, members)
    }

    /// Adds the name of the member at an index; `false` where an earlier one has it.
    private mutating func add(_ name: String, at index: Int, _ members: [FlowActionRequest.Member]) -> Bool {
        guard let hash = NameHash.of(name, key: Self.key) else { return others.insert(name).inserted }
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 {
            if members[Int(slots[slot]) - 1].name == name { return false }
            slot = (slot + 1) & (slots.count - 1)
        }
        slots[slot] = Int32(index + 1)
        return true
    }
}
