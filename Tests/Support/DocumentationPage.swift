import Glibc

/// A page of the documentation, taken apart, so that what it shows can be run against the code.
package struct DocumentationPage {
    /// The page's lines.
    package let lines: [String]

    /// One example: a block of code.
    package struct Example {
        /// The file that the line before the block names (``File `path`:``); `nil` where it names none.
        package var file: String?
        /// The language after the fence; empty for an indented or unmarked block.
        package var language: String
        /// The text.
        package var text: String
        /// The line on which the block begins, from 1.
        package var line: Int
    }

    /// Reads a page of `Sources/flowhook/Documentation.docc`; one that does not exist has no lines.
    package init(named name: String) {
        let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        guard let file = fopen("\(root)/Sources/flowhook/Documentation.docc/\(name).md", "r") else {
            lines = []
            return
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        lines = String(decoding: bytes[..<count], as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The fenced blocks in order.
    package var examples: [Example] {
        var examples: [Example] = []
        var current: Example?
        var lastText = ""
        for (index, line) in lines.enumerated() {
            if var example = current {
                if line == "```" {
                    examples.append(example)
                    current = nil
                } else {
                    example.text += "\(line)\n"
                    current = example
                }
            } else if line.hasPrefix("```") {
                let file = lastText.hasPrefix("File `") ? lastText.split(separator: "`").dropFirst().first : nil
                current = Example(
                    file: file.map(String.init),
                    language: String(line.dropFirst(3)),
                    text: "",
                    line: index + 1
                )
            } else if !line.isEmpty {
                lastText = line
            }
        }
        return examples
    }

    /// The files that the examples make together, by path.
    package var files: [String: String] {
        Dictionary(
            examples.compactMap { example in example.file.map { ($0, example.text) } },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The words in backticks of a table's column under a heading, down to the next heading.
    ///
    /// - Parameter heading: without its marks; `nil` for the whole page.
    package func words(under heading: String? = nil, column: Int = 0) -> [String] {
        rows(under: heading).flatMap { row in
            column < row.count ? Self.words(in: row[column]) : []
        }
    }

    /// The cells of the tables under a heading, heads of tables left out.
    package func rows(under heading: String? = nil) -> [[String]] {
        var rows: [[String]] = []
        var isUnder = heading == nil
        var isInTable = false
        for line in lines {
            if line.hasPrefix("#"), let heading { isUnder = line.drop { $0 == "#" } == " \(heading)" }
            guard isUnder, line.hasPrefix("|") else {
                isInTable = false
                continue
            }
            defer { isInTable = true }
            // The first row is the table's head, the second a rule.
            guard isInTable, !line.hasPrefix("|---") else { continue }
            rows.append(
                line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            )
        }
        return rows
    }

    /// The rows of every table whose first column has a title, the row of titles first; cells without blanks and
    /// backticks at both ends.
    package func tables(_ title: String) -> [[[String]]] {
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

    /// The words that stand in backticks.
    package static func words(in text: String) -> [String] {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
}
