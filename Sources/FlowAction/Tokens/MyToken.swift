/// A My Token as one folder of the store defines it.
package struct MyToken: Sendable, Hashable {
    /// The name as written, 1 to 50 characters; compared without regard to case.
    package var name: String
    /// What the value is.
    package var type: Kind
    /// The value as text; a number keeps its digits.
    package var value: String
    /// Whether the value is kept out of everything that people read.
    package var isSecret: Bool
    /// Whether the value stands in place of one that could not be read.
    package var isPlaceholder: Bool
    /// The file that defines the token, relative to the store.
    package var file: String

    /// How many characters a secret has at least: masking a shorter one would mask half of everything.
    package static let minimumSecret = 8

    /// The types of My Tokens.
    package enum Kind: String, Sendable, CaseIterable {
        /// Any text of up to 524,288 characters.
        case text
        /// A JSON number.
        case number
        /// A day, `yyyy-MM-dd`.
        case date
        /// HTML.
        case richText = "rich text"
        /// A signed whole number.
        case score
        /// The name of a campaign in Salesforce.
        case salesforceCampaign = "sfdc campaign"
    }

    /// Defines a token.
    package init(
        name: String,
        type: Kind,
        value: String,
        isSecret: Bool = false,
        isPlaceholder: Bool = false,
        file: String
    ) {
        self.name = name
        self.type = type
        self.value = value
        self.isSecret = isSecret
        self.isPlaceholder = isPlaceholder
        self.file = file
    }
}
