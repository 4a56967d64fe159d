/// The tokens of JSON (RFC 8259), read one after the other.
///
/// All that is known of the grammar stands here, whether a text becomes a tree, is searched, or is read by somebody who
/// knows what is in it:
///
///     switch try scanner.next() {
///     case .object: while let name = try scanner.nextMember() { … }    // reads the member's value with next()
///     case .array: while try scanner.nextElement() { … }               // reads the element with next()
///     case .string(let text): …
///     }
///
/// Nothing is copied: a token is a range of the bytes.
package struct JSONScanner {
    /// The text. Safe: whoever makes a scanner keeps the bytes until it is gone.
    let bytes: UnsafeBufferPointer<UInt8>
    /// How many arrays and objects may stand inside one another.
    let maximumDepth: Int
    /// Where the next token begins.
    var position = 0
    /// How many containers are open.
    private var depth = 0
    /// Whether a container has just been opened.
    private var isAtStart = false
    /// Where the text stops being UTF-8; past its end where it is UTF-8 throughout. Found once for the whole text, so
    /// that no string is checked by itself.
    private let firstInvalid: Int

    /// What ``next()`` finds.
    package enum Token {
        /// `null`.
        case null
        /// `true` or `false`.
        case boolean(Bool)
        /// A number.
        case number(JSONText)
        /// A string.
        case string(JSONText)
        /// An array, which is open now.
        case array
        /// An object, which is open now.
        case object
    }

    /// Prepares to read a text.
    ///
    /// - Parameters:
    ///   - bytes: the text; to be kept until the scanner and its tokens are gone.
    ///   - maximumDepth: how many arrays and objects may stand inside one another.
    package init(_ bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int = 64) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.span)
            firstInvalid = .max
        } catch {
            firstInvalid = error.byteOffsets.lowerBound
        }
    }

    /// Prepares to read what has been read before.
    fileprivate init(checked bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        maximumDepth = 0
        firstInvalid = .max
    }

    // MARK: Values

    /// Reads a value, or opens the container that it is.
    package mutating func next() throws(JSONError) -> Token {
        skipBlanks()
        guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
        switch bytes[position] {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"):
            try enter()
            return .object
        case UInt8(ascii: "["):
            try enter()
            return .array
        case UInt8(ascii: "t"):
            try skip("true")
            return .boolean(true)
        case UInt8(ascii: "f"):
            try skip("false")
            return .boolean(false)
        case UInt8(ascii: "n"):
            try skip("null")
            return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        default: throw JSONError(.unexpectedByte, at: position)
        }
    }

    /// Moves on in the object that was opened last.
    ///
    /// - Returns: the name of its next member; `nil` where there is none, and the object is closed then.
    package mutating func nextMember() throws(JSONError) -> JSONText? {
        guard try anotherFollows(before: UInt8(ascii: "}")) else { return nil }
        try expect(UInt8(ascii: "\""), consuming: false)
        let name = try string()
        skipBlanks()
        try expect(UInt8(ascii: ":"))
        return name
    }

    /// Moves on in the array that was opened last.
    ///
    /// - Returns: whether it has another element; if not, the array is closed.
    package mutating func nextElement() throws(JSONError) -> Bool {
        try anotherFollows(before: UInt8(ascii: "]"))
    }

    /// Requires that nothing is left.
    package mutating func end() throws(JSONError) {
        skipBlanks()
        guard position == bytes.count else { throw JSONError(.trailingBytes, at: position) }
    }

    private mutating func enter() throws(JSONError) {
        guard depth < maximumDepth else { throw JSONError(.tooDeep, at: position) }
        depth += 1
        position += 1
        isAtStart = true
    }

    /// Reads what stands in front of an element; at the container's end leaves it.
    @inline(__always)
    private mutating func anotherFollows(before end: UInt8) throws(JSONError) -> Bool {
        let isFirst = isAtStart
        isAtStart = false
        skipBlanks()
        if current == end {
            depth -= 1
            position += 1
            return false
        }
        if !isFirst {
            try expect(UInt8(ascii: ","))
            skipBlanks()
        }
        return true
    }

    // MARK: Single bytes

    /// The byte at the position; `nil` at the end.
    var current: UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    /// Moves past white space (RFC 8259, section 2).
    @inline(__always)
    mutating func skipBlanks() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    /// Requires a byte at the position, and moves past it where it is to be consumed.
    @inline(__always)
    mutating func expect(_ byte: UInt8, consuming: Bool = true) throws(JSONError) {
        guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
        guard bytes[position] == byte else { throw JSONError(.unexpectedByte, at: position) }
        if consuming { position += 1 }
    }

    /// Moves past a word such as `null`.
    mutating func skip(_ word: StaticString) throws(JSONError) {
        for offset in 0..<word.utf8CodeUnitCount { try expect(word.utf8Start[offset]) }
    }

    // MARK: Strings

    /// Reads a string; its opening quote stands at the position.
    mutating func string() throws(JSONError) -> JSONText {
        position += 1
        let start = position
        var hasEscapes = false
        while true {
            position = WordScan.firstSpecial(in: bytes, from: position)
            guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                guard position <= firstInvalid else { throw JSONError(.invalidUTF8, at: firstInvalid) }
                let text = UnsafeBufferPointer(rebasing: bytes[start..<position])
                position += 1
                return JSONText(bytes: text, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                _ = try escape()
            default:
                throw JSONError(.controlCharacter, at: position)
            }
        }
    }

    /// Reads an escape (RFC 8259, section 7); its backslash stands at the position.
    mutating func escape() throws(JSONError) -> Unicode.Scalar {
        let start = position
        position += 1
        guard let byte = current else { throw JSONError(.unexpectedEnd, at: position) }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape(from: start)
        default: throw JSONError(.invalidEscape, at: start)
        }
    }

    private mutating func unicodeEscape(from start: Int) throws(JSONError) -> Unicode.Scalar {
        let unit = try hexadecimal(from: start)
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw JSONError(.loneSurrogate, at: start) }
        position += 2
        let low = try hexadecimal(from: start)
        guard low & 0xFC00 == 0xDC00,
            let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) & 0x3FF) << 10 + UInt32(low) & 0x3FF)
        else { throw JSONError(.loneSurrogate, at: start) }
        return scalar
    }

    private mutating func hexadecimal(from start: Int) throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = current else { throw JSONError(.unexpectedEnd, at: position) }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw JSONError(.invalidEscape, at: start)
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }

    // MARK: Numbers

    /// Reads a number (RFC 8259, section 6); its first character stands at the position.
    mutating func number() throws(JSONError) -> JSONText {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") { position += 1 } else { try skipDigits(from: start) }
        if current == UInt8(ascii: ".") {
            position += 1
            try skipDigits(from: start)
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try skipDigits(from: start)
        }
        if let current, isDigit(current) { throw JSONError(.invalidNumber, at: start) }
        return JSONText(bytes: UnsafeBufferPointer(rebasing: bytes[start..<position]), hasEscapes: false)
    }

    @inline(__always)
    private mutating func skipDigits(from start: Int) throws(JSONError) {
        let first = position
        while position < bytes.count, isDigit(bytes[position]) { position += 1 }
        guard position > first else {
            throw position == bytes.count
                ? JSONError(.unexpectedEnd, at: position) : JSONError(.invalidNumber, at: start)
        }
    }

    @inline(__always)
    private func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }
}

/// The bytes of a string or a number as they stand in a text, quotes left out.
package struct JSONText {
    /// The bytes, checked; they live as long as the text.
    let bytes: UnsafeBufferPointer<UInt8>
    /// Whether escapes stand among them.
    let hasEscapes: Bool

    /// Up to how many bytes a text is held without memory of its own, and is made sooner in another way.
    private static let smallest = 15

    /// Whether there is nothing between the quotes.
    package var isEmpty: Bool { bytes.isEmpty }

    /// The text, its escapes resolved.
    package var string: String {
        if hasEscapes { return unescaped }
        if bytes.count <= Self.smallest {
            return String(unsafeUninitializedCapacity: bytes.count) { room in
                _ = room.initialize(from: bytes)
                return bytes.count
            }
        }
        // Safe: the scanner has checked the bytes.
        var text = unsafe UTF8Span(unchecked: bytes.span)
        // A text that is known to be ASCII is compared and hashed without a thought of what Unicode takes for the same.
        _ = text.checkForASCII()
        return String(copying: text)
    }

    /// Whether the text, its escapes resolved, is so many bytes of UTF-8.
    func isSame(as names: [UInt8], in range: Range<Int>) -> Bool {
        if hasEscapes { return unescaped.utf8.elementsEqual(names[range]) }
        return names.withUnsafeBufferPointer { hasSameBytes(as: UnsafeBufferPointer(rebasing: $0[range])) }
    }

    /// Whether the text, its escapes resolved, is a word of the source.
    package func isSame(as word: StaticString) -> Bool {
        let word = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        return hasEscapes ? unescaped.utf8.elementsEqual(word) : hasSameBytes(as: word)
    }

    private func hasSameBytes(as other: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count == other.count else { return false }
        for index in 0..<other.count where bytes[index] != other[index] { return false }
        return true
    }

    /// No escape is shorter than what it stands for.
    private var unescaped: String {
        String(unsafeUninitializedCapacity: bytes.count) { buffer in
            var scanner = JSONScanner(checked: bytes)
            var count = 0
            while let byte = scanner.current {
                guard byte == UInt8(ascii: "\\") else {
                    buffer[count] = byte
                    count += 1
                    scanner.position += 1
                    continue
                }
                // Read once already: it cannot fail.
                guard let scalar = try? scanner.escape() else { break }
                if scalar.isASCII {
                    buffer[count] = UInt8(scalar.value)
                    count += 1
                    continue
                }
                for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                    buffer[count] = unit
                    count += 1
                }
            }
            return count
        }
    }
}
