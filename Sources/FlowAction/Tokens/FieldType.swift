/// The data type of a lead field, by the names that a *Describe Lead* call gives.
package enum FieldType: String, Sendable, CaseIterable {
    /// Text of up to 255 characters.
    case string
    /// Text of up to 30,000 bytes of UTF-8.
    case text
    /// An e-mail address.
    case email
    /// A telephone number, any text.
    case phone
    /// A web address; its scheme may be missing.
    case url
    /// A whole number of 64 bits.
    case integer
    /// A whole number that a campaign adds to.
    case score
    /// A whole number of hundredths.
    case percent
    /// A decimal number.
    case float
    /// An amount in the subscription's currency.
    case currency
    /// `true` or `false`.
    case boolean
    /// A day, `yyyy-MM-dd`.
    case date
    /// A point in time, ISO 8601.
    case datetime
    /// The key of another record.
    case reference
    /// Computed by the marketing system, never written.
    case formula

    /// Whether a response's text is written as it came.
    package var isText: Bool {
        switch self {
        case .string, .text, .email, .phone, .url, .reference: true
        default: false
        }
    }
}
