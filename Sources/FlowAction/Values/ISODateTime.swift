/// A date, with or without a time and an offset, as ISO 8601 writes it:
/// `yyyy-MM-dd`, then `T` or a blank, `HH:mm[:ss[.f]]`, then `Z`, `±hh:mm` or nothing.
package struct ISODateTime: Sendable, Hashable {
    /// What the text shows; a bare date is its midnight, fractions of a second are dropped.
    package var civil: CivilDateTime
    /// The offset from UTC in minutes; `nil` where the text has none.
    package var offset: Int?
    /// Whether the text has a time of day.
    package var hasTime: Bool

    /// Reads a text; `nil` where it is not of the form, or no calendar has the date. A leap second is none.
    package init?(_ text: String) {
        var rest = text[...].utf8
        guard let year = Self.number(&rest, digits: 4), Self.skip("-", &rest),
            let month = Self.number(&rest, digits: 2), Self.skip("-", &rest),
            let day = Self.number(&rest, digits: 2)
        else { return nil }
        if rest.isEmpty {
            guard let civil = CivilDateTime(year: year, month: month, day: day) else { return nil }
            self.civil = civil
            hasTime = false
            return
        }
        guard Self.skip("T", &rest) || Self.skip("t", &rest) || Self.skip(" ", &rest),
            let hour = Self.number(&rest, digits: 2), Self.skip(":", &rest),
            let minute = Self.number(&rest, digits: 2)
        else { return nil }
        var second = 0
        if Self.skip(":", &rest) {
            guard let seconds = Self.number(&rest, digits: 2) else { return nil }
            second = seconds
            if Self.skip(".", &rest) {
                let fraction = rest.prefix { $0 &- UInt8(ascii: "0") < 10 }
                guard !fraction.isEmpty else { return nil }
                rest = rest.dropFirst(fraction.count)
            }
        }
        guard
            let civil = CivilDateTime(
                year: year,
                month: month,
                day: day,
                hour: hour,
                minute: minute,
                second: second
            )
        else { return nil }
        self.civil = civil
        hasTime = true
        if rest.isEmpty { return }
        guard let offset = Self.offset(&rest), rest.isEmpty else { return nil }
        self.offset = offset
    }

    /// The moment as a zone's calendar shows it; a text without an offset is taken to be in that zone already.
    package func civil(in timeZone: TimeZoneRules) -> CivilDateTime {
        guard let offset else { return civil }
        let seconds = civil.secondsSinceEpoch - Int64(offset * 60)
        return CivilDateTime(secondsSinceEpoch: seconds + Int64(timeZone.offset(at: seconds)))
    }

    private static func offset(_ rest: inout Substring.UTF8View) -> Int? {
        if skip("Z", &rest) || skip("z", &rest) { return 0 }
        let isWest = rest.first == UInt8(ascii: "-")
        guard skip("+", &rest) || skip("-", &rest), let hours = number(&rest, digits: 2), skip(":", &rest),
            let minutes = number(&rest, digits: 2), hours <= 23, minutes <= 59
        else { return nil }
        return (hours * 60 + minutes) * (isWest ? -1 : 1)
    }

    private static func skip(_ character: Unicode.Scalar, _ rest: inout Substring.UTF8View) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private static func number(_ rest: inout Substring.UTF8View, digits: Int) -> Int? {
        var number = 0
        for _ in 0..<digits {
            guard let digit = rest.first, digit &- UInt8(ascii: "0") < 10 else { return nil }
            number = number * 10 + Int(digit &- UInt8(ascii: "0"))
            rest.removeFirst()
        }
        return number
    }
}
