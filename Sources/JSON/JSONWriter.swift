extension JSONValue {
    /// The value as one line of JSON.
    package var serialized: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1_024)
        bytes.append(json: self)
        return bytes
    }

    /// The value as JSON for people: two spaces a level.
    package var prettyPrinted: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(json: self, level: 0)
        return bytes
    }
}

extension [UInt8] {
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

    /// Appends the bytes of a literal of the source.
    package mutating func append(_ literal: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    /// Appends a text as it is.
    package mutating func append(text: String) {
        var text = text
        text.withUTF8 { append(contentsOf: $0) }
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
        var text = text
        text.withUTF8 { utf8 in
            var runStart = 0
            var position = WordScan.firstEscaped(in: utf8, from: 0)
            while position < utf8.count {
                let length = escapedLength(utf8, position)
                if length > 0 {
                    append(contentsOf: UnsafeBufferPointer(rebasing: utf8[runStart..<position]))
                    append(escape: length == 3 ? 0x2000 | UInt16(utf8[position + 2] & 0x3F) : UInt16(utf8[position]))
                    position += length
                    runStart = position
                } else {
                    position += 1
                }
                position = WordScan.firstEscaped(in: utf8, from: position)
            }
            append(contentsOf: UnsafeBufferPointer(rebasing: utf8[runStart...]))
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

    private mutating func append(escape unit: UInt16) {
        append(UInt8(ascii: "\\"))
        switch unit {
        case 0x22, 0x5C: append(UInt8(unit))
        case 0x08: append(UInt8(ascii: "b"))
        case 0x09: append(UInt8(ascii: "t"))
        case 0x0A: append(UInt8(ascii: "n"))
        case 0x0C: append(UInt8(ascii: "f"))
        case 0x0D: append(UInt8(ascii: "r"))
        default:
            append(UInt8(ascii: "u"))
            append(hexadecimalDigit(unit >> 12))
            append(hexadecimalDigit(unit >> 8 & 15))
            append(hexadecimalDigit(unit >> 4 & 15))
            append(hexadecimalDigit(unit & 15))
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
                append(contentsOf: ": ".utf8)
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
        append(contentsOf: repeatElement(UInt8(ascii: " "), count: level * 2))
    }
}

private func hexadecimalDigit(_ value: UInt16) -> UInt8 {
    UInt8(value) + (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
}
