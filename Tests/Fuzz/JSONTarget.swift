import JSON

extension FuzzTarget {
    /// Whatever parses is written again, and parses to the same value.
    static let json = FuzzTarget(name: "json") { bytes in
        guard let value = try? JSONValue(parsing: bytes) else { return }
        precondition((try? JSONValue(parsing: value.serialized)) == value, "a value changes on its way")
    }
}
