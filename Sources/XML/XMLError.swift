/// Why bytes are no XML document that may be read.
package struct XMLError: Error, Sendable, Hashable {
    /// What is wrong, from a closed list.
    package var code: Code
    /// The line, from 1.
    package var line: Int
    /// The column, in bytes from 1; 0 where it is not known.
    package var column: Int

    /// What is wrong with a document.
    package enum Code: String, Sendable {
        /// There is no element: nothing at all, or something before the first one.
        case noElement = "no root element"
        /// The document ends inside an element.
        case unexpectedEnd = "the document ends too early"
        /// An end tag that is not the open element's.
        case mismatchedTag = "an end tag that does not match its start tag"
        /// Two attributes of one name.
        case duplicateAttribute = "an attribute given twice"
        /// A byte sequence that is no UTF-8, or a character that XML 1.0, section 2.2, does not allow.
        case invalidCharacter = "a character that may not stand there"
        /// An entity other than `&lt;`, `&gt;`, `&amp;`, `&quot;`, `&apos;` and character references.
        case undeclaredEntity = "an entity that is not predefined"
        /// Something other than comments and instructions after the root element.
        case trailingContent = "something after the root element"
        /// A document type declaration, which could declare entities and name files.
        case documentType = "a document type declaration (DTD), which is refused"
        /// More elements inside one another than allowed.
        case tooDeep = "too many nested elements"
        /// More attributes in one element than allowed.
        case tooManyAttributes = "too many attributes in one element"
        /// More than 4,096 names of elements and attributes.
        case tooManyNames = "too many different names"
        /// Anything else that is not well-formed.
        case malformed = "markup that is not well-formed"
    }

    /// Describes an error.
    package init(_ code: Code, line: Int, column: Int) {
        self.code = code
        self.line = line
        self.column = column
    }
}
