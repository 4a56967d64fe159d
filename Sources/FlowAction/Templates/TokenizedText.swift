/// A template's text with its tokens found: the step between the text and a ``Template``.
struct TokenizedText {
    /// One token of the text.
    struct Token {
        /// The bytes it takes, braces included.
        var range: Range<Int>
        /// The bytes of its default, where it has one.
        var defaultText: Range<Int>?
        /// What it refers to; `nil` where it is not a valid token.
        var reference: TokenReference?
    }

    /// The text as its author wrote it.
    let source: String
    /// The same in UTF-8.
    let bytes: [UInt8]
    /// The tokens in order.
    private(set) var tokens: [Token] = []
    /// What is wrong or doubtful in the tokens.
    private(set) var findings: [TemplateFinding] = []
    /// Whether a `{{` never closes, so that nothing can be said about the text as a whole.
    private(set) var hasUnclosedToken = false
    /// Where the last `}}` ends: no search goes beyond it, so that many `{{` without an end cost no more than one.
    private let lastEnd: Int?

    /// Finds the tokens of a text.
    ///
    /// - Parameter syntax: reads what stands in the tokens; `nil` where their places are all that is asked for.
    init(_ source: String, syntax: TokenSyntax?) {
        self.source = source
        let bytes = Array(source.utf8)
        self.bytes = bytes
        lastEnd = bytes.indices.dropFirst().last {
            bytes[$0] == UInt8(ascii: "}") && bytes[$0 - 1] == UInt8(ascii: "}")
        }
        var position = 0
        while let open = opening(from: position) {
            guard let content = content(from: open + 2) else {
                hasUnclosedToken = true
                findings.append(
                    TemplateFinding(
                        offset: open,
                        .error,
                        code: "unclosed-token",
                        message: "this {{ never closes; a token is written {{family.Name}}"
                    )
                )
                position = open + 2
                continue
            }
            let reference = syntax?.reference(
                name: bytes[content.name],
                defaultText: content.defaultText.map { bytes[$0] },
                offset: open,
                findings: &findings
            )
            position = (content.defaultText ?? content.name).upperBound + 2
            tokens.append(Token(range: open..<position, defaultText: content.defaultText, reference: reference))
        }
        if syntax != nil, !hasUnclosedToken, bytes.contains(UInt8(ascii: "}")) {
            var start = 0
            for token in tokens {
                findings += HalfTokens.find(in: bytes[start..<token.range.lowerBound])
                start = token.range.upperBound
            }
            findings += HalfTokens.find(in: bytes[start...])
        }
    }

    /// The template: every token at the place of the same index; one that is not valid stays literal text.
    ///
    /// - Parameter range: the part of the text to take.
    func template(places: [Place], in range: Range<Int>? = nil) -> Template {
        let range = range ?? bytes.indices
        var segments: [Template.Segment] = []
        var literalStart = range.lowerBound
        for (token, place) in zip(tokens, places) {
            guard let reference = token.reference, token.range.lowerBound >= range.lowerBound,
                token.range.upperBound <= range.upperBound
            else { continue }
            if literalStart < token.range.lowerBound {
                segments.append(.literal(Array(bytes[literalStart..<token.range.lowerBound])))
            }
            segments.append(.token(reference, place))
            literalStart = token.range.upperBound
        }
        if literalStart < range.upperBound { segments.append(.literal(Array(bytes[literalStart..<range.upperBound]))) }
        return Template(segments: segments, source: String(decoding: bytes[range], as: UTF8.self))
    }

    /// The next `{{`; of more braces in a row the last two, since no family begins with one: `{{{my.Name}}: 1}`.
    private func opening(from start: Int) -> Int? {
        var position = start
        while position + 1 < bytes.count {
            if bytes[position] == UInt8(ascii: "{"), bytes[position + 1] == UInt8(ascii: "{") {
                while position + 2 < bytes.count, bytes[position + 2] == UInt8(ascii: "{") { position += 1 }
                return position
            }
            position += 1
        }
        return nil
    }

    /// What stands between `{{` and `}}`: family and name, and the default where there is one.
    ///
    /// A name with a brace or a line break in it means that the author forgot to close the token.
    private func content(from start: Int) -> (name: Range<Int>, defaultText: Range<Int>?)? {
        guard let lastEnd else { return nil }
        var position = start
        while position < lastEnd {
            switch bytes[position] {
            case UInt8(ascii: "}"):
                guard bytes[position + 1] == UInt8(ascii: "}"),
                    !bytes[start..<position].trimming(while: \.isBlank).contains(where: { $0 == 0x0A || $0 == 0x0D })
                else { return nil }
                return (start..<position, nil)
            case UInt8(ascii: "{"):
                return nil
            case UInt8(ascii: ":") where TokenSyntax.beginsDefault(bytes[position...]):
                let text = position + TokenSyntax.defaultMark.count
                var end = text
                while end < lastEnd {
                    if bytes[end] == UInt8(ascii: "}"), bytes[end + 1] == UInt8(ascii: "}") {
                        return (start..<position, text..<end)
                    }
                    end += 1
                }
                return nil
            default:
                position += 1
            }
        }
        return nil
    }
}
