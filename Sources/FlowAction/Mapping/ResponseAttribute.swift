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

    /// A warning of a key that is hardly meant: a number behind a dot, where an element of an array is `[0]`, or one with a
    /// blank at its end; `nil` where there is none.
    package var doubt: TemplateFinding? {
        var offset = 0
        for part in source.split(separator: ".", omittingEmptySubsequences: false) {
            defer { offset += part.utf8.count + 1 }
            // Dots within brackets are those of a quoted key.
            guard !source.utf8.prefix(offset + part.utf8.count).contains(UInt8(ascii: "\"")) else { return nil }
            let key = part.prefix { $0 != "[" }
            let isNumber = offset > 0 && !key.isEmpty && key.utf8.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
            guard isNumber || key.hasPrefix(" ") || key.hasSuffix(" ") else { continue }
            return TemplateFinding(
                offset: offset,
                .warning,
                code: "doubtful-key",
                message: isNumber
                    ? "an element of an array is written [\(key)], a key that is a number [\"\(key)\"]"
                    : "the blank belongs to the key; a key with one is written in brackets and double quotes"
            )
        }
        return nil
    }
}
