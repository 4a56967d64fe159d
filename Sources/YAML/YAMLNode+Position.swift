/// Where the bytes of a scalar's text stand in its file.
extension YAMLNode {
    /// Where a byte of a scalar's text stands in the file: escapes and folded lines before it are accounted for.
    ///
    /// - Parameter offset: in bytes of UTF-8 from the start of the text.
    /// - Returns: line and column, from 1.
    package func position(ofOffset offset: Int) -> (line: Int, column: Int) {
        guard case .scalar(let text, let style) = content else { return (line, column) }
        let wanted = min(max(0, offset), text.utf8.count)
        guard case .rest(let raw) = origin else {
            let before = String(decoding: text.utf8.prefix(wanted), as: UTF8.self)
            return (line, column + before.unicodeScalars.count)
        }
        switch style {
        case .literal, .folded:
            return BlockWalk(raw: raw, text: Array(text.utf8), line: line).position(of: wanted)
        case .plain, .singleQuoted, .doubleQuoted:
            var walk = FlowWalk(raw: raw, text: Array(text.utf8), style: style, line: line, column: column)
            return walk.position(of: wanted)
        }
    }
}

/// Walks over a scalar that may span lines, quoted or not, beside the text that was read from it.
private struct FlowWalk {
    private var rest: ArraySlice<UInt8>
    private let text: [UInt8]
    private let style: YAMLNode.Style
    private var line: Int
    private var column: Int

    init(raw: ArraySlice<UInt8>, text: [UInt8], style: YAMLNode.Style, line: Int, column: Int) {
        rest = raw
        self.text = text
        self.style = style
        self.line = line
        self.column = column
        if style != .plain { advance() }
    }

    mutating func position(of wanted: Int) -> (line: Int, column: Int) {
        var offset = 0
        while offset < wanted, !rest.isEmpty {
            if let breaks = folded() {
                // One break folds to a blank, more of them to one less.
                offset += max(1, breaks - 1)
            } else if style == .doubleQuoted, rest.first == UInt8(ascii: "\\") {
                offset += escape(at: offset)
            } else {
                if style == .singleQuoted, rest.starts(with: "''".utf8) { advance() }
                offset += characterLength(offset < text.count ? text[offset] : nil)
                advance()
            }
        }
        // An escaped line break gives nothing: what comes after it stands on the next line.
        if style == .doubleQuoted, rest.first == UInt8(ascii: "\\"), lineBreakLength(rest.dropFirst()) != nil {
            _ = escape(at: offset)
        }
        return (line, column)
    }

    /// Steps over blanks, line breaks and the blanks of the next line; `nil` where no break comes.
    private mutating func folded() -> Int? {
        let blanks = rest.prefix(while: isBlank)
        guard lineBreakLength(rest.dropFirst(blanks.count)) != nil else { return nil }
        var breaks = 0
        while true {
            while let byte = rest.first, isBlank(byte) { advance() }
            guard let length = lineBreakLength(rest) else { return breaks }
            rest = rest.dropFirst(length)
            line += 1
            column = 1
            breaks += 1
        }
    }

    /// Steps over an escape of double quotes.
    ///
    /// - Returns: how many bytes of text it gives.
    private mutating func escape(at offset: Int) -> Int {
        advance()
        if lineBreakLength(rest) != nil {
            // An escaped break gives nothing; empty lines after it give one each.
            return (folded() ?? 1) - 1
        }
        let digits: [UInt8: Int] = [UInt8(ascii: "x"): 2, UInt8(ascii: "u"): 4, UInt8(ascii: "U"): 8]
        for _ in 0..<(rest.first.flatMap { digits[$0] } ?? 0) + 1 { advance() }
        return characterLength(offset < text.count ? text[offset] : nil)
    }

    /// Steps over one character of the file.
    private mutating func advance() {
        guard !rest.isEmpty else { return }
        rest = rest.dropFirst(min(characterLength(rest.first), rest.count))
        column += 1
    }
}

/// Walks over the lines of a block scalar beside the text that was read from it.
private struct BlockWalk {
    private let lines: [ArraySlice<UInt8>]
    private let text: [UInt8]
    private let line: Int

    init(raw: ArraySlice<UInt8>, text: [UInt8], line: Int) {
        lines = splitLines(raw)
        self.text = text
        self.line = line
    }

    func position(of wanted: Int) -> (line: Int, column: Int) {
        let indentation = self.indentation
        var start = 0
        // The first line is the header, `|` or `>`.
        for (index, content) in lines.enumerated().dropFirst() {
            let shown = content.dropFirst(min(indentation, content.count))
            // Of an empty line among folded ones nothing is left.
            if shown.isEmpty, start >= text.count || text[start] != 0x0A { continue }
            if wanted <= start + shown.count {
                let before = String(decoding: shown.prefix(wanted - start), as: UTF8.self)
                return (line + index, indentation + before.unicodeScalars.count + 1)
            }
            start += shown.count
            // A break, or the blank that it folds to.
            if start < text.count, text[start] == 0x0A || text[start] == 0x20 { start += 1 }
        }
        return (line + max(1, lines.count - 1), indentation + 1)
    }

    /// How many blanks stand before each line: those of the first line that is not empty, less those that are its own.
    private var indentation: Int {
        let own = text.drop { $0 == 0x0A }.prefix { $0 == 0x20 }.count
        for content in lines.dropFirst() {
            let blanks = content.prefix { $0 == 0x20 }.count
            if blanks < content.count { return max(0, blanks - own) }
        }
        return 0
    }
}

/// Splits at every line break that YAML knows (libyaml's list: CR, LF, CR LF, U+0085, U+2028 and U+2029).
func splitLines(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var start = bytes.startIndex
    var position = start
    while position < bytes.endIndex {
        let byte = bytes[position]
        // Most bytes are told at a glance.
        let mayBreak = byte == 0x0A || byte == 0x0D || byte == 0xC2 || byte == 0xE2
        if mayBreak, let length = lineBreakLength(bytes[position...]) {
            lines.append(bytes[start..<position])
            position += length
            start = position
        } else {
            position += 1
        }
    }
    lines.append(bytes[start...])
    return lines
}

/// How many bytes the line break at the start takes; `nil` where there is none.
private func lineBreakLength(_ bytes: ArraySlice<UInt8>) -> Int? {
    switch bytes.first {
    case 0x0A: 1
    case 0x0D: bytes.dropFirst().first == 0x0A ? 2 : 1
    case 0xC2: bytes.dropFirst().first == 0x85 ? 2 : nil
    case 0xE2 where bytes.starts(with: [0xE2, 0x80, 0xA8]) || bytes.starts(with: [0xE2, 0x80, 0xA9]): 3
    default: nil
    }
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

/// How many bytes a character takes, told by its first (RFC 3629, section 3).
private func characterLength(_ first: UInt8?) -> Int {
    switch first {
    case .some(0xF0...): 4
    case .some(0xE0...): 3
    case .some(0xC0...): 2
    default: 1
    }
}
