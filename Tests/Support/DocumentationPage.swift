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

    /// Where the pages lie.
    package static let folder =
        #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined() + "/Sources/flowhook/Documentation.docc"

    /// The names of all pages, sorted.
    package static var names: [String] {
        guard let pages = opendir(folder) else { return [] }
        defer { closedir(pages) }
        var names: [String] = []
        while let entry = readdir(pages) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".md") { names.append(String(name.dropLast(3))) }
        }
        return names.sorted()
    }

    /// Reads a page of `Sources/flowhook/Documentation.docc`; one that does not exist has no lines.
    package init(named name: String) {
        self.init(path: "\(Self.folder)/\(name).md")
    }

    /// Reads a page that lies elsewhere, such as the README; one that does not exist has no lines.
    package init(path: String) {
        guard let file = fopen(path, "r") else {
            self.init(text: "")
            return
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        self.init(text: String(decoding: bytes[..<count], as: UTF8.self))
    }

    /// Takes a text as a page.
    package init(text: String) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The text of the page.
    package var text: String { lines.joined(separator: "\n") }

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
                    lastText = ""
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

    /// The commands of the blocks of shell, a line each.
    package var commands: [String] {
        examples.filter { $0.language == "sh" }.flatMap { $0.text.split(separator: "\n").map(String.init) }
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
