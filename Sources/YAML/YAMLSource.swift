/// The lines of a file, to say what YAML makes of a token that is not quoted.
final class YAMLSource {
    private let bytes: [UInt8]
    /// Most files are read without a look at them.
    private lazy var lines = splitLines(bytes[...])
    /// Where every so many characters of the line that was last looked at begin: a file may be one long line.
    private var marks: (line: Int, offsets: [Int]) = (0, [])

    private lazy var holdsHash = bytes.contains(UInt8(ascii: "#"))

    /// How many characters lie between two marks.
    private static let stride = 64

    /// Takes a file.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The file from a place on; line and column from 1.
    func bytes(from line: Int, _ column: Int) -> ArraySlice<UInt8> {
        lineRest(line, column).map { bytes[$0.startIndex...] } ?? []
    }

    private func lineRest(_ line: Int, _ column: Int) -> ArraySlice<UInt8>? {
        guard lines.indices.contains(line - 1) else { return nil }
        var rest = lines[line - 1]
        var left = max(0, column - 1)
        if left >= Self.stride {
            if marks.line != line { marks = (line, Self.marks(of: rest)) }
            let mark = min(left / Self.stride, marks.offsets.count - 1)
            rest = rest[marks.offsets[mark]...]
            left -= mark * Self.stride
        }
        for _ in 0..<left { rest = Self.next(rest) }
        return rest
    }

    private static func marks(of line: ArraySlice<UInt8>) -> [Int] {
        var offsets: [Int] = []
        var (rest, column) = (line, 0)
        while true {
            if column % stride == 0 { offsets.append(rest.startIndex) }
            if rest.isEmpty { return offsets }
            rest = next(rest)
            column += 1
        }
    }

    /// What follows the first character: it ends before the next byte that begins one.
    private static func next(_ rest: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        rest.dropFirst().drop { $0 & 0xC0 == 0x80 }
    }

    /// Whether a text stands at a place; line and column from 1.
    func holds(_ text: String, at line: Int, _ column: Int) -> Bool {
        lineRest(line, column)?.starts(with: text.utf8) == true
    }

    /// What stands between two places of a line; line and columns from 1.
    func text(on line: Int, from start: Int, to end: Int) -> String {
        guard let rest = lineRest(line, start), let after = lineRest(line, max(start, end)) else { return "" }
        return String(decoding: rest[..<after.startIndex], as: UTF8.self)
    }

    /// The line on which a byte stands, from 1.
    func line(ofByte offset: Int) -> Int {
        (lines.firstIndex { $0.endIndex >= offset } ?? 0) + 1
    }

    /// Where the first value on some lines begins with a text, without quotes.
    ///
    /// - Parameter start: line and column from 1; what stands before has been read.
    func opening(_ text: String, from start: (line: Int, column: Int), to end: Int) -> (line: Int, column: Int)? {
        for line in start.line...max(start.line, end) {
            let from = line == start.line ? start.column : 1
            let rest = self.rest(of: line, from: from)
            let places = [": ", "- "].compactMap { rest.firstRange(of: "\($0)\(text)")?.lowerBound }
            if let found = places.min() { return (line, from + rest[..<found].unicodeScalars.count + 2) }
        }
        return nil
    }

    /// The first line from a place on that is not blank, where it stands left of a block of text that ends there and
    /// yet belongs to it.
    ///
    /// - Parameters:
    ///   - start: where the block ends; line and column from 1.
    ///   - keyColumn: where the block's key stands: no line of the mapping around it begins right of that.
    func leftOfBlock(from start: (line: Int, column: Int), keyColumn: Int) -> (line: Int, column: Int)? {
        for line in start.line..<max(start.line, lines.count + 1) {
            let text = rest(of: line, from: line == start.line ? start.column : 1)
            guard let first = text.unicodeScalars.firstIndex(where: { $0 != " " && $0 != "\r" }) else { continue }
            let column = self.rest(of: line, from: 1).unicodeScalars.prefix { $0 == " " }.count + 1
            let begun = text.unicodeScalars[first...]
            let isElement = begun.first == "-" && [" ", nil].contains(begun.dropFirst().first)
            // Such a line begins no key, wherever it stands.
            let isText = begun.first.map { "{}[]<".unicodeScalars.contains($0) } ?? false
            return isText || column > keyColumn && !isElement && begun.first != "#" ? (line, column) : nil
        }
        return nil
    }

    /// Whether text follows a list without a blank between them, as in `[0].grade`.
    func goesOn(at line: Int, _ column: Int) -> Bool {
        guard let next = rest(of: line, from: column).unicodeScalars.first else { return false }
        return !" \t\r,]}:#".unicodeScalars.contains(next)
    }

    /// Where the outermost JSON object begins, on its line, that is open at a place.
    func object(around line: Int, _ column: Int) -> Int? {
        let before = Array(rest(of: line, from: 1).unicodeScalars.prefix(column - 1))
        var open: [Int] = []
        var isQuoted = false
        for (index, scalar) in before.enumerated() {
            switch scalar {
            case "\"": isQuoted.toggle()
            case "{" where !isQuoted: open.append(index)
            case "}" where !isQuoted: _ = open.popLast()
            default: break
            }
        }
        return open.first { before[($0 + 1)...].first { $0 != " " } == "\"" }.map { $0 + 1 }
    }

    /// The error of a value that begins with `{{`, `{` or `[`, which opens a mapping or a list in YAML.
    ///
    /// - Parameter holdsToken: whether what stands in the list or mapping begins with `{{`.
    func swallowed(_ text: String, holdsToken: Bool = false, at line: Int, _ column: Int) -> YAMLError {
        let what =
            if text == "{" {
                "YAML takes { and {{ at the start of a value for mappings; put the value as a whole in quotes, "
                    + "or on lines of its own under |"
            } else if holdsToken {
                "YAML takes [ at the start of a value for a list and {{ for a mapping; put the value in quotes, "
                    + "or each element if a list is meant"
            } else if text == "{{" {
                "YAML takes {{ at the start of a value for a mapping; put the value in quotes"
            } else {
                "YAML takes [ at the start of a value for a list; put the value in quotes"
            }
        return YAMLError(
            line: line,
            column: column,
            code: "yaml-token",
            message: what,
            suggestion: text == "{" ? object(at: line, column).map(quoted) : quoted(value(at: line, column))
        )
    }

    /// The error of a comment that begins inside a token that is still open at the end of a plain value; `nil` where
    /// there is none.
    func comment(after text: String, _ line: Int, _ column: Int) -> YAMLError? {
        guard let open = text.ranges(of: "{{").last, !text[open.upperBound...].contains("}}") else { return nil }
        let rest = self.rest(of: line, from: column)
        let afterBlanks = rest.drop { $0 == " " || $0 == "\t" }
        guard afterBlanks.hasPrefix("#"), afterBlanks.contains("}}") else { return nil }
        return YAMLError(
            line: line,
            column: column,
            code: "yaml-token",
            message:
                "YAML takes the rest of the line from \" #\" for a comment, within an open {{; put the value in quotes",
            suggestion: quoted(text + rest)
        )
    }

    /// The warning of a comment behind a plain value that reads as a part of it, or as the whole of it, such as `#{{lead.Id}}`,
    /// `#1`, `#ff0000` and `#channel`; `nil` where there is none. Who means a comment writes a blank behind the `#`, or a word in
    /// capitals such as `#TODO`.
    func hash(after text: String, _ line: Int, _ column: Int) -> YAMLError? {
        guard holdsHash, let rest = lineRest(line, column) else { return nil }
        let comment = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        guard comment.startIndex > rest.startIndex, comment.first == UInt8(ascii: "#") else { return nil }
        let word = comment.dropFirst().prefix { $0 > UInt8(ascii: " ") }
        guard let first = word.first, first != UInt8(ascii: "#"), first != UInt8(ascii: "!") else { return nil }
        let isColour = [3, 6, 8].contains(word.count) && word.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
        let isMark = word.allSatisfy { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 || $0 == UInt8(ascii: ":") }
        guard isColour || !isMark else { return nil }
        var warning = YAMLError(
            line: line,
            column: column + comment.startIndex - rest.startIndex,
            code: "yaml-comment",
            message:
                "YAML takes the rest of the line from \" #\" for a comment; put the value in quotes if it goes on, or a blank "
                + "behind the #",
            suggestion: quoted(text + String(decoding: text.isEmpty ? comment : rest, as: UTF8.self))
        )
        warning.isWarning = true
        return warning
    }

    /// The warning of a plain value in typographic quotes, which are part of it; `nil` where there are none.
    func curlyQuotes(around text: String, _ line: Int, _ column: Int) -> YAMLError? {
        // Each of them begins with this byte in UTF-8.
        guard text.utf8.first == 0xE2, let first = text.unicodeScalars.first, let last = text.unicodeScalars.last,
            text.unicodeScalars.count > 1, Self.isQuote(first), Self.isQuote(last)
        else { return nil }
        var warning = YAMLError(
            line: line,
            column: column,
            code: "yaml-quotes",
            message: "these quotes are part of the value; those of YAML are ' and \"",
            suggestion: quoted(String(text.unicodeScalars.dropFirst().dropLast()))
        )
        warning.isWarning = true
        return warning
    }

    private static func isQuote(_ scalar: Unicode.Scalar) -> Bool {
        ["\u{2018}", "\u{2019}", "\u{201A}", "\u{201C}", "\u{201D}", "\u{201E}"].contains(scalar)
    }

    /// The error of a value without quotes in which a colon and a blank stand; `nil` where the colon is the line's first.
    func colonInValue(at line: Int, _ column: Int) -> YAMLError? {
        let before = text(on: line, from: 1, to: column)
        guard let colon = before.firstRange(of: ": ") else { return nil }
        let blanks = before[colon.upperBound...].prefix { $0 == " " }
        let start = before[..<blanks.endIndex].unicodeScalars.count + 1
        let value = value(at: line, start)
        guard let first = value.first, first != "\"", first != "'" else { return nil }
        return YAMLError(
            line: line,
            column: start,
            code: "yaml-syntax",
            message: "YAML takes the second \": \" of a line for that of another key; put the value in quotes",
            suggestion: quoted(value)
        )
    }

    /// What its author took for the value at a place: the rest of the line, and inside brackets up to their end.
    private func value(at line: Int, _ column: Int) -> Substring {
        let rest = self.rest(of: line, from: column)
        let before = self.rest(of: line, from: 1).unicodeScalars.prefix(max(0, column - 1))
        var depth = 0
        for scalar in before {
            if scalar == "[" || scalar == "{" { depth += 1 }
            if scalar == "]" || scalar == "}" { depth -= 1 }
        }
        guard depth > 0 else { return rest[...] }
        var isInToken = false
        var open = 0
        var end = rest.startIndex
        while end < rest.endIndex {
            let tail = rest[end...]
            if tail.hasPrefix("{{") || tail.hasPrefix("}}") && isInToken {
                isInToken = tail.hasPrefix("{{")
                end = rest.index(end, offsetBy: 2)
                continue
            }
            if !isInToken {
                switch rest[end] {
                case "[", "{": open += 1
                case "]", "}":
                    if open == 0 { return rest[..<end] }
                    open -= 1
                case ",": if open == 0 { return rest[..<end] }
                default: break
                }
            }
            end = rest.index(after: end)
        }
        return rest[...]
    }

    /// The JSON object at a place; `nil` where it goes on over the line, or something follows it.
    private func object(at line: Int, _ column: Int) -> Substring? {
        let value = self.value(at: line, column)
        var depth = 0
        var isQuoted = false
        var previous: Character?
        for index in value.indices {
            let character = value[index]
            if character == "\"", previous != "\\" { isQuoted.toggle() }
            previous = character
            guard !isQuoted else { continue }
            if character == "{" || character == "[" { depth += 1 }
            if character == "}" || character == "]" { depth -= 1 }
            guard depth == 0 else { continue }
            let rest = value[value.index(after: index)...].drop { $0.isWhitespace }
            return rest.isEmpty || rest.hasPrefix("#") ? value[...index] : nil
        }
        return nil
    }

    private func quoted(_ value: some StringProtocol) -> String {
        var value = Substring(value)
        while let last = value.last, last.isWhitespace { value.removeLast() }
        return "'\(value.replacing("'", with: "''"))'"
    }

    /// The rest of a line; line and column from 1.
    func rest(of line: Int, from column: Int) -> String {
        String(decoding: lineRest(line, column) ?? [], as: UTF8.self)
    }
}
