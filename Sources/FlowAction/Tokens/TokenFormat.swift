/// How a value of the request becomes a token's text, by the type of its field where it has one.
enum TokenFormat {
    /// A value that no field describes: the JSON type in the request decides.
    static func format(_ value: Scalar) -> (text: String, shape: ResolvedToken.Shape) {
        switch value {
        case .null, .text: (value.text, .text)
        case .number: (value.text, .number)
        case .boolean: (value.text, .boolean)
        }
    }

    /// A field's value; one that does not fit its type goes out as text, so that a payload stays valid.
    static func format(
        _ value: Scalar,
        as type: FieldType,
        timeZone: @autoclosure () -> TimeZoneRules
    ) -> (text: String, shape: ResolvedToken.Shape) {
        let text = value.text
        if text.isEmpty { return (text, type.emptyShape) }
        switch type {
        case .integer, .score, .percent: return (text, JSONNumber.isWhole(text) ? .number : .text)
        case .float, .currency: return (text, JSONNumber.isValid(text) ? .number : .text)
        case .boolean: return (text, text == "true" || text == "false" ? .boolean : .text)
        case .date: return (ISODateTime(text)?.civil.dateText ?? text, .text)
        case .datetime: return (ISODateTime(text)?.civil(in: timeZone()).tokenText ?? text, .text)
        case .formula: return format(value)
        case .string, .text, .email, .phone, .url, .reference: return (text, .text)
        }
    }

    /// A My Token's value, the store's or one that a request puts in its place: the token that the store defines keeps its
    /// type.
    static func format(_ value: Scalar, as type: MyToken.Kind) -> (text: String, shape: ResolvedToken.Shape) {
        let text = value.text
        guard type.isNumeric else { return (text, .text) }
        return (text, text.isEmpty || JSONNumber.isValid(text) ? .number : .text)
    }
}

extension MyToken.Kind {
    /// Whether JSON writes a value of the type bare.
    var isNumeric: Bool { self == .number || self == .score }
}

extension FieldType {
    /// How JSON writes a field that has no value: `null` for numbers and booleans, else `""`.
    var emptyShape: ResolvedToken.Shape {
        switch self {
        case .integer, .score, .percent, .float, .currency: .number
        case .boolean: .boolean
        default: .text
        }
    }
}
