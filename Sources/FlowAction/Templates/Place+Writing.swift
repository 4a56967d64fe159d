import JSON

/// How a value is written at each place.
extension ByteBuffer {
    /// Appends a value the way its place wants it.
    ///
    /// - Returns: what keeps the value from standing there, as the end of a sentence; `nil` where nothing does.
    mutating func append(_ value: ResolvedToken, at place: Place) -> String? {
        switch place {
        case .plain, .urlAuthority:
            append(text: value.text)
        case .form:
            append(formEncoded: value.text)
        case .urlComponent:
            append(percentEncoded: value.text)
        case .urlAsWritten:
            append(uriText: value.text)
        case .jsonValue:
            append(jsonLiteral: value)
        case .jsonString:
            append(jsonEscaped: value.text)
        case .jsonName:
            append(jsonString: value.text)
        case .header:
            guard !value.text.holdsControl else {
                return "holds a control character, which no header may carry"
            }
            append(text: value.text)
        case .xmlText, .xmlAttribute, .xmlCDATA:
            guard value.text.unicodeScalars.allSatisfy(isXMLCharacter) else {
                return "holds a character that XML 1.0 forbids"
            }
            if place == .xmlCDATA {
                append(xmlCDATA: value.text)
            } else {
                append(xmlEscaped: value.text, isAttribute: place == .xmlAttribute)
            }
        }
        return nil
    }

    /// Appends a mask in place of a value: with quotes where JSON wants them, otherwise as it is.
    mutating func append(mask: String, at place: Place) {
        if place == .jsonValue || place == .jsonName { append(jsonString: mask) } else { append(text: mask) }
    }

    /// Appends a complete JSON literal: numbers and booleans bare, `null` where they are empty, text in quotes.
    private mutating func append(jsonLiteral value: ResolvedToken) {
        switch value.shape {
        case .text: append(jsonString: value.text)
        case .number, .boolean: if value.text.isEmpty { append("null") } else { append(text: value.text) }
        }
    }
}

extension String {
    /// Whether there is a control character that a header may not carry: any but TAB.
    package var holdsControl: Bool { firstControl != nil }

    /// Where the first such character begins.
    var firstControl: String.Index? {
        unicodeScalars.firstIndex { scalar in
            switch scalar {
            case "\t": false
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}": true
            default: false
            }
        }
    }
}
