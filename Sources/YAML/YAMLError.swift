/// Why bytes are no YAML that a store may hold.
package struct YAMLError: Error, Sendable, Hashable {
    /// The line, from 1.
    package var line: Int
    /// The column, in characters from 1.
    package var column: Int
    /// A short, stable name, `yaml-syntax`.
    package var code: String
    /// A sentence: what is wrong and what is allowed.
    package var message: String
    /// The spelling that would be right, where it can be told.
    package var suggestion: String?
    /// Whether it is YAML all the same, and most probably not what its author meant.
    package var isWarning = false

    /// Describes an error.
    package init(line: Int, column: Int, code: String, message: String, suggestion: String? = nil) {
        self.line = line
        self.column = column
        self.code = code
        self.message = message
        self.suggestion = suggestion
    }
}
