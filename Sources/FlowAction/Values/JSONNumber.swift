/// The grammar of JSON numbers (RFC 8259, section 6), for values that came as text.
package enum JSONNumber {
    /// Whether a text is a JSON number.
    package static func isValid(_ text: String) -> Bool {
        parts(of: text) != nil
    }

    /// Whether a text is a JSON number without a fraction other than zeros and without an exponent.
    package static func isWhole(_ text: String) -> Bool {
        guard let parts = parts(of: text) else { return false }
        return !parts.hasExponent && parts.fraction.allSatisfy { $0 == UInt8(ascii: "0") }
    }

    private static func parts(of text: String) -> (fraction: Substring.UTF8View, hasExponent: Bool)? {
        var rest = text[...].utf8
        if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        let whole = rest.prefix(while: isDigit)
        guard let first = whole.first, first != UInt8(ascii: "0") || whole.count == 1 else { return nil }
        rest = rest.dropFirst(whole.count)
        var fraction = rest.prefix(0)
        if rest.first == UInt8(ascii: ".") {
            fraction = rest.dropFirst().prefix(while: isDigit)
            guard !fraction.isEmpty else { return nil }
            rest = rest.dropFirst(1 + fraction.count)
        }
        guard rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") else {
            return rest.isEmpty ? (fraction, false) : nil
        }
        rest.removeFirst()
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        return !rest.isEmpty && rest.allSatisfy(isDigit) ? (fraction, true) : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
