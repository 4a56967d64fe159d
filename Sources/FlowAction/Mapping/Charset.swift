internal import JSON

/// The charset of a response body.
package enum Charset: Sendable, Hashable, CaseIterable {
    /// UTF-8, with or without a byte order mark.
    case utf8
    /// UTF-16 whose byte order the first bytes tell: the mark, else the side on which the first character is zero.
    case utf16
    /// UTF-16, most significant byte first.
    case utf16BigEndian
    /// UTF-16, least significant byte first.
    case utf16LittleEndian
    /// ISO-8859-1: every byte is the code point of its number.
    case latin1
    /// windows-1252; the five bytes that it leaves undefined are no text.
    case windows1252
    /// US-ASCII, 7 bits.
    case ascii

    /// The charset that a label of the IANA registry stands for, without regard to case; `nil` for an unknown one.
    package init?(label: String) {
        switch label.lowercased() {
        case "utf-8", "utf8", "unicode-1-1-utf-8", "csutf8": self = .utf8
        case "utf-16", "utf16", "csutf16", "iso-10646-ucs-2", "ucs-2", "unicode": self = .utf16
        case "utf-16be", "utf16be", "csutf16be": self = .utf16BigEndian
        case "utf-16le", "utf16le", "csutf16le": self = .utf16LittleEndian
        case "iso-8859-1", "iso8859-1", "iso_8859-1", "iso88591", "iso_8859-1:1987", "iso-ir-100", "latin1", "latin-1",
            "l1", "ibm819", "cp819", "csisolatin1":
            self = .latin1
        case "windows-1252", "cp1252", "x-cp1252", "cswindows1252": self = .windows1252
        case "us-ascii", "ascii", "us", "ansi_x3.4-1968", "ansi_x3.4-1986", "iso-ir-6", "iso646-us",
            "iso_646.irv:1991", "ibm367", "cp367", "csascii":
            self = .ascii
        default: return nil
        }
    }

    /// The charset of a body: what `Content-Type` says, else the byte order mark or the XML declaration, else UTF-8.
    ///
    /// - Returns: `nil` where the label that counts is unknown.
    package static func of(_ body: [UInt8], contentType: String?) -> Charset? {
        if let label = contentType.flatMap(charsetParameter(of:)) { return Charset(label: label) }
        // What nearly every body begins with: a mark has other bytes, and a declaration begins with `<`.
        if let first = body.first, first != 0x00, first != UInt8(ascii: "<"), first < 0x80 { return .utf8 }
        if body.starts(with: ByteOrderMark.utf8) { return .utf8 }
        if body.starts(with: ByteOrderMark.bigEndian) { return .utf16BigEndian }
        if body.starts(with: ByteOrderMark.littleEndian) { return .utf16LittleEndian }
        // XML 1.0, appendix F: `<?` without a mark.
        if body.starts(with: [0x00, 0x3C, 0x00, 0x3F]) { return .utf16BigEndian }
        if body.starts(with: [0x3C, 0x00, 0x3F, 0x00]) { return .utf16LittleEndian }
        guard let label = declaredEncoding(of: body) else { return .utf8 }
        let charset = Charset(label: label)
        // A declaration that was read byte by byte cannot be UTF-16, whatever the program that wrote it says.
        return charset?.isUTF16 == true ? .utf8 : charset
    }

    private var isUTF16: Bool {
        self == .utf16 || self == .utf16BigEndian || self == .utf16LittleEndian
    }

    /// The first `charset` parameter of a media type (RFC 9110, section 8.3.1), unquoted; `nil` without one.
    private static func charsetParameter(of contentType: String) -> String? {
        guard contentType.withBytes({ $0.contains(UInt8(ascii: ";")) }) else { return nil }
        var rest = contentType[...].utf8
        while let semicolon = rest.firstIndex(of: UInt8(ascii: ";")) {
            rest = rest[semicolon...].dropFirst()
            let name = rest.prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ";") }
            rest = rest.dropFirst(name.count)
            guard rest.first == UInt8(ascii: "=") else { continue }
            rest = rest.dropFirst().drop(while: \.isBlank)
            let isQuoted = rest.first == UInt8(ascii: "\"")
            if isQuoted { rest.removeFirst() }
            let value = rest.prefix { $0 != (isQuoted ? UInt8(ascii: "\"") : UInt8(ascii: ";")) }
            rest = rest.dropFirst(value.count)
            if String(Substring(name.trimming(while: \.isBlank))).lowercased() == "charset" {
                let label = value.trimming(while: \.isBlank)
                return label.isEmpty ? nil : String(Substring(label))
            }
        }
        return nil
    }

    /// The encoding that an XML declaration at the start of a body names; `nil` without one.
    private static func declaredEncoding(of body: [UInt8]) -> String? {
        guard body.starts(with: "<?xml".utf8) else { return nil }
        let declaration = String(decoding: body.prefix(256).prefix { $0 != UInt8(ascii: ">") }, as: UTF8.self).utf8
        let word = Array("encoding".utf8)
        var rest = Array(declaration)[...]
        while !rest.starts(with: word) {
            guard !rest.isEmpty else { return nil }
            rest.removeFirst()
        }
        rest = rest.dropFirst(word.count).drop(while: \.isBlank)
        guard rest.first == UInt8(ascii: "=") else { return nil }
        rest = rest.dropFirst().drop(while: \.isBlank)
        guard let quote = rest.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
        return String(decoding: rest.dropFirst().prefix { $0 != quote }, as: UTF8.self)
    }
}

/// The bytes that a text may begin with to tell its encoding.
enum ByteOrderMark {
    /// U+FEFF in UTF-8.
    static let utf8: [UInt8] = [0xEF, 0xBB, 0xBF]
    /// U+FEFF in UTF-16, most significant byte first.
    static let bigEndian: [UInt8] = [0xFE, 0xFF]
    /// U+FEFF in UTF-16, least significant byte first.
    static let littleEndian: [UInt8] = [0xFF, 0xFE]
}
