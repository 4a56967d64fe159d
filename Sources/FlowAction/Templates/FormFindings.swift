/// What a form's text says that its author will hardly mean (WHATWG URL, section 5.1); of each kind the first.
///
/// The text of a form goes out as written: its tokens alone are encoded.
struct FormFindings {
    private let text: TokenizedText
    /// Where the line breaks begin with which the text ends.
    private let lastLineBreaks: Int
    private var findings: [TemplateFinding] = []
    private var member = Member(start: 0)

    /// What is known of the `name=value` at the cursor.
    private struct Member {
        var start: Int
        /// Where the value begins, once there is one.
        var value: Int?
        /// The first blank behind the start.
        var blank: Int?
        /// Whether a `"` stands in the value.
        var hasQuote = false
    }

    /// Prepares to look through a form.
    init(_ text: TokenizedText) {
        self.text = text
        let last = text.bytes.lastIndex { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        lastLineBreaks = last.map { $0 + 1 } ?? 0
    }

    /// Looks through the form.
    mutating func find() -> [TemplateFinding] {
        var reader = TemplateReader(text)
        while !reader.isAtEnd {
            if reader.isAtHole {
                look(atTokenAt: reader.position)
            } else {
                look(at: reader.position)
            }
            reader.advance()
        }
        endMember()
        return findings
    }

    private mutating func look(at position: Int) {
        let bytes = text.bytes
        switch bytes[position] {
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
            tell(
                position,
                "form-line-break",
                position >= lastLineBreaks
                    ? "the line break at the end becomes part of the form's last value; begin the payload with |-"
                    : "a line break becomes part of the value before it; a form is one line"
            )
        case UInt8(ascii: "%") where !isEscape(at: position):
            tell(position, "form-character", "a % that begins no escape; write %25", "%25")
        case UInt8(ascii: "+") where position > 0 && bytes[position - 1] == UInt8(ascii: "="):
            tell(position, "form-character", "a form has + for a blank; write %2B for the sign itself", "%2B")
        case UInt8(ascii: " "):
            if position == member.start {
                tell(position, "form-character", "this blank becomes part of the name; no blank stands beside &")
            } else {
                member.blank = member.blank ?? position
            }
        case UInt8(ascii: "\""):
            member.hasQuote = member.hasQuote || member.value != nil
        case UInt8(ascii: "="):
            member.value = member.value ?? position + 1
        case UInt8(ascii: "&"):
            if bytes[position...].starts(with: "&amp;".utf8) {
                tell(position, "form-character", "HTML writes & as &amp;; in a form & stands alone", "&")
            }
            if position > 0, bytes[position - 1] == UInt8(ascii: " ") {
                tell(position - 1, "form-character", "this blank becomes part of the value; no blank stands beside &")
            }
            endMember()
            member = Member(start: position + 1)
        default: break
        }
    }

    private func isEscape(at position: Int) -> Bool {
        let digits = text.bytes[(position + 1)...].prefix(2)
        return digits.count == 2 && digits.allSatisfy { hexadecimalValue($0) != nil }
    }

    private mutating func endMember() {
        guard member.value == nil, member.blank != nil else { return }
        tell(member.start, "form-character", "here is no name=value; within a value & is written %26")
    }

    private mutating func look(atTokenAt position: Int) {
        guard let value = member.value,
            let format = NestedFormat(text.bytes[value..<position], hasQuote: member.hasQuote)
        else { return }
        guard !findings.contains(where: { $0.code == NestedFormat.code }) else { return }
        findings.append(format.finding(at: position, inside: "a form"))
    }

    private mutating func tell(_ offset: Int, _ code: String, _ message: String, _ suggestion: String? = nil) {
        guard !findings.contains(where: { $0.code == code && $0.message == message }) else { return }
        findings.append(TemplateFinding(offset: offset, .warning, code: code, message: message, suggestion: suggestion))
    }
}
