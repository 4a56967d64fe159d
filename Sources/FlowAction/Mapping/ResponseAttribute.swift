/// A response attribute: the compiled path to one value of a response.
package struct ResponseAttribute: Sendable, Hashable {
    /// The path as written.
    package let source: String

    /// Compiles a path.
    ///
    /// - Throws: a finding whose offset points at the first byte that does not fit the grammar.
    package init(_ source: String, responseType: ResponseType) throws(TemplateFinding) {
        self.source = source
    }
}
