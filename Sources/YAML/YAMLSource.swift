/// The lines of a file, to say what YAML makes of a token that is not quoted.
struct YAMLSource {
    private let lines: [ArraySlice<UInt8>]

    /// Splits a file into its lines.
    init(_ bytes: [UInt8]) {
        lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    }

    /// Whether a text stands at a place; line and column from 1.
    func holds(_ text: String, at line: Int, _ column: Int) -> Bool {
        rest(of: line, from: column).hasPrefix(text)
    }

    /// How many blanks stand before the first line that is not blank after a line.
    func indentation(after line: Int) -> Int {
        for line in lines.dropFirst(line) {
            let blanks = line.prefix { $0 == UInt8(ascii: " ") }.count
            if blanks < line.count, line[line.startIndex + blanks] != UInt8(ascii: "\r") { return blanks }
        }
        return 0
    }

    /// The line on which a byte stands, from 1.
    func line(ofByte offset: Int) -> Int {
        (lines.firstIndex { $0.endIndex >= offset } ?? 0) + 1
    }

    /// Where a value on some lines begins with `{{`, without quotes.
    func openingToken(onLines range: ClosedRange<Int>) -> (line: Int, column: Int)? {
        for line in range {
            let text = rest(of: line, from: 1)
            for lead in [": {{", "- {{"] {
                if let found = text.firstRange(of: lead) {
                    return (line, text[..<found.lowerBound].unicodeScalars.count + 3)
                }
            }
        }
        return nil
    }

    /// The error of a value that begins with `{{`, which opens a mapping in YAML.
    func swallowedToken(at line: Int, _ column: Int) -> YAMLError {
        let value = rest(of: line, from: column)
        return YAMLError(
            line: line,
            column: column,
            code: "yaml-token",
            message: "YAML takes {{ at the start of a value for a mapping; put the value in quotes",
            suggestion: quoted(value)
        )
    }

    /// - Throws: where a comment begins inside a token that is still open at the end of a plain value.
    func checkComment(after text: String, _ line: Int, _ column: Int) throws(YAMLError) {
        // Most values hold no brace at all, and a search for two is slow.
        guard text.utf8.contains(UInt8(ascii: "{")) else { return }
        guard let open = text.ranges(of: "{{").last, !text[open.upperBound...].contains("}}") else { return }
        let rest = rest(of: line, from: column)
        let afterBlanks = rest.drop { $0 == " " || $0 == "\t" }
        guard afterBlanks.hasPrefix("#"), afterBlanks.contains("}}") else { return }
        throw YAMLError(
            line: line,
            column: column,
            code: "yaml-token",
            message:
                "YAML takes the rest of the line from \" #\" for a comment, within an open {{; put the value in quotes",
            suggestion: quoted(text + rest)
        )
    }

    private func quoted(_ value: some StringProtocol) -> String {
        var value = Substring(value)
        while let last = value.last, last.isWhitespace { value.removeLast() }
        return "'\(value.replacing("'", with: "''"))'"
    }

    private func rest(of line: Int, from column: Int) -> String {
        guard lines.indices.contains(line - 1) else { return "" }
        let text = String(decoding: lines[line - 1], as: UTF8.self)
        return String(String.UnicodeScalarView(text.unicodeScalars.dropFirst(max(0, column - 1))))
    }
}
