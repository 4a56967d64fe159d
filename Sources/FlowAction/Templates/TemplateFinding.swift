/// What is wrong or doubtful in the text of a template, a response attribute or another compiled value.
package struct TemplateFinding: Error, Sendable, Hashable {
    /// Where, in bytes of UTF-8 from the start of the text.
    package var offset: Int
    /// Whether the store may load all the same.
    package var severity: Severity
    /// A short, stable name, `unknown-family`.
    package var code: String
    /// A sentence: what is wrong and what is allowed.
    package var message: String
    /// The nearest valid word for a misspelt one, or the spelling that would be right.
    package var suggestion: String?

    /// How much a finding matters.
    package enum Severity: String, Sendable {
        /// The store does not load.
        case error
        /// The store loads.
        case warning
    }

    /// Describes a finding.
    package init(offset: Int, _ severity: Severity, code: String, message: String, suggestion: String? = nil) {
        self.offset = offset
        self.severity = severity
        self.code = code
        self.message = message
        self.suggestion = suggestion
    }
}
