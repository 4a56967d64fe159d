/// Finds the elements of a list in the text of a JSON file that has been read already: values carry no places.
struct JSONPlaces {
    /// Where each element begins, line and column from 1.
    let elements: [(line: Int, column: Int)]

    /// Finds the elements of the last list that a member of the outermost object holds.
    ///
    /// - Parameters:
    ///   - name: the member's name, without characters that JSON escapes.
    ///   - bytes: valid JSON.
    init(ofList name: String, in bytes: [UInt8]) {
        var offsets: [Int] = []
        var depth = 0
        var isInList = false
        var isWanted = false
        var startsElement = false
        var index = 0
        while index < bytes.count {
            let start = index
            let byte = bytes[index]
            index += 1
            if Self.isBlank(byte) { continue }
            if isInList, depth == 2, startsElement, byte != UInt8(ascii: "]") {
                offsets.append(start)
                startsElement = false
            }
            switch byte {
            case UInt8(ascii: "\""):
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                index += 1
                // The name of a member, or a text in the place of a value, which no list follows.
                if depth == 1 { isWanted = bytes[start..<min(index, bytes.count)].elementsEqual("\"\(name)\"".utf8) }
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                if depth == 2, isWanted, byte == UInt8(ascii: "[") {
                    isInList = true
                    startsElement = true
                    offsets = []
                }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if depth == 2 { isInList = false }
                depth -= 1
            case UInt8(ascii: ","):
                startsElement = depth == 2 && isInList
                if depth == 1 { isWanted = false }
            default: break
            }
        }
        elements = Self.places(of: offsets, in: bytes)
    }

    /// Lines and columns, from 1, of offsets in ascending order.
    static func places(of offsets: [Int], in bytes: [UInt8]) -> [(line: Int, column: Int)] {
        var places: [(line: Int, column: Int)] = []
        var line = 1
        var column = 1
        var waiting = offsets[...]
        for (index, byte) in bytes.enumerated() {
            while waiting.first == index {
                places.append((line, column))
                waiting.removeFirst()
            }
            if waiting.isEmpty { break }
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if bytes.index(after: index) == bytes.endIndex || bytes[index + 1] & 0xC0 != 0x80 {
                // A character ends where no byte of it follows.
                column += 1
            }
        }
        places += waiting.map { _ in (line, column) }
        return places
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}
