internal import FlowAction
internal import YAML

/// Reads the known keys of a mapping; what is unknown, or of the wrong kind, becomes a finding.
struct MappingReader {
    private let pairs: [YAMLNode.Pair]
    /// The keys of the pairs: a few, which are compared sooner than they are hashed.
    private let names: [String]

    /// Opens a mapping.
    ///
    /// - Parameter namesUnknown: whether a finding repeats an unknown key, which may be a value in the wrong place.
    /// - Returns: `nil`, with a finding, where the node is no mapping.
    init?(
        _ node: YAMLNode,
        keys: [String],
        what: String,
        namesUnknown: Bool = true,
        _ findings: inout Findings
    ) {
        guard case .mapping(let pairs) = node.content else {
            findings.error("mapping-expected", "\(what) is to be a mapping of keys and values", at: node)
            return nil
        }
        names = pairs.map(\.name)
        for (index, name) in names.enumerated() where !keys.contains(name) {
            findings.error(
                "unknown-key",
                "\(what) has no \(namesUnknown ? "key \"\(name)\"" : "such key"); it may have \(keys.joined(separator: ", "))",
                at: pairs[index].key,
                suggestion: Self.meant(name, among: keys)
            )
        }
        self.pairs = pairs
    }

    /// The value of a key.
    subscript(key: String) -> YAMLNode? { names.firstIndex(of: key).map { pairs[$0].value } }

    /// Whether a key is there with a value.
    func has(_ key: String) -> Bool { self[key].map { !$0.isNull } ?? false }

    /// The text of a key, however it is quoted; `nil` where the key is missing or has no value.
    func text(_ key: String, _ findings: inout Findings) -> String? {
        guard let node = self[key], !node.isNull else { return nil }
        guard let text = node.text else {
            findings.textExpected("\"\(key)\"", at: node)
            return nil
        }
        return text
    }

    /// One of the words of an enumeration.
    func word<Word: RawRepresentable & CaseIterable>(
        _ key: String,
        _ findings: inout Findings
    ) -> Word? where Word.RawValue == String {
        guard let text = text(key, &findings), let node = self[key] else { return nil }
        if let word = Word(rawValue: text) { return word }
        let words = Word.allCases.map(\.rawValue)
        findings.error(
            "unknown-value",
            "\"\(key)\" is one of \(words.joined(separator: ", "))",
            at: node,
            suggestion: words.first { $0.lowercased() == text.lowercased() } ?? Self.meant(text, among: words)
        )
        return nil
    }

    /// What a word was meant to be: the one that is nearest, else the only one of which it is a part (`headers`).
    private static func meant(_ word: String, among words: [String]) -> String? {
        if let nearest = NearestWord.find(word, among: words) { return nearest }
        let wholes = words.filter { $0.lowercased().split { !$0.isLetter }.contains { $0 == word.lowercased() } }
        return wholes.count == 1 ? wholes[0] : nil
    }

    /// `true` or `false`.
    func flag(_ key: String, _ findings: inout Findings) -> Bool? {
        enum Flag: String, CaseIterable {
            case yes = "true"
            case no = "false"
        }
        let flag: Flag? = word(key, &findings)
        return flag.map { $0 == .yes }
    }

    /// A whole number within bounds.
    func integer(_ key: String, in range: ClosedRange<Int>, _ findings: inout Findings) -> Int? {
        guard let text = text(key, &findings), let node = self[key] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            findings.error(
                "number-expected",
                "\"\(key)\" is a whole number from \(range.lowerBound) to \(range.upperBound)",
                at: node
            )
            return nil
        }
        return number
    }

    /// A time such as `250ms` or `30s`, above 0 and up to a bound.
    func duration(_ key: String, upTo bound: Duration, _ findings: inout Findings) -> Duration? {
        guard let text = text(key, &findings), let node = self[key] else { return nil }
        guard let duration = DurationText.read(text), duration > .zero, duration <= bound else {
            findings.error(
                "duration-expected",
                "\"\(key)\" is a time such as 250ms or 30s, above 0 and up to \(DurationText.write(bound))",
                at: node
            )
            return nil
        }
        return duration
    }
}

/// Times as the store writes them.
enum DurationText {
    /// Reads `250ms`, `30s`, `1.5s` or `2m`; `nil` for anything else.
    static func read(_ text: String) -> Duration? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let value = Double(number), value.isFinite, value <= 1e9 else { return nil }
        switch text.dropFirst(number.count) {
        case "ms": return .microseconds(Int64(value * 1_000))
        case "s": return .milliseconds(Int64(value * 1_000))
        case "m", "min": return .milliseconds(Int64(value * 60_000))
        default: return nil
        }
    }

    /// Writes a time in whole seconds, or else in milliseconds.
    static func write(_ duration: Duration) -> String {
        let milliseconds = Int64(duration / .milliseconds(1))
        return milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000)s" : "\(milliseconds)ms"
    }
}
