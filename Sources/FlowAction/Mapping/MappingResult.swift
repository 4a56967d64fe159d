package import JSON

/// What a response gave for the mapped lead fields.
package struct MappingResult: Sendable {
    /// The fields to write, under their SOAP API names, in the mapping's order; `null` clears one.
    package var fields: [(field: String, value: JSONValue)] = []
    /// The fields that were not written, each with its reason.
    package var skipped: [Skipped] = []
    /// The fields that were written but cut to their length.
    package var truncated: [Truncated] = []

    /// A field that was not written.
    package struct Skipped: Sendable, Hashable {
        /// The field's SOAP API name.
        package var field: String
        /// The response attribute as written.
        package var attribute: String
        /// Why.
        package var reason: Reason

        /// Describes a field that was not written.
        package init(field: String, attribute: String, reason: Reason) {
            self.field = field
            self.attribute = attribute
            self.reason = reason
        }
    }

    /// A field that was cut.
    package struct Truncated: Sendable, Hashable {
        /// The field's SOAP API name.
        package var field: String
        /// The response attribute as written.
        package var attribute: String

        /// Describes a field that was cut.
        package init(field: String, attribute: String) {
            self.field = field
            self.attribute = attribute
        }
    }

    /// Why a field was not written.
    package enum Reason: String, Error, Sendable, CaseIterable {
        /// The response has nothing at the path.
        case absent
        /// The value is `null`.
        case null
        /// The value is an empty string or an empty element.
        case empty
        /// The value's type does not fit the field's.
        case typeMismatch = "type-mismatch"
        /// A whole number past 64 bits.
        case outOfRange = "out-of-range"
        /// Text that is no e-mail address, URL, date or datetime.
        case invalidValue = "invalid-value"
    }

    /// A result without any field.
    package init() {}
}
