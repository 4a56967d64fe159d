import Glibc

/// Values that tempt an encoder: pieces of every syntax, control characters, and all planes of Unicode.
struct ValueGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// Starts a sequence.
    init(seed: UInt64) {
        state = seed
    }

    /// How often a property is tried: a fifth of a count in the everyday run, all of it under `Tests/run --long`.
    static func rounds(_ count: Int) -> Int {
        getenv("FLOWHOOK_LONG") == nil ? count / 5 : count
    }

    /// Pairs of values, the same for the same seed.
    static func pairs(seed: UInt64, isXML: Bool = false) -> [(String, String)] {
        var generator = ValueGenerator(seed: seed)
        return (0..<rounds(3_000)).map { _ in (generator.value(isXML: isXML), generator.value(isXML: isXML)) }
    }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }

    private static let pieces = [
        "\"", "'", "\\", "\\\"", "\\n", "\\u0041", "/", "{", "}", "{{", "}}", "{{my.A}}", "{{lead.Email:default=x}}",
        "%", "%4", "%41", "%zz", "+", " ", "&", "=", "&amp;", "&#65;", "<", ">", "]", "]]", "]]>", "<![CDATA[", "-->",
        "<!--", "?>", "#", "?", "@", ":", ";", ",", "[", "null", "1e9", "a", "é", "\u{301}", "\u{2028}", "\u{FEFF}",
        "\u{200D}", "👩‍👩‍👧", "\t", "\n", "\r", "\r\n",
    ]

    private mutating func value(isXML: Bool) -> String {
        var value = ""
        for _ in 0..<Int.random(in: 0...8, using: &self) {
            switch UInt8.random(in: 0..<8, using: &self) {
            case 0:
                value.unicodeScalars.append(scalar(isXML: isXML))
            case 1 where !isXML:
                value.unicodeScalars.append(Unicode.Scalar(UInt8.random(in: 0...0x9F, using: &self)))
            default:
                value += Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &self)]
            }
        }
        return value
    }

    private mutating func scalar(isXML: Bool) -> Unicode.Scalar {
        while true {
            let plane = UInt32.random(in: 0...16, using: &self)
            let code = UInt32.random(in: 0x20...0xFFFF, using: &self)
            guard let scalar = Unicode.Scalar(plane << 16 | code) else { continue }
            if !isXML || plane > 0 || code < 0xFFFE { return scalar }
        }
    }
}

/// Readers that follow the standards and share no code with the encoders.
enum StandardReader {
    /// What RFC 3986 allows in a path or query, `%` included.
    static let uriCharacters = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/?@!$&'()*+,;=%".utf8
    )

    /// A text that is not what the standard says.
    struct Malformed: Error {}

    /// Reads percent-encoding (RFC 3986, section 2.1).
    static func percent(_ text: Substring) -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                rest.prefix(2).allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }),
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                decoded.append(value)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(byte)
            }
        }
        return decoded
    }

    /// Reads `application/x-www-form-urlencoded` (WHATWG URL, section 5.1).
    static func form(_ text: Substring) -> [UInt8] {
        percent(String(decoding: text.utf8.map { $0 == UInt8(ascii: "+") ? 0x20 : $0 }, as: UTF8.self)[...])
    }

    /// Reads XML text or an attribute's value: resolves references, and refuses what a parser would not keep.
    static func xml(_ bytes: ArraySlice<UInt8>) throws -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "<"), 0x0D: throw Malformed()
            case UInt8(ascii: "&"):
                guard let end = rest.firstIndex(of: UInt8(ascii: ";")) else { throw Malformed() }
                let name = String(decoding: rest[..<end], as: UTF8.self)
                let named = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"][name]
                let numbered = name.hasPrefix("#") ? UInt8(name.dropFirst()).map { [$0] } : nil
                guard let character = named.map({ Array($0.utf8) }) ?? numbered else { throw Malformed() }
                decoded += character
                rest = rest[(end + 1)...]
            default: decoded.append(byte)
            }
        }
        return decoded
    }

    /// Reads Base64 (RFC 4648, section 4).
    static func base64(_ text: Substring) -> [UInt8] {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var bits = 0
        var count = 0
        var decoded: [UInt8] = []
        for character in text where character != "=" {
            guard let digit = digits.firstIndex(of: character) else { return [] }
            bits = bits << 6 | digit
            count += 6
            if count >= 8 {
                count -= 8
                decoded.append(UInt8(bits >> count & 0xFF))
            }
        }
        return decoded
    }

    /// Reads CDATA sections that stand side by side, or with the reference of a CR between them.
    static func cdata(_ bytes: [UInt8]) throws -> [UInt8] {
        let begin = Array("<![CDATA[".utf8)
        let end = Array("]]>".utf8)
        var decoded: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            if rest.starts(with: "&#13;".utf8) {
                decoded.append(0x0D)
                rest = rest.dropFirst(5)
                continue
            }
            guard rest.starts(with: begin) else { throw Malformed() }
            rest = rest.dropFirst(begin.count)
            while !rest.starts(with: end) {
                guard let byte = rest.popFirst() else { throw Malformed() }
                decoded.append(byte)
            }
            rest = rest.dropFirst(end.count)
        }
        return decoded
    }
}
