internal import JSON

/// The writings of a token's value: each appends to bytes, and none looks at what stands there already but CDATA's.
extension ByteBuffer {
    /// Appends by the `application/x-www-form-urlencoded` serializer (WHATWG URL, section 5.2): a blank is `+`.
    mutating func append(formEncoded text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "*"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"):
                append(byte)
            case UInt8(ascii: " "): append(UInt8(ascii: "+"))
            default: append(escape: byte)
            }
        }
    }

    /// Appends percent-encoded down to the unreserved characters (RFC 3986, section 2.3): a blank is `%20`.
    mutating func append(percentEncoded text: String) {
        for byte in text.utf8 {
            if isURIUnreserved(byte) { append(byte) } else { append(escape: byte) }
        }
    }

    /// Appends as written, save that what may not stand in a URI's path or query is percent-encoded.
    ///
    /// That is what RFC 3986 leaves out, `#` and the brackets included, and a `%` that begins no escape.
    mutating func append(uriText text: String) {
        text.withBytes { utf8 in
            for (position, byte) in utf8.enumerated() {
                switch byte {
                case UInt8(ascii: "%"):
                    let isEscape =
                        position + 2 < utf8.count && hexadecimalValue(utf8[position + 1]) != nil
                        && hexadecimalValue(utf8[position + 2]) != nil
                    if isEscape { append(byte) } else { append(escape: byte) }
                case 0...0x20, 0x7F..., UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"),
                    UInt8(ascii: "^"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"), UInt8(ascii: "`"),
                    UInt8(ascii: "#"), UInt8(ascii: "["), UInt8(ascii: "]"):
                    append(escape: byte)
                default:
                    append(byte)
                }
            }
        }
    }

    /// Appends as XML text or, with blanks kept from normalisation, as an attribute's value (XML 1.0, sections 2.4
    /// and 3.3.3).
    mutating func append(xmlEscaped text: String, isAttribute: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): append("&amp;")
            case UInt8(ascii: "<"): append("&lt;")
            case UInt8(ascii: ">"): append("&gt;")
            case UInt8(ascii: "\""): append("&quot;")
            case UInt8(ascii: "'"): append("&apos;")
            case 0x0D: append("&#13;")
            case 0x0A where isAttribute: append("&#10;")
            case 0x09 where isAttribute: append("&#9;")
            default: append(byte)
            }
        }
    }

    /// Appends as CDATA: as written, with every `]]>` split over two sections, one that began earlier included.
    ///
    /// A CR, which a parser would read as a LF (XML 1.0, section 2.11), stands between two sections as a reference.
    mutating func append(xmlCDATA text: String) {
        for byte in text.utf8 {
            if byte == 0x0D {
                append("]]>&#13;<![CDATA[")
                continue
            }
            if byte == UInt8(ascii: ">"), endsWithBrackets(2) { append("]]><![CDATA[") }
            append(byte)
        }
    }

    /// Keeps a value's last `]` and the literal text after it from making `]]>` together.
    mutating func separate(_ place: Place, from literal: [UInt8]) {
        guard place == .xmlCDATA || place == .xmlText else { return }
        let missing = literal.first == UInt8(ascii: ">") ? 2 : literal.starts(with: "]>".utf8) ? 1 : 0
        guard missing > 0, endsWithBrackets(missing) else { return }
        switch place {
        case .xmlCDATA:
            append("]]><![CDATA[")
        case .xmlText:
            removeLast(1)
            append("&#93;")
        default:
            break
        }
    }

    /// Appends in Base64 (RFC 4648, section 4).
    mutating func append(base64 bytes: [UInt8]) {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = 0
            for offset in 0..<3 { bits = bits << 8 | (offset < group.count ? Int(group[start + offset]) : 0) }
            for digit in 0..<4 {
                append(digit <= group.count ? digits[bits >> (18 - 6 * digit) & 63] : UInt8(ascii: "="))
            }
        }
    }

    private mutating func append(escape byte: UInt8) {
        append(UInt8(ascii: "%"))
        append(upperHexadecimal(byte >> 4))
        append(upperHexadecimal(byte & 15))
    }

    private func endsWithBrackets(_ count: Int) -> Bool {
        self.count >= count && (self.count - count..<self.count).allSatisfy { self[$0] == UInt8(ascii: "]") }
    }
}
