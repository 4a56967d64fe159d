internal import JSON

/// The grammar of JSON numbers (RFC 8259, section 6), for values that came as text.
package enum JSONNumber {
    /// Whether a text is a JSON number.
    package static func isValid(_ text: String) -> Bool {
        parts(of: text) != nil
    }

    /// Whether a text is a JSON number without a fraction other than zeros and without an exponent.
    package static func isWhole(_ text: String) -> Bool {
        guard let parts = parts(of: text) else { return false }
        return !parts.hasExponent && !parts.hasFraction
    }

    /// What a number consists of beside its whole part; a fraction of zeros is none. `nil` where the text is no number.
    private static func parts(of text: String) -> (hasFraction: Bool, hasExponent: Bool)? {
        text.withBytes { bytes in
            var position = bytes.first == UInt8(ascii: "-") ? 1 : 0
            func digits() -> Range<Int> {
                let start = position
                while position < bytes.count, isDigit(bytes[position]) { position += 1 }
                return start..<position
            }
            let whole = digits()
            guard !whole.isEmpty, bytes[whole.lowerBound] != UInt8(ascii: "0") || whole.count == 1 else { return nil }
            var hasFraction = false
            if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
                position += 1
                let fraction = digits()
                guard !fraction.isEmpty else { return nil }
                hasFraction = fraction.contains { bytes[$0] != UInt8(ascii: "0") }
            }
            if position == bytes.count { return (hasFraction, false) }
            guard bytes[position] | 0x20 == UInt8(ascii: "e") else { return nil }
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            return !digits().isEmpty && position == bytes.count ? (hasFraction, true) : nil
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
