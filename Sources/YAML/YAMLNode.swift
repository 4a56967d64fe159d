/// A node of a YAML document, with its place in the file.
package struct YAMLNode: Sendable, Hashable {
    /// What the node is.
    package var content: Content
    /// The line on which the node begins, from 1.
    package var line: Int
    /// The column at which it begins, in characters from 1.
    package var column: Int
    /// Of a block scalar, how many blanks stand before each of its lines; `nil` for other nodes.
    package var indentation: Int?

    /// What a node is.
    package indirect enum Content: Sendable, Hashable {
        /// Text, however it is quoted.
        case scalar(String, Style)
        /// Pairs in their order; every key is a scalar, and no two are equal.
        case mapping([Pair])
        /// Elements in their order.
        case sequence([YAMLNode])
    }

    /// A pair of a mapping.
    package struct Pair: Sendable, Hashable {
        /// The key, a scalar.
        package var key: YAMLNode
        /// The value.
        package var value: YAMLNode

        /// The key's text.
        package var name: String { key.text ?? "" }
    }

    /// How a scalar is written.
    package enum Style: Sendable, Hashable {
        /// Without quotes.
        case plain
        /// In single quotes.
        case singleQuoted
        /// In double quotes, with escapes.
        case doubleQuoted
        /// As a block that keeps its lines, `|`.
        case literal
        /// As a block that joins its lines, `>`.
        case folded
    }

    /// The text of a scalar; `nil` for a mapping or a sequence.
    package var text: String? {
        if case .scalar(let text, _) = content { text } else { nil }
    }

    /// Whether the node is a scalar without quotes that reads as nothing: empty, `~` or `null`.
    package var isNull: Bool {
        if case .scalar(let text, .plain) = content { ["", "~", "null", "Null", "NULL"].contains(text) } else { false }
    }

    /// Where a byte of a scalar's text stands in the file, as exactly as its style tells.
    ///
    /// - Parameter offset: in bytes of UTF-8 from the start of the text.
    /// - Returns: line and column, from 1. Escapes and folded lines before the byte shift the column.
    package func position(ofOffset offset: Int) -> (line: Int, column: Int) {
        guard case .scalar(let text, let style) = content else { return (line, column) }
        let before = String(decoding: text.utf8.prefix(max(0, offset)), as: UTF8.self)
        let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
        let last = lines.last?.unicodeScalars.count ?? 0
        switch style {
        case .plain: return (line, column + before.unicodeScalars.count)
        case .singleQuoted, .doubleQuoted: return (line, column + 1 + before.unicodeScalars.count)
        case .literal, .folded: return (line + lines.count, (indentation ?? 0) + last + 1)
        }
    }
}
