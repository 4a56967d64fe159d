import YAML

extension FuzzTarget {
    /// Whatever is read has its place in the file: the line and column of every byte of every scalar.
    static let yaml = FuzzTarget(name: "yaml") { bytes in
        guard let node = try? YAMLNode.parse(bytes) else { return }
        // The bytes that a line break of YAML may begin with: CR, LF, U+0085, U+2028 and U+2029.
        let lines = 1 + bytes.count { $0 == 0x0A || $0 == 0x0D || $0 == 0xC2 || $0 == 0xE2 }
        checkPlaces(of: node, lines: lines)
    }

    private static func checkPlaces(of node: YAMLNode, lines: Int) {
        switch node.content {
        case .sequence(let elements):
            for element in elements { checkPlaces(of: element, lines: lines) }
        case .mapping(let pairs):
            for pair in pairs {
                checkPlaces(of: pair.key, lines: lines)
                checkPlaces(of: pair.value, lines: lines)
            }
        case .scalar(let text, _):
            // The first bytes, the last, and one beyond.
            for offset in [0, 1, 2, text.utf8.count / 2, text.utf8.count, text.utf8.count + 1] {
                let place = node.position(ofOffset: offset)
                precondition(place.line >= node.line && place.column >= 1, "a byte stands before its scalar")
                // The end of a block scalar is the line after it.
                precondition(place.line <= lines + 1, "a byte stands behind its file")
            }
        }
    }
}
