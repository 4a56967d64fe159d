/// The rule of a time zone for all time to come: the `TZ` string of POSIX, as the footer of a TZif file holds it
/// (RFC 8536, section 3.3.1), `CET-1CEST,M3.5.0,M10.5.0/3`.
struct PosixTimeZone: Sendable {
    private let standard: Int
    private let daylight: (offset: Int, start: Change, end: Change)?

    /// When a year's offset changes.
    private struct Change: Sendable {
        var day: Day
        /// Seconds from midnight, in the offset that held before; may be negative or beyond a day.
        var time: Int

        enum Day: Sendable {
            /// `Jn`: day 1 to 365, the leap day not counted.
            case julian(Int)
            /// `n`: day 0 to 365, the leap day counted.
            case zeroBased(Int)
            /// `Mm.w.d`: the `w`-th weekday `d` of month `m`, 5 being the last.
            case weekday(month: Int, week: Int, day: Int)
        }

        /// The change in a year, in seconds since 1970 of the local time that held before.
        func seconds(in year: Int) -> Int64 {
            let newYear = CivilDateTime(year: year, month: 1, day: 1)?.secondsSinceEpoch ?? 0
            let days: Int64
            switch day {
            case .julian(let number):
                let isLeap = CivilDateTime(year: year, month: 2, day: 29) != nil
                days = Int64(number - 1 + (isLeap && number >= 60 ? 1 : 0))
            case .zeroBased(let number): days = Int64(number)
            case .weekday(let month, let week, let weekday):
                let first = CivilDateTime(year: year, month: month, day: 1)?.secondsSinceEpoch ?? 0
                // 1970-01-01 was a Thursday, day 4.
                let firstWeekday = Int(((first / 86_400 + 4) % 7 + 7) % 7)
                var day = 1 + (weekday - firstWeekday + 7) % 7 + (week - 1) * 7
                while CivilDateTime(year: year, month: month, day: day) == nil { day -= 7 }
                days = (first - newYear) / 86_400 + Int64(day - 1)
            }
            return newYear + days * 86_400 + Int64(time)
        }
    }

    /// The offset from UTC in seconds at a moment in seconds since 1970 in UTC.
    func offset(at seconds: Int64) -> Int {
        guard let daylight else { return standard }
        let year = CivilDateTime(secondsSinceEpoch: seconds + Int64(standard)).year
        let start = daylight.start.seconds(in: year) - Int64(standard)
        let end = daylight.end.seconds(in: year) - Int64(daylight.offset)
        let isDaylight = start < end ? seconds >= start && seconds < end : seconds >= start || seconds < end
        return isDaylight ? daylight.offset : standard
    }

    /// Reads a rule; `nil` where the text is none.
    init?(_ text: String) {
        var rest = text[...].utf8
        guard Self.name(&rest), let standard = Self.time(&rest) else { return nil }
        // POSIX counts to the west.
        self.standard = -standard
        if rest.isEmpty {
            daylight = nil
            return
        }
        guard Self.name(&rest) else { return nil }
        var offset = self.standard + 3_600
        if rest.first != UInt8(ascii: ",") {
            guard let written = Self.time(&rest) else { return nil }
            offset = -written
        }
        guard let start = Self.change(&rest), let end = Self.change(&rest), rest.isEmpty else { return nil }
        daylight = (offset, start, end)
    }

    private static func name(_ rest: inout Substring.UTF8View) -> Bool {
        if rest.first == UInt8(ascii: "<") {
            guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
            rest = rest[rest.index(after: end)...]
            return true
        }
        let letters = rest.prefix { ($0 | 0x20) &- UInt8(ascii: "a") < 26 }
        rest = rest.dropFirst(letters.count)
        return letters.count >= 3
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    private static func time(_ rest: inout Substring.UTF8View) -> Int? {
        var sign = 1
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") {
            sign = rest.removeFirst() == UInt8(ascii: "-") ? -1 : 1
        }
        guard var seconds = number(&rest).map({ $0 * 3_600 }) else { return nil }
        for unit in [60, 1] where rest.first == UInt8(ascii: ":") {
            rest.removeFirst()
            guard let part = number(&rest) else { return nil }
            seconds += part * unit
        }
        return sign * seconds
    }

    private static func change(_ rest: inout Substring.UTF8View) -> Change? {
        guard rest.popFirst() == UInt8(ascii: ",") else { return nil }
        let day: Change.Day
        switch rest.first {
        case UInt8(ascii: "M"):
            rest.removeFirst()
            guard let month = number(&rest), rest.popFirst() == UInt8(ascii: "."), let week = number(&rest),
                rest.popFirst() == UInt8(ascii: "."), let weekday = number(&rest), (1...12).contains(month),
                (1...5).contains(week), (0...6).contains(weekday)
            else { return nil }
            day = .weekday(month: month, week: week, day: weekday)
        case UInt8(ascii: "J"):
            rest.removeFirst()
            guard let number = number(&rest), (1...365).contains(number) else { return nil }
            day = .julian(number)
        default:
            guard let number = number(&rest), (0...365).contains(number) else { return nil }
            day = .zeroBased(number)
        }
        guard rest.first == UInt8(ascii: "/") else { return Change(day: day, time: 7_200) }
        rest.removeFirst()
        guard let time = time(&rest) else { return nil }
        return Change(day: day, time: time)
    }

    private static func number(_ rest: inout Substring.UTF8View) -> Int? {
        let digits = rest.prefix { $0 &- UInt8(ascii: "0") < 10 }
        guard (1...3).contains(digits.count) else { return nil }
        rest = rest.dropFirst(digits.count)
        return digits.reduce(0) { $0 * 10 + Int($1 &- UInt8(ascii: "0")) }
    }
}
