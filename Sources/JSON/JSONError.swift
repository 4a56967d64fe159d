/// Why bytes are no JSON text.
package struct JSONError: Error, Sendable, Hashable {
    /// What is wrong, from a closed list.
    package var code: Code
    /// Where, in bytes from the start.
    package var offset: Int

    /// What is wrong with a JSON text.
    package enum Code: String, Sendable {
        /// The text ends inside a value.
        case unexpectedEnd = "the text ends too early"
        /// A byte that may not stand there.
        case unexpectedByte = "a character that may not stand there"
        /// A number that RFC 8259, section 6, does not allow.
        case invalidNumber = "an invalid number"
        /// An escape that RFC 8259, section 7, does not allow.
        case invalidEscape = "an invalid escape"
        /// A control character inside a string.
        case controlCharacter = "an unescaped control character in a string"
        /// An escape that gives half a surrogate pair.
        case loneSurrogate = "a lone surrogate"
        /// Bytes that are no UTF-8.
        case invalidUTF8 = "bytes that are not UTF-8"
        /// More containers inside one another than allowed.
        case tooDeep = "too many nested containers"
        /// Something after the value.
        case trailingBytes = "something after the end of the value"
    }

    /// Describes an error.
    package init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }
}
