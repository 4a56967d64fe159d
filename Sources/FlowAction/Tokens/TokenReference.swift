/// A token as a template spells it: `{{family.Name}}` or `{{family.Name:default=text}}`.
///
/// An object, since every request looks at those of its webhook and its parts are many.
package final class TokenReference: Sendable, Hashable {
    /// The family.
    package let family: TokenFamily
    /// The name as written, blanks around it dropped.
    package let name: String
    /// The name in lower case: names ignore case.
    package let key: String
    /// The default's text, where the template gives one.
    package let defaultText: String?
    /// The position in the company fields' catalog, for the family `company`; `nil` where no field has the name.
    package let companyField: Int?
    /// The position in the lead fields' catalog, for the families `lead` and `company`.
    package let leadField: Int?
    /// `family.Name` the way the template spells it, for reports.
    package let spelling: String
    /// Where the token begins in its template's text, in bytes of UTF-8.
    package let offset: Int

    /// Makes a reference.
    package init(
        family: TokenFamily,
        name: String,
        defaultText: String?,
        companyField: Int? = nil,
        leadField: Int? = nil,
        spelling: String,
        offset: Int = 0
    ) {
        self.family = family
        self.name = name
        self.key = name.lowercased()
        self.defaultText = defaultText
        self.companyField = companyField
        self.leadField = leadField
        self.spelling = spelling
        self.offset = offset
    }

    /// Whether two references are spelt alike at the same place.
    package static func == (first: TokenReference, second: TokenReference) -> Bool {
        first.family == second.family && first.name == second.name && first.defaultText == second.defaultText
            && first.companyField == second.companyField && first.leadField == second.leadField
            && first.spelling == second.spelling && first.offset == second.offset
    }

    /// Hashes what tells references apart.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(spelling)
        hasher.combine(offset)
    }
}

/// The families of tokens.
package enum TokenFamily: String, Sendable, CaseIterable {
    /// A field of the lead.
    case lead
    /// A field of the lead's company.
    case company
    /// The program's id, name or description.
    case program
    /// A My Token.
    case my
    /// The smart campaign's id, name or description.
    case campaign
    /// What set the campaign off.
    case trigger
    /// A program member field.
    case member
    /// The clock and the subscription.
    case system
}
