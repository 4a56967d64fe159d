/// A whole number of 64 bits read from the text of a JSON number, by decimal arithmetic on its digits.
enum WholeNumber {
    /// Reads a JSON number: `5.0` is 5 and `1e2` is 100.
    ///
    /// - Throws: `type-mismatch` for a number that is not whole, `out-of-range` for one past 64 bits. The work is
    ///   bounded by the length of the text, whatever its exponent says.
    static func read(_ literal: String) throws(MappingResult.Reason) -> Int64 {
        if let number = readDigits(literal) { return number }
        var digits: [UInt8] = []
        var exponent = 0
        var isNegative = false
        var isFraction = false
        var rest = literal[...].utf8
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                exponent += readExponent(rest)
                rest = rest.prefix(0)
            default:
                if isFraction { exponent -= 1 }
                if byte != UInt8(ascii: "0") || !digits.isEmpty { digits.append(byte - UInt8(ascii: "0")) }
            }
        }
        while digits.last == 0 {
            digits.removeLast()
            exponent += 1
        }
        if digits.isEmpty { return 0 }
        guard exponent >= 0 else { throw .typeMismatch }
        guard digits.count + exponent <= 19 else { throw .outOfRange }
        var number: Int64 = 0
        for digit in digits + repeatElement(0, count: exponent) {
            let (tenfold, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.subtractingReportingOverflow(Int64(digit))
            guard !overflow, !carry else { throw .outOfRange }
            number = sum
        }
        guard isNegative || number != .min else { throw .outOfRange }
        return isNegative ? number : -number
    }

    /// The whole number that a JSON number is, in decimal.
    ///
    /// - Throws: what ``read(_:)`` throws.
    static func literal(_ literal: String) throws(MappingResult.Reason) -> String {
        // JSON has no leading zeros: digits alone are written already as they are to be.
        if readDigits(literal) != nil { return literal }
        return String(try read(literal))
    }

    /// What nearly every whole number is: digits alone, too few to overflow.
    private static func readDigits(_ literal: String) -> Int64? {
        guard literal.utf8.count <= 18 else { return nil }
        var number: Int64 = 0
        for byte in literal.utf8 {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            number = number * 10 + Int64(digit)
        }
        return number
    }

    /// The exponent, held far away from any overflow: no text has so many digits that more would matter.
    private static func readExponent(_ text: Substring.UTF8View) -> Int {
        var exponent = 0
        for byte in text {
            guard byte &- UInt8(ascii: "0") < 10 else { continue }
            exponent = min(exponent * 10 + Int(byte - UInt8(ascii: "0")), 1 << 40)
        }
        return text.first == UInt8(ascii: "-") ? -exponent : exponent
    }
}
