/// The date of an HTTP header, in each of the three forms of RFC 9110, section 5.6.7.
package enum HTTPDate {
    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or `Sun Nov  6 08:49:37 1994`.
    ///
    /// - Parameter now: places a year of two digits, which lies at most 50 years ahead.
    /// - Returns: the moment; `nil` for any other text, and for a date that no calendar has.
    package static func read(_ text: some StringProtocol, now: Instant) -> Instant? {
        var scanner = Scanner(rest: Array(text.utf8)[...])
        guard let day = scanner.word() else { return nil }
        if scanner.skip(",") {
            guard scanner.skip(" "), let dayOfMonth = scanner.number(digits: 2...2) else { return nil }
            if scanner.skip(" ") {
                guard shortDays.contains(day), let month = scanner.month(), scanner.skip(" "),
                    let year = scanner.number(digits: 4...4), scanner.skip(" "), let time = scanner.time(),
                    scanner.ends(with: " GMT")
                else { return nil }
                return instant(year, month, dayOfMonth, time)
            }
            guard longDays.contains(day), scanner.skip("-"), let month = scanner.month(), scanner.skip("-"),
                let year = scanner.number(digits: 2...2), scanner.skip(" "), let time = scanner.time(),
                scanner.ends(with: " GMT")
            else { return nil }
            return instant(century(of: year, now: now) + year, month, dayOfMonth, time)
        }
        guard shortDays.contains(day), scanner.skip(" "), let month = scanner.month(), scanner.skip(" ") else {
            return nil
        }
        // A day of one digit has a blank before it.
        let isShort = scanner.skip(" ")
        guard let dayOfMonth = scanner.number(digits: isShort ? 1...1 : 2...2), scanner.skip(" "),
            let time = scanner.time(), scanner.skip(" "), let year = scanner.number(digits: 4...4), scanner.isAtEnd
        else { return nil }
        return instant(year, month, dayOfMonth, time)
    }

    private typealias Time = (hour: Int, minute: Int, second: Int)

    private static let shortDays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let longDays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

    private static func instant(_ year: Int, _ month: Int, _ day: Int, _ time: Time) -> Instant? {
        // The grammar has a leap second; POSIX time has none.
        CivilDateTime(
            year: year,
            month: month,
            day: day,
            hour: time.hour,
            minute: time.minute,
            second: time.second == 60 ? 59 : time.second
        )
        .map { Instant(seconds: $0.secondsSinceEpoch) }
    }

    private static func century(of year: Int, now: Instant) -> Int {
        let present = CivilDateTime(secondsSinceEpoch: now.seconds).year
        let century = present / 100 * 100
        if century + year > present + 50 { return century - 100 }
        return century + year + 50 < present ? century + 100 : century
    }

    private struct Scanner {
        var rest: ArraySlice<UInt8>

        var isAtEnd: Bool { rest.isEmpty }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest.removeFirst()
            return true
        }

        mutating func ends(with text: String) -> Bool {
            rest.elementsEqual(text.utf8)
        }

        mutating func word() -> String? {
            let letters = rest.prefix { $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") }
            rest = rest.dropFirst(letters.count)
            return letters.isEmpty ? nil : String(decoding: letters, as: UTF8.self)
        }

        mutating func month() -> Int? {
            word().flatMap { CivilDateTime.months.firstIndex(of: $0) }.map { $0 + 1 }
        }

        mutating func number(digits: ClosedRange<Int>) -> Int? {
            let found = rest.prefix { $0 &- UInt8(ascii: "0") < 10 }
            guard digits.contains(found.count) else { return nil }
            rest = rest.dropFirst(found.count)
            return found.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        }

        mutating func time() -> Time? {
            guard let hour = number(digits: 2...2), skip(":"), let minute = number(digits: 2...2), skip(":"),
                let second = number(digits: 2...2)
            else { return nil }
            return (hour, minute, second)
        }
    }
}
