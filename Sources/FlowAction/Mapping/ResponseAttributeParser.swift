internal import JSON

/// Reads the grammar of response attributes, at load time.
struct ResponseAttributeParser {
    private let bytes: [UInt8]
    private let isXML: Bool
    private var position = 0
    private var steps: [ResponseAttribute.Step] = []
    private var isIndexed = false

    /// Prepares to read a path.
    init(_ source: String, isXML: Bool) {
        bytes = Array(source.utf8)
        self.isXML = isXML
    }

    /// Reads the whole path.
    ///
    /// - Throws: a finding of severity error that points at the first byte that does not fit.
    mutating func parse() throws(TemplateFinding) -> [ResponseAttribute.Step] {
        guard let first = bytes.first else {
            throw finding("empty-attribute", at: 0, "a response attribute is a path such as \(example)")
        }
        if first == UInt8(ascii: "$") {
            throw finding(
                "invalid-key",
                at: 0,
                "a response attribute begins with the first key, without $",
                suggestion: bytes.starts(with: "$.".utf8) ? text(2..<bytes.count) : nil
            )
        }
        if first == UInt8(ascii: "/") {
            throw finding("invalid-key", at: 0, "keys are joined by dots, as in \(example)")
        }
        if first != UInt8(ascii: "[") { try parseKey() }
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "["): try parseBracket()
            case UInt8(ascii: "."):
                position += 1
                try parseKey()
            default:
                throw finding(
                    "invalid-path",
                    at: position,
                    "after a closing bracket comes a dot, a bracket or the end"
                )
            }
        }
        return steps
    }

    private var example: String { isXML ? "order.item[0].price" : "orders[0].orderDate" }

    // MARK: Keys

    /// Reads a key as it is, up to a dot, a bracket or the end.
    private mutating func parseKey() throws(TemplateFinding) {
        let start = position
        let isAttribute = position < bytes.count && bytes[position] == UInt8(ascii: "@")
        if isAttribute { position += 1 }
        let nameStart = position
        let key = bytes[position...].prefix { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "[") }
        for scalar in String(decoding: key, as: UTF8.self).unicodeScalars {
            guard isKeyScalar(scalar) else { throw unexpected(scalar, keyStart: start) }
            position += UTF8.width(scalar)
        }
        guard position > nameStart else {
            throw finding(
                isAttribute ? "invalid-key" : "empty-key",
                at: start,
                isAttribute
                    ? "a name follows @" : "a key is missing; between two dots and after the last one stands a key"
            )
        }
        try append(key: text(start..<position), at: start)
    }

    /// Letters of any script with the marks on them, digits, `-`, `_`, `:` and blanks.
    private func isKeyScalar(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "-" || scalar == "_" || scalar == ":" || scalar == " " { return true }
        if scalar.properties.isAlphabetic { return true }
        switch scalar.properties.generalCategory {
        case .decimalNumber, .nonspacingMark, .spacingMark, .enclosingMark: return true
        default: return false
        }
    }

    private func unexpected(_ scalar: Unicode.Scalar, keyStart: Int) -> TemplateFinding {
        if scalar == "]" {
            return finding("invalid-path", at: position, "there is no opening bracket for this one")
        }
        if bytes[position...].starts(with: "{{".utf8) {
            return finding("invalid-key", at: position, "a response attribute has no tokens")
        }
        if isXML, bytes[keyStart...].elementsEqual("text()".utf8) {
            return finding(
                "invalid-key",
                at: keyStart,
                "an element stands for its text; leave text() out",
                suggestion: keyStart > 0 ? text(0..<(keyStart - 1)) : nil
            )
        }
        if scalar == "/", !bytes.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "[") }) {
            let path = text(bytes.indices).replacing("/", with: ".")
            return finding("invalid-key", at: position, "keys are joined by dots", suggestion: path)
        }
        let end = bytes[position...].firstIndex { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "[") } ?? bytes.count
        return finding(
            "invalid-key",
            at: position,
            "a key holds letters, digits, -, _, : and blanks; any other key is written in brackets and double quotes",
            suggestion: quoting(bytes[keyStart..<end], in: keyStart..<end)
        )
    }

    /// The whole path with a key in brackets and double quotes in the place of what stands there.
    private func quoting(_ key: ArraySlice<UInt8>, in range: Range<Int>) -> String {
        var path = bytes[..<range.lowerBound]
        if path.last == UInt8(ascii: ".") { path.removeLast() }
        path.append(UInt8(ascii: "["))
        path.append(contentsOf: JSONValue.string(String(decoding: key, as: UTF8.self)).serialized)
        path.append(UInt8(ascii: "]"))
        path.append(contentsOf: bytes[range.upperBound...])
        return String(decoding: path, as: UTF8.self)
    }

    private mutating func append(key: String, at start: Int) throws(TemplateFinding) {
        if case .attribute = steps.last {
            throw finding(
                "attribute-not-last",
                at: start,
                "an XML attribute holds no other value: @ stands in the last key"
            )
        }
        guard isXML else {
            guard key.first != "@" || bytes[start] == UInt8(ascii: "[") else {
                throw finding(
                    "attribute-in-json",
                    at: start,
                    "@ is for the attributes of XML; JSON has none",
                    suggestion: quoting(bytes[start..<position], in: start..<position)
                )
            }
            return steps.append(.member(key))
        }
        if key.first == "@" {
            guard !steps.isEmpty else {
                throw finding("invalid-path", at: start, "the path into XML begins with the root element's name")
            }
            steps.append(.attribute(String(key.dropFirst())))
        } else {
            isIndexed = false
            steps.append(.element(key, index: 0))
        }
    }

    // MARK: Brackets

    private mutating func parseBracket() throws(TemplateFinding) {
        let start = position
        position += 1
        guard position < bytes.count else { throw unclosed(start) }
        switch bytes[position] {
        case UInt8(ascii: "\""): try parseQuotedKey(from: start)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): try parseIndex(from: start)
        case UInt8(ascii: "-"):
            throw finding("invalid-index", at: position, "an index counts from the start, beginning at 0")
        case UInt8(ascii: "]"):
            throw finding("invalid-index", at: position, "an index is missing; the first element is [0]")
        case UInt8(ascii: "*"), UInt8(ascii: ":"), UInt8(ascii: "?"):
            throw finding(
                "invalid-index",
                at: position,
                "a response attribute names one value; the first element is [0]"
            )
        default:
            throw finding(
                "invalid-index",
                at: position,
                "brackets hold an index from 0, or a key in double quotes, as in a[\"b.c\"]",
                suggestion: quotedSpelling(from: start)
            )
        }
    }

    /// What `[name]` or `['name']` would be in double quotes.
    private func quotedSpelling(from start: Int) -> String? {
        guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "]")) else { return nil }
        var key = bytes[position..<end]
        if key.count > 1, key.first == UInt8(ascii: "'"), key.last == UInt8(ascii: "'") {
            key = key.dropFirst().dropLast()
        }
        return quoting(key, in: start..<(end + 1))
    }

    private mutating func parseIndex(from start: Int) throws(TemplateFinding) {
        let digitsStart = position
        var index = 0
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 {
            guard index < 100_000_000 else {
                throw finding("invalid-index", at: digitsStart, "an index is at most 999999999")
            }
            index = index * 10 + Int(bytes[position] - UInt8(ascii: "0"))
            position += 1
        }
        guard position < bytes.count else { throw unclosed(start) }
        guard bytes[position] == UInt8(ascii: "]") else {
            throw finding("invalid-index", at: position, "an index is a whole number from 0 and nothing else")
        }
        position += 1
        try append(index: index, at: start)
    }

    private mutating func append(index: Int, at start: Int) throws(TemplateFinding) {
        guard isXML else { return steps.append(.index(index)) }
        switch steps.last {
        case .element(let name, _) where !isIndexed:
            isIndexed = true
            steps[steps.count - 1] = .element(name, index: index)
        case .element:
            throw finding(
                "invalid-index",
                at: start,
                "an XML element has one index, its place among siblings of its name"
            )
        case .attribute:
            throw finding("attribute-not-last", at: start, "an XML attribute has no index: it is there once")
        default:
            throw finding("invalid-path", at: start, "the path into XML begins with the root element's name")
        }
    }

    private mutating func parseQuotedKey(from start: Int) throws(TemplateFinding) {
        let quote = position
        position += 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard position < bytes.count else {
            throw finding("unclosed-quote", at: quote, "the double quote is not closed")
        }
        position += 1
        let key: String
        do throws(JSONError) {
            key = try JSONValue(parsing: Array(bytes[quote..<position])).stringValue ?? ""
        } catch {
            throw finding(
                "invalid-key",
                at: quote + error.offset,
                "a quoted key is a JSON string; this is \(error.code.rawValue)"
            )
        }
        guard position < bytes.count else { throw unclosed(start) }
        guard bytes[position] == UInt8(ascii: "]") else {
            throw finding("invalid-path", at: position, "after the key's closing quote comes the closing bracket")
        }
        position += 1
        guard !isXML || !key.isEmpty else { throw finding("empty-key", at: quote, "an XML name is never empty") }
        try append(key: key, at: start)
    }

    // MARK: Findings

    private func unclosed(_ start: Int) -> TemplateFinding {
        finding("unclosed-bracket", at: start, "the bracket is not closed")
    }

    private func finding(_ code: String, at offset: Int, _ message: String, suggestion: String? = nil)
        -> TemplateFinding
    {
        TemplateFinding(offset: offset, .error, code: code, message: message, suggestion: suggestion)
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }
}
