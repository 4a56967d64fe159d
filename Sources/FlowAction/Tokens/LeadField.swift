/// A lead field under its three names, and others where there are any.
package struct LeadField: Sendable, Hashable {
    /// The name that people see and tokens use, `First Name`.
    package var displayName: String
    /// The SOAP API name, which response mappings use and answers carry, `FirstName`.
    package var soapName: String
    /// The REST API name, `firstName`.
    package var restName: String
    /// Further names that tokens know the field by, `Address` for a company's *Billing Address*.
    package var otherNames: [String] = []
    /// The data type.
    package var type: FieldType
    /// The length that the field's description gives, in the unit of its type; `nil` stands for the type's own.
    package var length: Int?
    /// Whether a response may write the field.
    package var isWritable: Bool

    /// Describes a field.
    package init(
        displayName: String,
        soapName: String,
        restName: String,
        type: FieldType,
        length: Int? = nil,
        isWritable: Bool = true
    ) {
        self.displayName = displayName
        self.soapName = soapName
        self.restName = restName
        self.type = type
        self.length = length
        self.isWritable = isWritable
    }
}
