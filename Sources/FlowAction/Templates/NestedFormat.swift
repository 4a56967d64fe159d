/// A format inside a value of another one, such as JSON in a member of a form: a token in it is encoded for the outer one
/// alone.
enum NestedFormat: String {
    /// Text that begins with `{` or `[`, and has a name in quotes.
    case json = "JSON"
    /// Text that begins with `<?xml`.
    case xml = "XML"

    /// How many bytes of blanks there may be before a format.
    private static let longestBlank = 64

    /// The code of the finding.
    static let code = "nested-format"

    /// The format that a value's text begins, up to its first token; `nil` for text of no format.
    ///
    /// HTML is none: it stands in values of JSON every day, and few mind a quote in it.
    ///
    /// - Parameter hasQuote: whether there is a `"` in the text, as of a name, without which `{` and `[` begin no JSON.
    init?(_ text: ArraySlice<UInt8>, hasQuote: Bool) {
        // Of many blanks before many tokens each token would pass over all.
        let text = text.prefix(Self.longestBlank).drop { $0 <= 0x20 }
        if hasQuote, text.first == UInt8(ascii: "{") || text.first == UInt8(ascii: "[") {
            self = .json
        } else if text.starts(with: "<?xml".utf8) {
            self = .xml
        } else {
            return nil
        }
    }

    /// The formats inside the strings of a JSON template.
    static func findings(inJSON text: TokenizedText) -> [TemplateFinding] {
        var reader = TemplateReader(text)
        var start: Int?
        var hasQuote = false
        while !reader.isAtEnd {
            if reader.isAtHole, let start,
                let format = NestedFormat(text.bytes[start..<reader.position], hasQuote: hasQuote)
            {
                return [format.finding(at: reader.position, inside: "a string of JSON")]
            }
            if start != nil, reader.take("\\\"") {
                hasQuote = true
                continue
            }
            if start != nil, reader.take("\\\\") { continue }
            if reader.byte == UInt8(ascii: "\"") {
                start = start == nil ? reader.position + 1 : nil
                hasQuote = false
            }
            reader.advance()
        }
        return []
    }

    /// The formats inside the text and the CDATA sections of an XML template.
    static func findings(inXML text: TokenizedText) -> [TemplateFinding] {
        var reader = TemplateReader(text)
        var start: Int?
        var (hasQuote, isCDATA) = (false, false)
        while !reader.isAtEnd {
            if reader.isAtHole, let start,
                let format = NestedFormat(text.bytes[start..<reader.position], hasQuote: hasQuote)
            {
                return [format.finding(at: reader.position, inside: "XML")]
            }
            if !isCDATA, reader.take("<![CDATA[") {
                (start, hasQuote, isCDATA) = (reader.position, false, true)
                continue
            }
            switch reader.byte {
            case UInt8(ascii: "\""): hasQuote = true
            case UInt8(ascii: "<") where !isCDATA: start = nil
            case UInt8(ascii: ">") where !isCDATA || text.bytes[..<reader.position].suffix(2).elementsEqual("]]".utf8):
                (start, hasQuote, isCDATA) = (reader.position + 1, false, false)
            default: break
            }
            reader.advance()
        }
        return []
    }

    /// The warning of a token in it.
    func finding(at offset: Int, inside outer: String) -> TemplateFinding {
        TemplateFinding(
            offset: offset,
            .warning,
            code: Self.code,
            message: """
                this is \(rawValue) inside \(outer), and the token is encoded for the outer one alone: a value with \
                \(self == .json ? "a quote" : "& or <") breaks the \(rawValue)
                """
        )
    }
}
