/// What has to be known of a document before libxml2 sees it.
///
/// libxml2 compares every attribute of an element with every other, and looks names up in a table that stops growing,
/// which lets a document of some MiB take seconds. So attributes and names are counted first, in one pass. Past the first
/// mistake the counts mean nothing, but there the parser stops as well.
struct XMLScreen {
    /// How many attributes an element may have.
    static let maximumAttributes = 256

    /// How many names elements and attributes may have in all.
    static let maximumNames = 4_096

    private let bytes: UnsafeBufferPointer<UInt8>
    /// Hashes with a key of the process's own: no document is made for names to share one.
    private var names: Set<Int> = []
    private var position = 0

    /// Prepares a pass over bytes that outlive the screen.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// Refuses a document with too many attributes in one element, or with a NUL, which could pass for UTF-16.
    mutating func check() throws(XMLError) {
        if let zero = bytes.firstIndex(of: 0) { throw error(.invalidCharacter, at: zero) }
        while skip(past: UInt8(ascii: "<")) {
            if starts(with: "!--") {
                // The end shares no hyphen with the beginning: <!--> is none.
                position += 3
                guard skip(past: "-->") else { return }
            } else if starts(with: "![CDATA[") {
                guard skip(past: "]]>") else { return }
            } else if starts(with: "?") {
                guard skip(past: "?>") else { return }
            } else {
                try countName(from: position)
                try countAttributes()
            }
        }
    }

    /// Counts a name that nothing has had before.
    private mutating func countName(from start: Int) throws(XMLError) {
        var end = start
        while end < bytes.count, bytes[end] > 0x20, !Self.endsName(bytes[end]) { end += 1 }
        guard end > start else { return }
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start..<end]))
        names.insert(hasher.finalize())
        guard names.count <= Self.maximumNames else { throw error(.tooManyNames, at: start) }
    }

    private static func endsName(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ">") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "=")
    }

    private mutating func countAttributes() throws(XMLError) {
        var count = 0
        // Where the last name begins, which a blank may part from its =.
        var (nameStart, isInName) = (position, true)
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: ">"): return
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                guard skip(past: byte) else { return }
                isInName = false
            case UInt8(ascii: "="):
                count += 1
                guard count <= Self.maximumAttributes else { throw error(.tooManyAttributes, at: position - 1) }
                try countName(from: nameStart)
            case 0...0x20: isInName = false
            default:
                if !isInName { (nameStart, isInName) = (position - 1, true) }
            }
        }
    }

    private func starts(with text: StaticString) -> Bool {
        guard bytes.count - position >= text.utf8CodeUnitCount else { return false }
        for offset in 0..<text.utf8CodeUnitCount where bytes[position + offset] != text.utf8Start[offset] {
            return false
        }
        return true
    }

    /// Moves behind the next such byte; `false` where there is none.
    private mutating func skip(past byte: UInt8) -> Bool {
        while position < bytes.count {
            position += 1
            if bytes[position - 1] == byte { return true }
        }
        return false
    }

    /// Moves behind the next such text; `false` where there is none.
    private mutating func skip(past text: StaticString) -> Bool {
        while position < bytes.count {
            if starts(with: text) {
                position += text.utf8CodeUnitCount
                return true
            }
            position += 1
        }
        return false
    }

    private func error(_ code: XMLError.Code, at offset: Int) -> XMLError {
        var line = 1
        var lineStart = 0
        for index in 0..<offset where bytes[index] == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
        }
        return XMLError(code, line: line, column: offset - lineStart + 1)
    }
}
