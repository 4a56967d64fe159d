/// Whether XML 1.0 can carry a character (section 2.2, `Char`).
func isXMLCharacter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\t", "\n", "\r", "\u{20}"..."\u{D7FF}", "\u{E000}"..."\u{FFFD}", "\u{10000}"..."\u{10FFFF}": true
    default: false
    }
}

/// Whether a byte of ASCII may stand in a name.
func isXMLNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "-"),
        UInt8(ascii: "."):
        true
    default: false
    }
}

/// Whether a text is a name (XML 1.0, section 2.3, `Name`).
func isXMLName(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, beginsXMLName(first) else { return false }
    return text.unicodeScalars.dropFirst().allSatisfy { scalar in
        switch scalar {
        case "-", ".", "0"..."9", "\u{B7}", "\u{300}"..."\u{36F}", "\u{203F}"..."\u{2040}": true
        default: beginsXMLName(scalar)
        }
    }
}

/// `NameStartChar` of XML 1.0, section 2.3.
private func beginsXMLName(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "_", ":", "\u{C0}"..."\u{D6}", "\u{D8}"..."\u{F6}", "\u{F8}"..."\u{2FF}",
        "\u{370}"..."\u{37D}", "\u{37F}"..."\u{1FFF}", "\u{200C}"..."\u{200D}", "\u{2070}"..."\u{218F}",
        "\u{2C00}"..."\u{2FEF}", "\u{3001}"..."\u{D7FF}", "\u{F900}"..."\u{FDCF}", "\u{FDF0}"..."\u{FFFD}",
        "\u{10000}"..."\u{EFFFF}":
        true
    default: false
    }
}

/// Counts `]` before a `>`, since `]]>` ends CDATA and may not stand in text (XML 1.0, section 2.4).
struct ClosingBrackets {
    private var count = 0
    private var countThroughTokens = 0

    /// Whether `>` would complete `]]>`, whatever the values of tokens are.
    var endsCDATA: Bool { count >= 2 }

    /// Whether `>` would complete `]]>` if the tokens before it are empty.
    var mayEndCDATA: Bool { countThroughTokens >= 2 }

    /// Takes a byte of the template's text.
    mutating func take(_ byte: UInt8) {
        if byte == UInt8(ascii: "]") {
            count += 1
            countThroughTokens += 1
        } else {
            self = ClosingBrackets()
        }
    }

    /// Takes a token.
    mutating func takeToken() {
        count = 0
    }
}
