internal import JSON

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

    /// How many characters a name has at most.
    package static let maximumName = 50
    /// How many characters a text may have.
    package static let maximumText = 524_288
    /// How many characters a secret has at least: masking a shorter one would mask half of everything.
    package static let minimumSecret = 8

    /// Whether a secret has as many, without the blanks at its ends: who gets it in a header does not see them.
    package static func isLongEnough(_ secret: String) -> Bool {
        secret.trimming { $0 == " " || $0 == "\t" }.count >= minimumSecret
    }

    /// `Seats` for `{{my.Seats}}`, `my.Seats` and `Seats`, without regard to case and blanks around each; `nil` where no name
    /// is left, and for a token of another family in braces.
    package static func bareName(_ spelling: String) -> String? {
        var name = spelling.trimming { $0 == " " }
        let isInBraces = name.hasPrefix("{{") && name.hasSuffix("}}") && name.utf8.count >= 4
        if isInBraces { name = name.dropFirst(2).dropLast(2).trimming { $0 == " " } }
        if name.lowercased().hasPrefix("my.") {
            name = name.dropFirst(3).trimming { $0 == " " }
        } else if isInBraces {
            return nil
        }
        return name.isEmpty ? nil : String(name)
    }

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

        /// Whether a value is one of the type.
        package func accepts(_ value: String) -> Bool {
            switch self {
            case .number: JSONNumber.isValid(value) && Double(value)?.isFinite == true
            case .score: Int32(value) != nil
            case .date: ISODateTime(value).map { !$0.hasTime } == true
            case .text, .richText, .salesforceCampaign: true
            }
        }
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
