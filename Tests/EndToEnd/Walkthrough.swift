/// A page of the docs as something to run: the files it shows, its commands, and what they print.
///
/// A code block behind a line that is a path in backquotes and a colon is that file; a block of `sh` is run; a block of
/// `text` right behind one is what it prints, `…` standing for anything.
struct Walkthrough {
    /// One step of the page.
    enum Step: Equatable {
        /// Write a file.
        case file(path: String, text: String)
        /// Run commands, and compare what they print where the page shows it.
        case commands(String, output: String?)
    }

    /// The steps in the page's order.
    private(set) var steps: [Step] = []

    /// Reads a page.
    init(page: String) {
        var lines = page.split(separator: "\n", omittingEmptySubsequences: false)[...]
        var path: String?
        while let line = lines.popFirst() {
            guard line.hasPrefix("```") else {
                if !line.isEmpty { path = Self.path(in: line) }
                continue
            }
            let language = line.dropFirst(3)
            let block = lines.prefix { $0 != "```" }
            lines = lines.dropFirst(block.count + 1)
            let text = block.joined(separator: "\n") + "\n"
            if let file = path {
                steps.append(.file(path: file, text: text))
            } else if language == "sh" {
                steps.append(.commands(text, output: nil))
            } else if language == "text", case .commands(let commands, nil) = steps.last {
                steps[steps.count - 1] = .commands(commands, output: text)
            }
            path = nil
        }
    }

    private static func path(in line: Substring) -> String? {
        guard line.hasPrefix("`"), line.hasSuffix("`:"), line.count > 3 else { return nil }
        return String(line.dropFirst().dropLast(2))
    }

    /// Whether a text is what a pattern shows, `…` standing for anything, blanks at the ends of lines for none.
    static func matches(_ text: String, _ pattern: String) -> Bool {
        var rest = trimmed(text)[...]
        var parts = trimmed(pattern).split(separator: "…", omittingEmptySubsequences: false)[...]
        guard let first = parts.popFirst(), rest.hasPrefix(first) else { return false }
        rest = rest.dropFirst(first.count)
        guard let last = parts.popLast() else { return rest.isEmpty }
        for part in parts where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.hasSuffix(last)
    }

    private static func trimmed(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var line = line
            while line.last == " " { line.removeLast() }
            return line
        }
        return lines.joined(separator: "\n").split(separator: "\n").joined(separator: "\n")
    }
}
