/// A compiled template: literal bytes and tokens, each token with the place where it stands.
package struct Template: Sendable {
    /// One piece of a template.
    package enum Segment: Sendable {
        /// Bytes that go out as written.
        case literal([UInt8])
        /// A token and the place that decides how its value is written.
        case token(TokenReference, Place)
    }

    /// The pieces in order; no two literals stand side by side.
    package var segments: [Segment]
    /// The text as its author wrote it.
    package var source: String

    /// Joins segments and the text they came from.
    package init(segments: [Segment], source: String) {
        self.segments = segments
        self.source = source
    }

    /// The template followed by another.
    func joined(to other: Template) -> Template {
        var segments = segments
        var rest = other.segments[...]
        if case .literal(let last) = segments.last, case .literal(let first) = rest.first {
            segments[segments.count - 1] = .literal(last + first)
            rest = rest.dropFirst()
        }
        return Template(segments: segments + rest, source: source + other.source)
    }
}

/// Where a token stands in a template: it decides how its value is written.
package enum Place: String, Sendable {
    /// A payload under `None`: as it is.
    case plain
    /// A payload under `Form/Url`.
    case form
    /// The place of a JSON value: a complete literal.
    case jsonValue = "JSON value"
    /// Inside a JSON string: escaped, no quotes.
    case jsonString = "JSON string"
    /// The place of a JSON member's name: always quoted text.
    case jsonName = "JSON member name"
    /// XML character data.
    case xmlText = "XML text"
    /// An XML attribute's value.
    case xmlAttribute = "XML attribute"
    /// An XML CDATA section: as written, `]]>` split.
    case xmlCDATA = "XML CDATA section"
    /// A URL up to the end of its authority: as written.
    case urlAuthority = "URL authority"
    /// A URL's path or query: percent-encoded down to unreserved characters (RFC 3986, section 2.3).
    case urlComponent = "URL component"
    /// A URL's path or query under `None`: as written but for what may not stand in a URI.
    case urlAsWritten = "URL"
    /// A header's value: as it is, control characters refused.
    case header
}
