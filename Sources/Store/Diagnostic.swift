package import FlowAction

/// One error or warning of a store, with its place.
package struct Diagnostic: Sendable, Hashable {
    /// The file, relative to the store.
    package var file: String
    /// The line, from 1.
    package var line: Int
    /// The column, in characters from 1.
    package var column: Int
    /// Whether the store loads all the same.
    package var severity: TemplateFinding.Severity
    /// A short, stable name, `unknown-key`.
    package var code: String
    /// A sentence: what is wrong and what is allowed.
    package var message: String
    /// The nearest valid word for a misspelt one, or the spelling that would be right.
    package var suggestion: String?

    /// The codes of findings that suggest a value of the file in other words, which may hold a credential.
    private static let codesOfValues = [
        "yaml-token", "yaml-comment", "yaml-quotes", "yaml-syntax", "text-expected", "token-value", "adjacent-tokens",
        "half-token",
    ]

    /// The finding in one line, for the file's author: `FILE:LINE:COLUMN: error: TEXT`.
    package var text: String {
        Self.escaped(suggestion.map { "\(bareText); did you mean \($0)?" } ?? bareText)
    }

    /// The same for the log and for callers: without a suggestion that repeats a value of the file.
    package var publicText: String {
        Self.codesOfValues.contains(code) ? Self.escaped(bareText) : text
    }

    private var bareText: String { "\(file):\(line):\(column): \(severity.rawValue): \(message)" }

    /// A line with what would end it, or steer a terminal, as the escape of JSON: names of files and keys may hold it.
    private static func escaped(_ line: String) -> String {
        guard line.unicodeScalars.contains(where: isControl) else { return line }
        var text = ""
        for scalar in line.unicodeScalars {
            if isControl(scalar) {
                let digits = String(scalar.value, radix: 16)
                text += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || 0x7F..<0xA0 ~= scalar.value || scalar.value == 0x2028 || scalar.value == 0x2029
    }
}

extension [Diagnostic] {
    /// Sorts findings by file, line and column.
    package mutating func sortByPlace() {
        sort { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }
    }
}
