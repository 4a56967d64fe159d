/// One response mapping: a response attribute and the lead field it goes to.
package struct ResponseMapping: Sendable, Hashable {
    /// The lead field.
    package var field: LeadField
    /// The response attribute.
    package var attribute: ResponseAttribute
    /// Whether `null` clears the field (`when_null: clear`); otherwise it is skipped.
    package var clearsOnNull: Bool
    /// Whether an empty string is written (`when_empty: write`); otherwise it is skipped.
    package var writesEmpty: Bool

    /// Joins an attribute and a field.
    package init(field: LeadField, attribute: ResponseAttribute, clearsOnNull: Bool = false, writesEmpty: Bool = false)
    {
        self.field = field
        self.attribute = attribute
        self.clearsOnNull = clearsOnNull
        self.writesEmpty = writesEmpty
    }
}
