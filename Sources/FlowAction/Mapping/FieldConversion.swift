internal import JSON

/// What becomes of a value that was found: what is written, by the data type of the lead field.
struct FieldConversion {
    /// The value to write, `null` where the field is cleared.
    var value: JSONValue
    /// Whether the text was cut to the field's length.
    var isTruncated = false

    /// Converts what was found for a mapping.
    ///
    /// - Throws: why nothing is written.
    init(_ found: FoundValue, for mapping: ResponseMapping) throws(MappingResult.Reason) {
        switch found {
        case .nothing: throw .absent
        case .container: throw .typeMismatch
        case .null: value = try Self.empty(.null, for: mapping)
        case .string(""), .xmlText(""): value = try Self.empty(.empty, for: mapping)
        case .boolean, .number, .string, .xmlText:
            value = .null
            try convert(found, for: mapping)
        }
    }

    /// No value: `when_empty: write` writes an empty text, `when_null: clear` clears the field.
    private static func empty(
        _ reason: MappingResult.Reason,
        for mapping: ResponseMapping
    ) throws(MappingResult.Reason) -> JSONValue {
        if reason == .empty, mapping.writesEmpty, mapping.field.type.isText { return .string("") }
        if mapping.clearsOnNull { return .null }
        throw reason
    }

    private mutating func convert(_ found: FoundValue, for mapping: ResponseMapping) throws(MappingResult.Reason) {
        switch mapping.field.type {
        case .string, .text, .email, .phone, .url, .reference:
            try write(found.text, to: mapping.field)
        case .integer, .score, .percent:
            value = .number(try WholeNumber.literal(found.numberLiteral()))
        case .float, .currency:
            value = .number(try found.numberLiteral())
        case .boolean:
            value = .boolean(try found.flag())
        case .date:
            value = .string(try found.dateTime().civil.dateText)
        case .datetime:
            value = .string(try found.dateTime().isoText)
        case .formula:
            throw .typeMismatch
        }
    }

    /// Checks a text, and cuts it: `text` after so many bytes of UTF-8, every other type after so many code points.
    private mutating func write(_ text: String, to field: LeadField) throws(MappingResult.Reason) {
        let cut = field.type == .text ? text.prefix(utf8Bytes: field.limit) : text.prefix(codePoints: field.limit)
        isTruncated = cut.endIndex < text.endIndex
        // An address that loses its end is none.
        guard field.type.accepts(text), !isTruncated || field.type.accepts(String(cut)) else { throw .invalidValue }
        value = .string(isTruncated ? String(cut) : text)
    }
}

extension FoundValue {
    /// A value that is neither nothing nor a container, as text.
    fileprivate var text: String {
        switch self {
        case .string(let text), .xmlText(let text), .number(let text): text
        case .boolean(let flag): flag ? "true" : "false"
        case .nothing, .null, .container: ""
        }
    }

    /// The literal of a number. XML text is one where JSON's grammar takes it: a leading `+` would read as a relative
    /// change of a score, a leading zero as a code.
    fileprivate func numberLiteral() throws(MappingResult.Reason) -> String {
        switch self {
        case .number(let literal): return literal
        case .xmlText(let text) where JSONNumber.isValid(text): return text
        default: throw .typeMismatch
        }
    }

    fileprivate func flag() throws(MappingResult.Reason) -> Bool {
        switch self {
        case .boolean(let flag): return flag
        case .xmlText("true"), .xmlText("1"): return true
        case .xmlText("false"), .xmlText("0"): return false
        default: throw .typeMismatch
        }
    }

    fileprivate func dateTime() throws(MappingResult.Reason) -> ISODateTime {
        switch self {
        case .string(let text), .xmlText(let text):
            guard let dateTime = ISODateTime(text) else { throw .invalidValue }
            return dateTime
        default: throw .typeMismatch
        }
    }
}

extension FieldType {
    /// Whether a text has the form that the type asks for.
    fileprivate func accepts(_ text: String) -> Bool {
        switch self {
        case .email: text.isEmailAddress
        case .url: text.unicodeScalars.allSatisfy { !$0.isSpaceOrControl }
        default: true
        }
    }
}

extension LeadField {
    /// How long a text may be: the field's own length, else the type's.
    fileprivate var limit: Int {
        if let length, length > 0 { return length }
        return type == .text ? 30_000 : 255
    }
}

extension String {
    /// Whether the text is an e-mail address: one `@`, something on both sides, no blanks.
    fileprivate var isEmailAddress: Bool {
        guard let at = utf8.firstIndex(of: UInt8(ascii: "@")), at > startIndex else { return false }
        let domain = utf8[at...].dropFirst()
        return !domain.isEmpty && !domain.contains(UInt8(ascii: "@"))
            && unicodeScalars.allSatisfy { !$0.isSpaceOrControl }
    }

    /// The longest start of so many code points at most.
    fileprivate func prefix(codePoints count: Int) -> Substring {
        guard utf8.count > count else { return self[...] }
        let end = unicodeScalars.index(startIndex, offsetBy: count, limitedBy: endIndex) ?? endIndex
        return self[..<end]
    }
}

extension Unicode.Scalar {
    /// Whether the character is a blank of any script or a control character.
    fileprivate var isSpaceOrControl: Bool {
        if value < 0x80 { return value <= 0x20 || value == 0x7F }
        return properties.isWhitespace || (0x80...0x9F).contains(value)
    }
}

extension ISODateTime {
    /// The form in which answers carry a datetime: `2026-05-23T10:00:00+02:00`, seconds always there, `Z` for UTC, no
    /// offset where none came.
    fileprivate var isoText: String {
        let text = "\(civil.dateText)T\(twoDigits(civil.hour)):\(twoDigits(civil.minute)):\(twoDigits(civil.second))"
        guard let offset else { return text }
        if offset == 0 { return text + "Z" }
        let minutes = abs(offset)
        return text + (offset < 0 ? "-" : "+") + "\(twoDigits(minutes / 60)):\(twoDigits(minutes % 60))"
    }
}
