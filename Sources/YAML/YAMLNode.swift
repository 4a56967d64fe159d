/// A node of a YAML document, with its place in the file.
package struct YAMLNode: Sendable, Hashable {
    /// What the node is.
    package var content: Content
    /// The line on which the node begins, from 1.
    package var line: Int
    /// The column at which it begins, in characters from 1.
    package var column: Int
    /// What stands in the file, where more is asked of it than the content tells.
    var origin: Origin?

    /// What stands in the file; apart from the node, since few nodes have one.
    indirect enum Origin: Sendable, Hashable {
        /// The file from where a scalar begins to the file's end: of one in quotes, in a block or on several lines, where
        /// a byte's place cannot be told from the text alone.
        case rest(ArraySlice<UInt8>)
        /// A list or mapping in brackets that stands on one line.
        case line(String)
    }

    /// The text in the file, of a list or mapping in brackets that stands on one line; `nil` for other nodes.
    package var written: String? {
        if case .line(let text) = origin { text } else { nil }
    }

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

    /// Whether nothing stands in the node's place: `a:`, or `a` between the commas of `{ }`.
    package var isMissing: Bool {
        if case .scalar("", .plain) = content { true } else { false }
    }

    /// Whether the node is a scalar without quotes that reads as nothing: empty, `~` or `null`.
    package var isNull: Bool {
        if case .scalar(let text, .plain) = content { ["", "~", "null", "Null", "NULL"].contains(text) } else { false }
    }
}
