/// Finds the place of every token in a payload template, by the webhook's request token encoding.
struct PayloadPlaces {
    /// The places found, one for each token.
    private(set) var places: [Place] = []
    /// What is wrong or doubtful in the payload as a whole.
    private(set) var findings: [TemplateFinding] = []
    private let text: TokenizedText
    private let encoding: TokenEncoding?
    private let contentType: String?

    /// Prepares to find places.
    init(text: TokenizedText, encoding: TokenEncoding?, contentType: String?) {
        self.text = text
        self.encoding = encoding
        self.contentType = contentType
    }

    /// Finds the places.
    mutating func find() {
        // Nothing can be said about the text around a token of which the end is not known.
        let isWhole = !text.hasUnclosedToken && !text.bytes.isEmpty
        switch encoding {
        case nil:
            fill(with: .plain)
            if !text.tokens.isEmpty { reportMissingEncoding() } else if isWhole { warnOfOtherEncoding() }
        case .some(.none):
            fill(with: .plain)
            if isWhole { warnOfOtherEncoding() }
        case .formURL:
            fill(with: .form)
            if isWhole {
                warnOfOtherEncoding()
                if findings.isEmpty {
                    var form = FormFindings(text)
                    findings += form.find()
                }
            }
        case .json:
            findJSONPlaces(reports: !text.hasUnclosedToken)
        case .xml:
            findXMLPlaces(reports: !text.hasUnclosedToken)
        }
        if isWhole { warnOfOtherContentType() }
    }

    /// Whether a value of `Content-Type` says JSON: `application/json` or a media type ending in `+json` (RFC 6839), or has
    /// a token there, which may make it one.
    static func isJSON(contentType: String) -> Bool {
        let name = mediaType(of: contentType)
        return name == "application/json" || name.hasSuffix("+json") || name.contains("{{")
    }

    private static func mediaType(of contentType: String) -> String {
        let bytes = Array(contentType.utf8)
        let mediaType = bytes.prefix { $0 != UInt8(ascii: ";") }.trimming(while: \.isBlank)
        return String(decoding: mediaType, as: UTF8.self).lowercased()
    }

    private mutating func fill(with place: Place) {
        places = text.tokens.map { _ in place }
    }

    private mutating func findJSONPlaces(reports: Bool) {
        var scanner = JSONTemplateScanner(text)
        let mustBeJSON = contentType.map(Self.isJSON) ?? true
        do {
            try scanner.scan()
            places = scanner.places
            if mustBeJSON, reports { findings += scanner.findings }
            if reports { findings += NestedFormat.findings(inJSON: text) }
        } catch {
            findTextPlaces()
            if mustBeJSON, reports {
                var failure = error
                if readsAsXML { failure.suggestion = "request_token_encoding: XML" }
                findings += scanner.findings + [failure]
            }
        }
        guard !mustBeJSON, reports else { return }
        if readsAsXML {
            warn(of: .xml)
        } else if !readsAsJSON, let index = places.firstIndex(where: { $0 != .jsonString }) {
            findings.append(
                TemplateFinding(
                    offset: text.tokens[index].range.lowerBound,
                    .warning,
                    code: "literal-in-text",
                    message: "under this Content-Type the payload is plain text, and here the token's value becomes a "
                        + "JSON literal, text in double quotes"
                )
            )
        }
    }

    /// Finds places in plain text under `JSON`: inside double quotes a value is escaped, elsewhere it is a literal.
    private mutating func findTextPlaces() {
        places = []
        var reader = TemplateReader(text)
        var isInString = false
        while !reader.isAtEnd {
            if reader.isAtHole {
                places.append(isInString ? .jsonString : .jsonValue)
            } else if isInString, reader.take("\\") {
                // What follows a backslash is text, but for a token.
                if reader.byte == nil { continue }
            } else if reader.byte == UInt8(ascii: "\"") {
                isInString.toggle()
            }
            reader.advance()
        }
    }

    private mutating func findXMLPlaces(reports: Bool) {
        var scanner = XMLTemplateScanner(text)
        do {
            try scanner.scan()
            places = scanner.places
            if reports { findings += NestedFormat.findings(inXML: text) }
        } catch {
            fill(with: .xmlText)
            guard reports else { return }
            var failure = error
            if readsAsJSON { failure.suggestion = "request_token_encoding: JSON" }
            findings.append(failure)
        }
    }

    private mutating func reportMissingEncoding() {
        let suggestion: TokenEncoding? = readsAsJSON ? .json : readsAsXML ? .xml : nil
        findings.append(
            TemplateFinding(
                offset: text.tokens[0].range.lowerBound,
                .error,
                code: "encoding-required",
                message: "a payload template with a token wants request_token_encoding: None, JSON, Form/Url or XML",
                suggestion: suggestion.map { "request_token_encoding: \($0.rawValue)" }
            )
        )
    }

    private mutating func warnOfOtherEncoding() {
        // Without a token the encoding decides nothing but the Content-Type.
        guard !text.tokens.isEmpty || contentType?.lowercased().hasPrefix("text/plain") ?? true else { return }
        if readsAsJSON { warn(of: .json) } else if readsAsXML { warn(of: .xml) }
    }

    /// A `Content-Type` that says another format than the one in which values are written.
    private mutating func warnOfOtherContentType() {
        guard let encoding, !text.tokens.isEmpty, findings.isEmpty, let said = contentType.flatMap(Self.encoding),
            said != encoding
        else { return }
        switch (encoding, said) {
        // Under None a token may well hold JSON or XML, and a form as a whole, but not a part of one.
        case (.none, .formURL) where text.bytes.contains(UInt8(ascii: "=")): break
        case (.formURL, _), (.xml, _), (.json, .formURL): break
        default: return
        }
        warn(of: said, "the Content-Type says \(said.rawValue)")
    }

    /// The encoding that goes with a `Content-Type`; `nil` where that says none, or holds a token.
    private static func encoding(of contentType: String) -> TokenEncoding? {
        let name = mediaType(of: contentType)
        if name.contains("{{") { return nil }
        if name == "application/x-www-form-urlencoded" { return .formURL }
        if isJSON(contentType: name) { return .json }
        return name == "application/xml" || name == "text/xml" || name.hasSuffix("+xml") ? .xml : nil
    }

    private mutating func warn(of other: TokenEncoding, _ reason: String? = nil) {
        findings.append(
            TemplateFinding(
                offset: 0,
                .warning,
                code: "encoding-mismatch",
                message: (reason ?? "this payload template reads as \(other.rawValue)")
                    + ", but its request_token_encoding is \(encoding?.rawValue ?? "not given")",
                suggestion: "request_token_encoding: \(other.rawValue)"
            )
        )
    }

    /// Whether the text is a JSON object or array.
    private var readsAsJSON: Bool {
        var reader = TemplateReader(text)
        reader.skipBlanks()
        guard reader.byte == UInt8(ascii: "{") || reader.byte == UInt8(ascii: "[") else { return false }
        var scanner = JSONTemplateScanner(text)
        return (try? scanner.scan()) != nil
    }

    private var readsAsXML: Bool {
        var scanner = XMLTemplateScanner(text)
        return (try? scanner.scan()) != nil
    }
}
