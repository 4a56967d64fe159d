/// A token as a template spells it: `{{family.Name}}` or `{{family.Name:default=text}}`.
package struct TokenReference: Sendable, Hashable {
    /// The family.
    package var family: TokenFamily
    /// The name as written, blanks around it dropped.
    package var name: String
    /// The name in lower case: names ignore case.
    package var key: String
    /// The default's text, where the template gives one.
    package var defaultText: String?
    /// The position in the catalog of the lead or company field that the name stands for, where it is known.
    ///
    /// For `company` a position in the company's catalog first; see ``leadField`` for the lead's.
    package var companyField: Int?
    /// The position in the lead fields' catalog, for the families `lead` and `company`.
    package var leadField: Int?
    /// `family.Name` the way the template spells it, for reports.
    package var spelling: String
    /// Where the token begins in its template's text, in bytes of UTF-8.
    package var offset: Int

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
