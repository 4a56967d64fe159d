import FlowAction
import Glibc

extension FuzzTarget {
    /// Every moment, written in each form of HTTP by the C library's calendar, reads back; and what is read at all is
    /// the moment that its text names. A wait is a wait: never below zero, never past its bound.
    ///
    /// The input is the present (4 bytes), a moment (5 bytes) and a text.
    static let httpDate = FuzzTarget(name: "http-date") { bytes in
        let numbers = bytes.prefix(9) + [UInt8](repeating: 0, count: max(0, 9 - bytes.count))
        func number(_ range: Range<Int>) -> Int64 { numbers[range].reduce(0) { $0 << 8 | Int64($1) } }
        // From 1970 to the year 2514.
        let now = Instant(seconds: number(0..<4) * 4, nanoseconds: Int32(number(2..<4)) * 15_000)
        let moment = firstSecond + number(4..<9) % (lastSecond - firstSecond + 1)
        let parts = calendar(moment)
        let years = Int(parts.tm_year) - Int(calendar(now.seconds).tm_year)
        for form in Form.allCases where form != .twoDigits || abs(years) < 50 {
            let text = form.write(parts, day: Int(parts.tm_wday))
            precondition(HTTPDate.read(text, now: now) == Instant(seconds: moment), "a date reads as another one")
            checkWait(text, until: moment, now)
        }
        let text = String(decoding: bytes.dropFirst(9), as: UTF8.self)
        if let read = HTTPDate.read(text, now: now) {
            checkText(text, read.seconds, now)
            checkWait(text, until: read.seconds, now)
        }
        if let wait = RetryAfter.read(text, now: now) {
            precondition(wait >= .zero && wait <= longestWait, "a wait is out of its bounds")
        }
    }

    /// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
    private static let firstSecond: Int64 = -62_167_219_200
    private static let lastSecond: Int64 = 253_402_300_799

    private static let longestWait = Duration.seconds(315_360_000)

    private static func calendar(_ seconds: Int64) -> tm {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        return parts
    }

    /// What was read names the moment in one of the forms; which day of the week it says is not looked at.
    private static func checkText(_ text: String, _ seconds: Int64, _ now: Instant) {
        let parts = calendar(seconds)
        var leap = parts
        leap.tm_sec = 60
        let isNamed = Form.allCases.contains { form in
            (0..<7).contains { day in
                form.write(parts, day: day) == text || parts.tm_sec == 59 && form.write(leap, day: day) == text
            }
        }
        precondition(isNamed, "a text is taken for a date that it does not name")
        precondition((firstSecond...lastSecond).contains(seconds), "a date has a year of five digits")
        let isOfTwoDigits = text.utf8.contains(UInt8(ascii: "-"))
        let years = abs(parts.tm_year - calendar(now.seconds).tm_year)
        precondition(!isOfTwoDigits || years <= 50, "a year of two digits is of another century")
    }

    /// A date in `Retry-After` is the time up to it, whatever blanks stand around it.
    private static func checkWait(_ text: String, until moment: Int64, _ now: Instant) {
        let left = Duration.seconds(moment - now.seconds) - .nanoseconds(Int64(now.nanoseconds))
        let wait = RetryAfter.read(" \(text)\t", now: now)
        guard let wait else { preconditionFailure("a date is no wait") }
        precondition(wait >= .zero && wait <= longestWait, "a wait is out of its bounds")
        precondition(left > longestWait || wait == max(.zero, left), "a wait ends at another moment")
    }
}

/// The forms of RFC 9110, section 5.6.7.
private enum Form: CaseIterable {
    case fixed
    case twoDigits
    case asctime

    func write(_ parts: tm, day: Int) -> String {
        let shortDays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let longDays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let month = months[Int(parts.tm_mon)]
        let year = Int(parts.tm_year) + 1_900
        let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), to: 2) }.joined(separator: ":")
        let number = Int(parts.tm_mday)
        return switch self {
        case .fixed: "\(shortDays[day]), \(padded(number, to: 2)) \(month) \(padded(year, to: 4)) \(time) GMT"
        case .twoDigits: "\(longDays[day]), \(padded(number, to: 2))-\(month)-\(padded(year % 100, to: 2)) \(time) GMT"
        case .asctime: "\(shortDays[day]) \(month) \(number < 10 ? " " : "")\(number) \(time) \(padded(year, to: 4))"
        }
    }

    private func padded(_ number: Int, to count: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
}
