/// What a token stands for in one request.
package struct ResolvedToken: Sendable, Hashable {
    /// The value as text, formatted by its type; empty where there is none.
    package var text: String
    /// How JSON writes the value.
    package var shape: Shape
    /// Whether the value is kept out of everything that people read.
    package var isSecret: Bool
    /// Whether the token resolved to nothing at all: no such field, token, program or member.
    package var isUnresolved: Bool
    /// Where the value came from.
    package var source: Source

    /// What stands in place of a secret value in everything that people read.
    package static let mask = "••••••"

    /// How JSON writes a value: an empty number or boolean is `null`, any other empty value `""`.
    package enum Shape: Sendable {
        /// Escaped, in double quotes.
        case text
        /// Bare; `text` is a JSON number or empty.
        case number
        /// Bare; `text` is `true`, `false` or empty.
        case boolean
    }

    /// Where a value came from.
    package enum Source: Sendable, Hashable {
        /// A member of the request: `lead`, `company`, `campaign`, `trigger`, `member` or `tokens`.
        case request(String)
        /// A My Token of the store: the folder's position that defines it, and its file.
        case store(folder: Int, file: String)
        /// The program's own file.
        case program(folder: Int)
        /// The clock.
        case clock
        /// The settings.
        case settings
        /// The template's default.
        case defaultText
        /// Nowhere.
        case nothing
    }

    /// Makes a resolved token.
    package init(
        text: String,
        shape: Shape,
        isSecret: Bool = false,
        isUnresolved: Bool = false,
        source: Source
    ) {
        self.text = text
        self.shape = shape
        self.isSecret = isSecret
        self.isUnresolved = isUnresolved
        self.source = source
    }

    /// A token that stands for nothing at all.
    package static let unresolved = ResolvedToken(text: "", shape: .text, isUnresolved: true, source: .nothing)

    /// The default of the token, where it has one and there is no value.
    package consuming func orDefault(of token: TokenReference) -> ResolvedToken {
        guard text.isEmpty, let defaultText = token.defaultText else { return self }
        return ResolvedToken(
            text: defaultText,
            shape: .text,
            // It stands in the webhook's file for everyone to read.
            isSecret: false,
            isUnresolved: isUnresolved,
            source: .defaultText
        )
    }
}
