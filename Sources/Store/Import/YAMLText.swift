/// Text as a YAML scalar that reads back as the very same text, never as another type.
enum YAMLText {
    /// The text in double quotes, on one line (YAML 1.1, section 5.7).
    static func quoted(_ text: String) -> String {
        var yaml = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": yaml += "\\\""
            case "\\": yaml += "\\\\"
            case "\n": yaml += "\\n"
            case "\r": yaml += "\\r"
            case "\t": yaml += "\\t"
            case _ where isPrintable(scalar): yaml.unicodeScalars.append(scalar)
            default: yaml += escape(scalar)
            }
        }
        return yaml + "\""
    }

    /// The text after a key: as a literal block where it has lines that people read, else in double quotes.
    ///
    /// - Parameter indentation: how many blanks stand before the key.
    static func value(_ text: String, indentation: Int = 0) -> String {
        guard isBlock(text) else { return quoted(text) }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let endsOnLine = text.hasSuffix("\n")
        let margin = String(repeating: " ", count: indentation + 2)
        return (endsOnLine ? "|\n" : "|-\n")
            + (endsOnLine ? lines.dropLast() : lines[...]).map { $0.isEmpty ? "" : margin + $0 }
            .joined(separator: "\n")
    }

    /// Whether a literal block holds the text as it is: several lines, the first with something at its margin, no
    /// character that YAML has to escape, and at most one line break at the end.
    private static func isBlock(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        guard let first = scalars.first, first != " ", first != "\n", first != "\t",
            scalars.contains("\n"), !text.hasSuffix("\n\n"),
            scalars.allSatisfy({ $0 == "\n" || $0 == "\t" || isPrintable($0) })
        else { return false }
        // A line of blanks alone would lose them.
        return text.split(separator: "\n", omittingEmptySubsequences: false).allSatisfy { line in
            line.isEmpty || line.contains { $0 != " " && $0 != "\t" }
        }
    }

    /// Whether a character may stand as it is (YAML 1.1, section 5.1), line breaks and tabs left out.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let (letter, length) = scalar.value <= 0xFF ? ("x", 2) : scalar.value <= 0xFFFF ? ("u", 4) : ("U", 8)
        return "\\\(letter)\(String(repeating: "0", count: length - digits.count))\(digits)"
    }
}
