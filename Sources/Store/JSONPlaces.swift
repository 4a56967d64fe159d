internal import FlowAction
internal import JSON

/// Finds elements and names in the text of a JSON file that has been read already: values carry no places.
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
            if byte.isBlank { continue }
            if isInList, depth == 2, startsElement, byte != UInt8(ascii: "]") {
                offsets.append(start)
                startsElement = false
            }
            switch byte {
            case UInt8(ascii: "\""):
                index = Self.end(ofStringAt: start, in: bytes)
                // The name of a member, or a text in the place of a value, which no list follows.
                if depth == 1 { isWanted = bytes[start..<index].elementsEqual("\"\(name)\"".utf8) }
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

    /// The names that occur again in one object, byte for byte: two spellings of one letter are two names.
    ///
    /// - Parameter bytes: valid JSON.
    /// - Returns: each with the line and the column, from 1, where it does so.
    static func repeatedNames(in bytes: [UInt8]) -> [(name: String, place: (line: Int, column: Int))] {
        var found: [(name: String, offset: Int)] = []
        /// The names of each object around a place; `nil` for a list.
        var around: [Set<[UInt8]>?] = []
        var isName = false
        var index = 0
        while index < bytes.count {
            let start = index
            index += 1
            switch bytes[start] {
            case UInt8(ascii: "\""):
                index = end(ofStringAt: start, in: bytes)
                guard isName else { continue }
                isName = false
                // A name that is written with escapes may be one that is written without.
                guard let name = try? JSONValue(parsing: Array(bytes[start..<index])).stringValue else { continue }
                if around[around.count - 1]?.insert(Array(name.utf8)).inserted == false { found.append((name, start)) }
            case UInt8(ascii: "{"):
                around.append([])
                isName = true
            case UInt8(ascii: "["): around.append(Set?.none)
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                around.removeLast()
                isName = false
            case UInt8(ascii: ","): isName = around.last.map { $0 != nil } ?? false
            default: break
            }
        }
        return Array(zip(found.map(\.name), places(of: found.map(\.offset), in: bytes)))
    }

    /// Where the string that begins somewhere ends: behind its second quote.
    private static func end(ofStringAt start: Int, in bytes: [UInt8]) -> Int {
        var index = start + 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index + 1, bytes.count)
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
}
