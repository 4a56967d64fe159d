/// The texts of the `system` tokens that show the clock, all of one instant, in the service's time zone.
struct SystemClock {
    private let civil: CivilDateTime
    private let offset: Int

    /// Shows an instant in a time zone.
    init(instant: Instant, timeZone: TimeZoneRules) {
        offset = timeZone.offset(at: instant.seconds)
        civil = CivilDateTime(secondsSinceEpoch: instant.seconds + Int64(offset))
    }

    /// `Aug 08, 2013`.
    var date: String {
        "\(CivilDateTime.months[civil.month - 1]) \(twoDigits(civil.day)), \(civil.year)"
    }

    /// `04:34 PM (GMT -0700)`.
    var time: String {
        let hour = civil.hour % 12 == 0 ? 12 : civil.hour % 12
        let minutes = abs(offset) / 60
        return """
            \(twoDigits(hour)):\(twoDigits(civil.minute)) \(civil.hour < 12 ? "AM" : "PM") \
            (GMT \(offset < 0 ? "-" : "+")\(twoDigits(minutes / 60))\(twoDigits(minutes % 60)))
            """
    }

    /// `2013-08-08 16:36:13`.
    var dateTime: String { civil.tokenText }
}
