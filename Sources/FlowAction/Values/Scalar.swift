/// A value of a flow action request: what JSON allows where no object or array may stand.
package enum Scalar: Sendable, Hashable {
    /// `null`: a member without a value.
    case null
    /// `true` or `false`.
    case boolean(Bool)
    /// A number, as its literal text: digits, fraction and exponent stay as they were sent.
    case number(String)
    /// Text, with its escapes resolved.
    case text(String)

    /// Whether the value counts as no value for a token: `null` or the empty string.
    package var isEmpty: Bool {
        switch self {
        case .null: true
        case .text(let text): text.isEmpty
        case .boolean, .number: false
        }
    }

    /// The value as text: the literal of a number or boolean, the text itself, nothing for `null`.
    package var text: String {
        switch self {
        case .null: ""
        case .boolean(let value): value ? "true" : "false"
        case .number(let literal): literal
        case .text(let text): text
        }
    }
}
