import TestSupport

/// A page of the docs as something to run: the files it shows, its commands, and what they print.
///
/// A block behind a line ``File `path`:`` is that file; a block of `sh` is run; a block of `text` right behind one is what
/// it prints, `…` standing for anything.
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

    /// Takes the steps of a page.
    init(_ page: DocumentationPage) {
        for example in page.examples {
            if let path = example.file {
                steps.append(.file(path: path, text: example.text))
            } else if example.language == "sh" {
                steps.append(.commands(example.text, output: nil))
            } else if example.language == "text", case .commands(let commands, nil) = steps.last {
                steps[steps.count - 1] = .commands(commands, output: example.text)
            }
        }
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
