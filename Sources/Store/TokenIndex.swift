internal import FlowAction

/// The My Tokens that any folder of the store defines, kept up to date as files change.
final class TokenIndex {
    private struct Entry {
        var name: String
        var definitions = 0
        var secrets = 0
        /// How many have a value that is not secret.
        var plain = 0
        /// How many have a value that no header may hold.
        var unfit = 0

        mutating func count(_ token: MyToken, _ step: Int) {
            definitions += step
            if token.isSecret { secrets += step } else if !token.value.isEmpty { plain += step }
            if token.value.holdsControl { unfit += step }
        }
    }

    private var entries: [String: Entry] = [:]
    /// The names in order, as long as they are what ``entries`` has.
    private var sortedNames: [String]?

    /// Puts the tokens of a file in the place of those that it had.
    func replace(_ old: [String: MyToken]?, with new: [String: MyToken]?) {
        sortedNames = nil
        for (key, token) in new ?? [:] {
            entries[key, default: Entry(name: token.name)].count(token, 1)
        }
        for (key, token) in old ?? [:] {
            entries[key]?.count(token, -1)
            if entries[key]?.definitions == 0 { entries[key] = nil }
        }
    }

    /// Whether any folder defines a token; the key is its name in lower case.
    func isDefined(_ key: String) -> Bool { entries[key] != nil }

    /// Whether any folder defines a token as secret.
    func isSecret(_ key: String) -> Bool { (entries[key]?.secrets ?? 0) > 0 }

    /// Whether any folder gives a token a value that is not secret.
    func isPlain(_ key: String) -> Bool { (entries[key]?.plain ?? 0) > 0 }

    /// Whether any folder gives a token a value with a control character.
    func holdsControl(_ key: String) -> Bool { (entries[key]?.unfit ?? 0) > 0 }

    /// The names, for those who look for the nearest.
    var names: [String] {
        if let sortedNames { return sortedNames }
        let names = entries.values.map(\.name).sorted()
        sortedNames = names
        return names
    }
}
