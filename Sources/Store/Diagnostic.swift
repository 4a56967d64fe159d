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

    /// The finding in one line: `FILE:LINE:COLUMN: error: TEXT`.
    package var text: String {
        let hint = suggestion.map { "; did you mean \($0)?" } ?? ""
        return "\(file):\(line):\(column): \(severity.rawValue): \(message)\(hint)"
    }
}
