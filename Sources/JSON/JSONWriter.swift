extension JSONValue {
    /// The value as one line of JSON.
    package var serialized: [UInt8] {
        var buffer = ByteBuffer(capacity: 1_024)
        buffer.append(json: self)
        return buffer.bytes
    }

    /// The value as JSON for people: two spaces a level.
    package var prettyPrinted: [UInt8] {
        var buffer = ByteBuffer(capacity: 1_024)
        buffer.append(json: self, level: 0)
        return buffer.bytes
    }
}

/// The pieces of JSON.
extension ByteBuffer {
    /// Appends a value as JSON without blanks.
    package mutating func append(json value: JSONValue) {
        switch value {
        case .null: append("null")
        case .boolean(let flag): append(flag ? "true" : "false")
        case .number(let literal): append(text: literal)
        case .string(let text): append(jsonString: text)
        case .array(let elements):
            append(UInt8(ascii: "["))
            var isFirst = true
            for element in elements {
                if !isFirst { append(UInt8(ascii: ",")) }
                isFirst = false
                append(json: element)
            }
            append(UInt8(ascii: "]"))
        case .object(let object):
            append(UInt8(ascii: "{"))
            var isFirst = true
            for member in object.members {
                if !isFirst { append(UInt8(ascii: ",")) }
                isFirst = false
                append(jsonString: member.name)
                append(UInt8(ascii: ":"))
                append(json: member.value)
            }
            append(UInt8(ascii: "}"))
        }
    }

    /// Appends the comma, the name and the colon that stand before a member's value.
    ///
    /// - Parameter name: needs no escapes.
    package mutating func append(jsonMember name: StaticString) {
        let length = name.utf8CodeUnitCount
        withRoom(for: length + 4) { room in
            room[0] = UInt8(ascii: ",")
            room[1] = UInt8(ascii: "\"")
            UnsafeMutableRawBufferPointer(rebasing: room[2...])
                .copyMemory(from: UnsafeRawBufferPointer(start: name.utf8Start, count: length))
            room[length + 2] = UInt8(ascii: "\"")
            room[length + 3] = UInt8(ascii: ":")
            return length + 4
        }
    }

    /// Appends a text as a JSON string, quotes included.
    package mutating func append(jsonString text: String) {
        append(UInt8(ascii: "\""))
        append(jsonEscaped: text)
        append(UInt8(ascii: "\""))
    }

    /// Appends a text as it stands inside a JSON string (RFC 8259, section 7).
    ///
    /// Beyond what must be escaped, U+007F, U+2028 and U+2029 are, which some readers do not take as they are.
    package mutating func append(jsonEscaped text: String) {
        text.withBytes { utf8 in
            var position = 0
            while position < utf8.count {
                let start = position
                withRoom(for: EscapedPiece.capacity(for: utf8.count - start)) { room in
                    var piece = EscapedPiece(room)
                    position = piece.write(utf8, from: start)
                    return piece.count
                }
            }
        }
    }

    fileprivate mutating func append(json value: JSONValue, level: Int) {
        switch value {
        case .array(let elements) where !elements.isEmpty:
            append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                startLine(first: index == 0, level: level + 1)
                append(json: element, level: level + 1)
            }
            endLines(level: level)
            append(UInt8(ascii: "]"))
        case .object(let object) where !object.members.isEmpty:
            append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                startLine(first: index == 0, level: level + 1)
                append(jsonString: member.name)
                append(": ")
                append(json: member.value, level: level + 1)
            }
            endLines(level: level)
            append(UInt8(ascii: "}"))
        default:
            append(json: value)
        }
    }

    private mutating func startLine(first: Bool, level: Int) {
        if !first { append(UInt8(ascii: ",")) }
        endLines(level: level)
    }

    private mutating func endLines(level: Int) {
        append(UInt8(ascii: "\n"))
        for _ in 0..<level { append("  ") }
    }
}

/// A piece of a text as it stands inside a JSON string.
private struct EscapedPiece {
    /// How many bytes of the text are taken at most, but for the end of a character.
    private static let longest = 160

    /// How many bytes there is to be room for where so many of a text are left: `\u00XX` for each that is taken, and a
    /// word beyond.
    static func capacity(for count: Int) -> Int { 6 * (min(count, longest) + 2) + 8 }

    private let room: UnsafeMutableRawBufferPointer
    /// How many bytes have been written.
    private(set) var count = 0

    init(_ room: UnsafeMutableRawBufferPointer) {
        self.room = room
    }

    /// Writes a piece of a text.
    ///
    /// - Returns: where the next one begins.
    mutating func write(_ utf8: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let raw = UnsafeRawBufferPointer(utf8)
        let end = min(utf8.count, start + Self.longest)
        var position = start
        while true {
            // A word as it is, of which the bytes up to the first that may have to be escaped count.
            let word = WordScan.word(of: raw, at: position)
            room.storeBytes(of: word, toByteOffset: count, as: UInt64.self)
            let plain = min(WordScan.unescaped(in: word), end - position)
            position += plain
            count += plain
            if position >= end { return position }
            if plain == 8 { continue }
            switch escapedLength(utf8, position) {
            case 0: put(utf8[position])
            case 1: put(escape: UInt16(utf8[position]))
            default:
                put(escape: 0x2000 | UInt16(utf8[position + 2] & 0x3F))
                position += 2
            }
            position += 1
            if position >= end { return position }
        }
    }

    /// How many bytes at a position are a character that is escaped; 0 where none is.
    private func escapedLength(_ utf8: UnsafeBufferPointer<UInt8>, _ position: Int) -> Int {
        switch utf8[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0..<0x20, 0x7F: 1
        case 0xE2
        where position + 2 < utf8.count && utf8[position + 1] == 0x80 && utf8[position + 2] & 0xFE == 0xA8: 3
        default: 0
        }
    }

    private mutating func put(_ byte: UInt8) {
        room[count] = byte
        count += 1
    }

    private mutating func put(escape unit: UInt16) {
        put(UInt8(ascii: "\\"))
        switch unit {
        case 0x22, 0x5C: put(UInt8(unit))
        case 0x08: put(UInt8(ascii: "b"))
        case 0x09: put(UInt8(ascii: "t"))
        case 0x0A: put(UInt8(ascii: "n"))
        case 0x0C: put(UInt8(ascii: "f"))
        case 0x0D: put(UInt8(ascii: "r"))
        default:
            put(UInt8(ascii: "u"))
            put(hexadecimalDigit(unit >> 12))
            put(hexadecimalDigit(unit >> 8 & 15))
            put(hexadecimalDigit(unit >> 4 & 15))
            put(hexadecimalDigit(unit & 15))
        }
    }
}

private func hexadecimalDigit(_ value: UInt16) -> UInt8 {
    UInt8(value) + (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
}
