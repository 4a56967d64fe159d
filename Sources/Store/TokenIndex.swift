internal import FlowAction

/// The My Tokens that any folder of the store defines, kept up to date as files change.
final class TokenIndex {
    private struct Entry {
        var name: String
        var definitions = 0
        var secrets = 0
    }

    private var entries: [String: Entry] = [:]
    /// The names in order, as long as they are what ``entries`` has.
    private var sortedNames: [String]?

    /// Puts the tokens of a file in the place of those that it had.
    func replace(_ old: [String: MyToken]?, with new: [String: MyToken]?) {
        sortedNames = nil
        for (key, token) in new ?? [:] {
            entries[key, default: Entry(name: token.name)].definitions += 1
            if token.isSecret { entries[key]?.secrets += 1 }
        }
        for (key, token) in old ?? [:] {
            guard let entry = entries[key] else { continue }
            if entry.definitions == 1 {
                entries[key] = nil
            } else {
                entries[key]?.definitions -= 1
                if token.isSecret { entries[key]?.secrets -= 1 }
            }
        }
    }

    /// Whether any folder defines a token; the key is its name in lower case.
    func isDefined(_ key: String) -> Bool { entries[key] != nil }

    /// Whether any folder defines a token as secret.
    func isSecret(_ key: String) -> Bool { (entries[key]?.secrets ?? 0) > 0 }

    /// The names, for those who look for the nearest.
    var names: [String] {
        if let sortedNames { return sortedNames }
        let names = entries.values.map(\.name).sorted()
        sortedNames = names
        return names
    }
}
