/// A response attribute: the compiled path to one value of a response.
///
/// Keys are joined by dots, each followed by indexes in brackets that begin at 0: `orders[0].orderDate`. A key of
/// letters, digits, `-`, `_`, `:` and blanks is written as it is, any other one as a JSON string in brackets:
/// `a["b.c"]`. JSON may begin with an index, `[0].a`. XML begins with the root element's name; there an index counts
/// the siblings of one name, `list.item[1]`, and `@name` as the last key is an attribute.
package struct ResponseAttribute: Sendable, Hashable {
    /// The path as written.
    package let source: String
    /// The way from the root to the value.
    let steps: [Step]

    /// One step of a path.
    enum Step: Sendable, Hashable {
        /// The member of a JSON object.
        case member(String)
        /// The element of a JSON array, from 0.
        case index(Int)
        /// The n-th XML element of a name, from 0; the first step is the root element itself.
        case element(String, index: Int)
        /// The attribute of an XML element, always the last step.
        case attribute(String)
    }

    /// Compiles a path.
    ///
    /// - Throws: a finding whose offset points at the first byte that does not fit the grammar.
    package init(_ source: String, responseType: ResponseType) throws(TemplateFinding) {
        self.source = source
        var parser = ResponseAttributeParser(source, isXML: responseType == .xml)
        steps = try parser.parse()
    }
}
