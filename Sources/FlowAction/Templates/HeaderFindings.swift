/// What is wrong or doubtful in the value of a header.
enum HeaderFindings {
    /// Looks at a value.
    ///
    /// - Parameter name: the header's name; its case does not matter.
    static func find(in text: TokenizedText, named name: String) -> [TemplateFinding] {
        let found: TemplateFinding? =
            switch name.lowercased() {
            case "authorization": basicByHand(text)
            case "content-type": otherCharset(text)
            default: nil
            }
        return [controlCharacter(text), found].compactMap { $0 }
    }

    private static func controlCharacter(_ text: TokenizedText) -> TemplateFinding? {
        guard let control = text.source.firstControl else { return nil }
        let offset = text.source.utf8.distance(from: text.source.startIndex, to: control)
        return TemplateFinding(
            offset: offset,
            .error,
            code: "header-control-character",
            message: "a header's value is one line without control characters; this is a "
                + (text.bytes[offset] == 0x0A ? "line break" : "control character")
        )
    }

    /// `Basic user:password`, which the scheme takes in Base64 alone (RFC 7617, section 2): that has no colon.
    private static func basicByHand(_ text: TokenizedText) -> TemplateFinding? {
        var reader = TemplateReader(text)
        reader.skipBlanks()
        let start = reader.position
        while let byte = reader.byte, byte > 0x20 { reader.advance() }
        guard reader.text(from: start).lowercased() == "basic", reader.skipBlanks() else { return nil }
        while !reader.isAtEnd {
            if reader.byte == UInt8(ascii: ":") {
                return TemplateFinding(
                    offset: reader.position,
                    .warning,
                    code: "basic-credentials",
                    message: """
                        Basic takes user:password in Base64, and a header goes out as written; write them into the URL, \
                        https://user:password@host, which sends this header
                        """
                )
            }
            reader.advance()
        }
        return nil
    }

    /// A `charset` that is not that of every payload (RFC 9110, section 8.3.1).
    private static func otherCharset(_ text: TokenizedText) -> TemplateFinding? {
        let parts = text.bytes.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        for part in parts.dropFirst() {
            let written = String(decoding: part, as: UTF8.self)
            let words = written.lowercased().split(separator: "=", maxSplits: 1).map {
                $0.split { " \t\"".contains($0) }.joined(separator: " ")
            }
            guard words.count == 2, words[0] == "charset", !["utf-8", "utf8", "us-ascii"].contains(words[1]),
                !words[1].contains("{{")
            else { continue }
            return TemplateFinding(
                offset: part.startIndex,
                .warning,
                code: "content-charset",
                message: "a payload goes out in UTF-8, whatever this says",
                suggestion: "charset=utf-8"
            )
        }
        return nil
    }
}
