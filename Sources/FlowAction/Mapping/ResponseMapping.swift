/// One response mapping: a response attribute and the lead field it goes to.
///
/// An object, since every answer looks at those of its webhook and its parts are many.
package final class ResponseMapping: Sendable {
    /// The lead field.
    package let field: LeadField
    /// The response attribute.
    package let attribute: ResponseAttribute
    /// Whether `null` clears the field (`when_null: clear`); otherwise it is skipped.
    package let clearsOnNull: Bool
    /// Whether an empty string is written (`when_empty: write`); otherwise it is skipped.
    package let writesEmpty: Bool

    /// Joins an attribute and a field.
    package init(field: LeadField, attribute: ResponseAttribute, clearsOnNull: Bool = false, writesEmpty: Bool = false)
    {
        self.field = field
        self.attribute = attribute
        self.clearsOnNull = clearsOnNull
        self.writesEmpty = writesEmpty
    }
}
