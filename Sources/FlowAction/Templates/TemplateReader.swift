/// A cursor over a template's text in which each token is one hole of unknown content.
struct TemplateReader {
    /// Where the cursor stands, in bytes.
    private(set) var position = 0
    private let bytes: [UInt8]
    private let holes: [Range<Int>]
    private var nextHole = 0

    /// Starts at the beginning of a text.
    init(_ text: TokenizedText) {
        bytes = text.bytes
        holes = text.tokens.map(\.range)
    }

    /// Whether the cursor stands at a token.
    var isAtHole: Bool {
        nextHole < holes.count && holes[nextHole].lowerBound == position
    }

    /// Whether nothing is left.
    var isAtEnd: Bool {
        position >= bytes.count
    }

    /// The byte at the cursor; `nil` at a token and at the end.
    var byte: UInt8? {
        isAtEnd || isAtHole ? nil : bytes[position]
    }

    /// Steps over a byte or a whole token.
    mutating func advance() {
        if isAtHole {
            position = holes[nextHole].upperBound
            nextHole += 1
        } else {
            position += 1
        }
    }

    /// Steps over a word of ASCII where it stands at the cursor, uninterrupted.
    mutating func take(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        let limit = nextHole < holes.count ? holes[nextHole].lowerBound : bytes.count
        guard position + length <= limit else { return false }
        for offset in 0..<length where bytes[position + offset] != word.utf8Start[offset] { return false }
        position += length
        return true
    }

    /// Steps over blanks and line breaks; whether there were any.
    @discardableResult
    mutating func skipBlanks() -> Bool {
        let start = position
        while let byte, byte.isBlank { position += 1 }
        return position > start
    }

    /// The text from a position up to the cursor.
    func text(from start: Int) -> String {
        String(decoding: bytes[start..<position], as: UTF8.self)
    }
}
