import Glibc

/// A page of the documentation, as far as tests read it.
struct DocumentationPage {
    /// A fenced block.
    struct Block {
        var language: String
        var text: String
        /// The line on which it begins, from 1.
        var line: Int
    }

    let text: String

    init(_ name: String) {
        let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        var bytes: [UInt8] = []
        if let file = fopen("\(root)/Sources/flowhook/Documentation.docc/\(name).md", "r") {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
            fclose(file)
        }
        text = String(decoding: bytes, as: UTF8.self)
    }

    private var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// Every fenced block in order.
    var blocks: [Block] {
        var blocks: [Block] = []
        var open: Block?
        for (index, line) in lines.enumerated() {
            if line.hasPrefix("```") {
                if let block = open {
                    blocks.append(block)
                    open = nil
                } else {
                    open = Block(language: String(line.dropFirst(3)), text: "", line: index + 1)
                }
            } else {
                open?.text += line + "\n"
            }
        }
        return blocks
    }

    /// The rows of every table whose first column has a title, cells without blanks and backticks at both ends; the
    /// first row is the titles.
    func tables(_ title: String) -> [[[String]]] {
        var tables: [[[String]]] = []
        var isOpen = false
        for line in lines {
            guard line.hasPrefix("|") else {
                isOpen = false
                continue
            }
            let cells = line.dropFirst().dropLast().split(separator: "|").map { cell in
                String(cell.drop { $0 == " " || $0 == "`" }.reversed().drop { $0 == " " || $0 == "`" }.reversed())
            }
            if cells.first == title {
                isOpen = true
                tables.append([cells])
            } else if isOpen, !cells.allSatisfy({ $0.hasPrefix("---") }) {
                tables[tables.count - 1].append(cells)
            }
        }
        return tables
    }
}
