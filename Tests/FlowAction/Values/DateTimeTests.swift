import FlowAction
import Testing

@Suite struct CivilDateTimeTests {
    @Test(
        arguments: [
            (0, 1970, 1, 1, 0, 0, 0), (-1, 1969, 12, 31, 23, 59, 59), (951_782_400, 2000, 2, 29, 0, 0, 0),
            (1_375_979_773, 2013, 8, 8, 16, 36, 13), (4_102_444_800, 2100, 1, 1, 0, 0, 0),
            (-62_135_596_800, 1, 1, 1, 0, 0, 0), (253_402_300_799, 9999, 12, 31, 23, 59, 59),
        ] as [(Int64, Int, Int, Int, Int, Int, Int)]
    )
    func countsBothWays(
        seconds: Int64,
        year: Int,
        month: Int,
        day: Int,
        hour: Int,
        minute: Int,
        second: Int
    ) throws {
        let civil = try #require(
            CivilDateTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        )
        #expect(civil.secondsSinceEpoch == seconds)
        #expect(CivilDateTime(secondsSinceEpoch: seconds) == civil)
    }

    /// Every day of eight hundred years follows the day before it.
    @Test func everyDayFollowsTheLast() {
        for day in stride(from: Int64(-146_097), through: 146_097, by: 1) {
            let civil = CivilDateTime(secondsSinceEpoch: day * 86_400)
            guard civil.secondsSinceEpoch == day * 86_400 else {
                Issue.record("day \(day) reads as \(civil)")
                return
            }
        }
    }

    @Test(arguments: [(2026, 2, 29), (2100, 2, 29), (2026, 4, 31), (2026, 13, 1), (2026, 0, 1), (2026, 1, 0)])
    func refusesWhatNoCalendarHas(year: Int, month: Int, day: Int) {
        #expect(CivilDateTime(year: year, month: month, day: day) == nil)
    }
}

@Suite struct ISODateTimeTests {
    @Test(
        arguments: [
            ("2026-05-23", 1_779_494_400, nil), ("2026-05-23T10:00", 1_779_530_400, nil),
            ("2026-05-23 10:00:01", 1_779_530_401, nil), ("2026-05-23T10:00:01.5Z", 1_779_530_401, 0),
            ("2026-05-23T10:00:01+05:45", 1_779_530_401, 345), ("2026-05-23T10:00:01-07:00", 1_779_530_401, -420),
        ] as [(String, Int64, Int?)]
    )
    func reads(text: String, seconds: Int64, offset: Int?) throws {
        let read = try #require(ISODateTime(text))
        #expect(read.civil.secondsSinceEpoch == seconds)
        #expect(read.offset == offset)
    }

    @Test(arguments: [
        "", "2026", "2026-5-23", "2026-05-23T", "2026-05-23T10", "2026-05-23T24:00", "2026-05-23T10:60",
        "2026-05-23T23:59:60Z", "2026-02-29", "2026-05-23T10:00:00.", "2026-05-23T10:00+0200", "2026-05-23T10:00+25:00",
        "2026-05-23T10:00Zx", "23.05.2026", "2026-05-23T10:00:00 Z", "２026-05-23",
    ])
    func refuses(text: String) {
        #expect(ISODateTime(text) == nil)
    }
}

@Suite struct JSONNumberTests {
    @Test(arguments: [
        ("0", true, true), ("-1", true, true), ("12.50", true, false), ("5.0", true, true), ("1e2", true, false),
        ("01", false, false), ("1.", false, false), (".5", false, false), ("+1", false, false), ("1e", false, false),
        ("", false, false), ("-", false, false), ("1 ", false, false), ("0x1", false, false),
    ])
    func classifies(text: String, isValid: Bool, isWhole: Bool) {
        #expect(JSONNumber.isValid(text) == isValid)
        #expect(JSONNumber.isWhole(text) == isWhole)
    }
}
