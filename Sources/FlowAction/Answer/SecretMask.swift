/// Masks secrets in what somebody else wrote: as they are, and in the spellings that JSON, XML, URLs and forms give them.
///
/// An answer that repeats a secret repeats it in its own syntax: a `"` of the secret is `\"` in JSON, `&quot;` in XML and
/// `%22` in a URL.
struct SecretMask {
    private let secrets: [[UInt8]]

    /// The most bytes that one byte of a secret is spelt with, `\u0022`.
    static let longestSpelling = 6

    /// Takes the secrets; empty ones are none. Of two that begin alike the longer one counts first.
    init(_ secrets: [String]) {
        self.secrets = secrets.flatMap(Self.forms).map { Array($0.utf8) }.sorted { $0.count > $1.count }
    }

    /// A secret as its receivers may have it: whole, without the blanks at its ends, which are no part of a header's value (RFC
    /// 9110, section 5.5), and as one reads it who takes each byte for a character of ISO-8859-1.
    private static func forms(of secret: String) -> [String] {
        if secret.isEmpty { return [] }
        var forms = [secret]
        let trimmed = secret.utf8.trimming(while: \.isBlankInLine)
        if trimmed.count < secret.utf8.count, trimmed.count >= MyToken.minimumSecret {
            forms.append(String(Substring(trimmed)))
        }
        for form in forms where form.utf8.contains(where: { $0 >= 0x80 }) {
            forms.append(String(String.UnicodeScalarView(form.utf8.map { Unicode.Scalar($0) })))
        }
        return forms
    }

    /// The text with every occurrence of a secret masked.
    func masked(_ text: String) -> String {
        if secrets.isEmpty { return text }
        let text = Array(text.utf8)
        var masked: [UInt8] = []
        // Up to here the text has been taken over.
        var position = 0
        var index = 0
        while index < text.count {
            guard let end = endOfSecret(in: text, at: index) else {
                index += 1
                continue
            }
            masked.append(contentsOf: text[position..<index])
            masked.append(contentsOf: ResolvedToken.mask.utf8)
            position = end
            index = end
        }
        masked.append(contentsOf: text[position...])
        return String(decoding: masked, as: UTF8.self)
    }

    private func endOfSecret(in text: [UInt8], at start: Int) -> Int? {
        for secret in secrets {
            if text[start] == secret[0], text[start...].starts(with: secret) { return start + secret.count }
            if let end = Self.endOfSpelling(of: secret, in: text, at: start) { return end }
        }
        return nil
    }

    /// The end of a secret whose bytes may be escaped; what reads as an escape counts as one.
    private static func endOfSpelling(of secret: [UInt8], in text: [UInt8], at start: Int) -> Int? {
        var (index, matched) = (start, 0)
        while matched < secret.count {
            guard index < text.count else { return nil }
            if let escape = Escape(text, at: index), secret[matched...].starts(with: escape.bytes) {
                index += escape.length
                matched += escape.bytes.count
            } else if text[index] == secret[matched] {
                index += 1
                matched += 1
            } else {
                return nil
            }
        }
        return index
    }
}

/// One escape of JSON, XML, a URL or a form: what it stands for, and how many bytes it takes.
private struct Escape {
    var bytes: [UInt8]
    var length: Int

    init?(_ text: [UInt8], at index: Int) {
        switch text[index] {
        case UInt8(ascii: "\\"): self.init(json: text, index)
        case UInt8(ascii: "&"): self.init(xml: text, index)
        case UInt8(ascii: "%"):
            guard let byte = Self.number(text, index + 1..<index + 3) else { return nil }
            self.init(bytes: [UInt8(byte)], length: 3)
        case UInt8(ascii: "+"): self.init(bytes: [UInt8(ascii: " ")], length: 1)
        default: return nil
        }
    }

    private init(bytes: [UInt8], length: Int) {
        self.bytes = bytes
        self.length = length
    }

    /// RFC 8259, section 7.
    private init?(json text: [UInt8], _ index: Int) {
        guard index + 1 < text.count else { return nil }
        switch text[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            self.init(bytes: [text[index + 1]], length: 2)
        case UInt8(ascii: "u"):
            guard let high = Self.number(text, index + 2..<index + 6) else { return nil }
            if let scalar = Unicode.Scalar(high) {
                self.init(bytes: Array(String(Character(scalar)).utf8), length: 6)
            } else {
                guard index + 7 < text.count, text[index + 6] == UInt8(ascii: "\\"),
                    text[index + 7] == UInt8(ascii: "u"),
                    let low = Self.number(text, index + 8..<index + 12),
                    (0xD800...0xDBFF).contains(high), (0xDC00...0xDFFF).contains(low),
                    let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
                else { return nil }
                self.init(bytes: Array(String(Character(scalar)).utf8), length: 12)
            }
        case UInt8(ascii: "b"): self.init(bytes: [0x08], length: 2)
        case UInt8(ascii: "f"): self.init(bytes: [0x0C], length: 2)
        case UInt8(ascii: "n"): self.init(bytes: [0x0A], length: 2)
        case UInt8(ascii: "r"): self.init(bytes: [0x0D], length: 2)
        case UInt8(ascii: "t"): self.init(bytes: [0x09], length: 2)
        default: return nil
        }
    }

    /// XML 1.0, sections 4.1 and 4.6.
    private init?(xml text: [UInt8], _ index: Int) {
        guard let end = text[index...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { return nil }
        let name = String(decoding: text[index + 1..<end], as: UTF8.self)
        let length = end + 1 - index
        switch name {
        case "amp": self.init(bytes: [UInt8(ascii: "&")], length: length)
        case "lt": self.init(bytes: [UInt8(ascii: "<")], length: length)
        case "gt": self.init(bytes: [UInt8(ascii: ">")], length: length)
        case "quot": self.init(bytes: [UInt8(ascii: "\"")], length: length)
        case "apos": self.init(bytes: [UInt8(ascii: "'")], length: length)
        default:
            guard let scalar = Self.scalar(name) else { return nil }
            self.init(bytes: Array(String(Character(scalar)).utf8), length: length)
        }
    }

    /// The character of `#38` or `#x26`.
    private static func scalar(_ name: String) -> Unicode.Scalar? {
        guard name.hasPrefix("#") else { return nil }
        let number = name.hasPrefix("#x") ? UInt32(name.dropFirst(2), radix: 16) : UInt32(name.dropFirst())
        return number.flatMap(Unicode.Scalar.init)
    }

    /// The number of some hexadecimal digits.
    private static func number(_ text: [UInt8], _ range: Range<Int>) -> UInt32? {
        guard range.upperBound <= text.count, text[range].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
        else {
            return nil
        }
        return UInt32(String(decoding: text[range], as: UTF8.self), radix: 16)
    }
}
