/// What a body looks like, by its first characters; for messages alone, a parser never asks.
enum BodyKind: String {
    /// Neither a character nor a control character but white space.
    case blank = "white space alone"
    /// A page for a browser, most often a proxy's or a login's.
    case html = "an HTML page"
    /// Something that begins with a tag.
    case xml = "XML"
    /// Something that begins with a brace or a bracket.
    case json = "JSON"
    /// Text of any other form.
    case text = "plain text"
    /// Something with a known compression's first bytes.
    case compressed = "compressed data"
    /// Something with control characters that no text has.
    case binary = "binary data"
    /// A charset whose name says nothing to us.
    case unknownCharset = "text in an unknown charset"

    /// Looks at the start of an answer's body.
    init(of answer: ServiceAnswer) {
        if answer.body.starts(with: [0x1F, 0x8B]) || answer.body.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
            self = .compressed
            return
        }
        guard Charset.of(answer.body, contentType: answer.contentType) != nil else {
            self = .unknownCharset
            return
        }
        let start = answer.text(maximumBytes: 512).text
        let text = start.drop { $0.isWhitespace }
        guard let first = text.utf8.first else {
            self = .blank
            return
        }
        if text.utf8.contains(where: { $0 < 0x20 && !$0.isBlank && $0 != 0x0C && $0 != 0x1B }) {
            self = .binary
        } else if first == UInt8(ascii: "<") {
            self = Self.isHTML(text) ? .html : .xml
        } else {
            self = first == UInt8(ascii: "{") || first == UInt8(ascii: "[") ? .json : .text
        }
    }

    /// The response type that a body of the kind can be of.
    var responseType: ResponseType {
        switch self {
        case .json: .json
        case .xml: .xml
        default: .none
        }
    }

    private static func isHTML(_ text: Substring) -> Bool {
        let lowercased = text.prefix(256).lowercased()
        return ["<!doctype html", "<html", "<head", "<body"].contains { lowercased.contains($0) }
    }
}
