import FlowAction
import Testing

@Suite struct HTTPDateTests {
    /// 2026-11-25T18:00:00Z.
    private let now = Instant(seconds: 1_795_629_600)

    @Test(
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Wed Nov 16 08:49:37 1994", 784_975_777),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Tue, 29 Feb 2028 23:59:59 GMT", 1_835_481_599),
            // A leap second counts as the second before it.
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_799),
            // Two digits of a year lie at most 50 years ahead.
            ("Monday, 01-Jan-76 00:00:00 GMT", 3_345_062_400), ("Friday, 01-Jan-77 00:00:00 GMT", 220_924_800),
        ] as [(String, Int64)]
    )
    func readsEveryForm(text: String, seconds: Int64) {
        #expect(HTTPDate.read(text, now: now) == Instant(seconds: seconds))
    }

    @Test(arguments: [
        "", "Sun", "Sun,", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Xyz, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 1994 GMT",
        "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 +0000",
    ])
    func refusesWhatIsNoDate(text: String) {
        #expect(HTTPDate.read(text, now: now) == nil)
    }

    @Test(
        arguments: [
            ("0", .zero), ("120", .seconds(120)), (" 7\t", .seconds(7)),
            ("99999999999999999999999", .seconds(315_360_000)), ("Wed, 25 Nov 2026 18:00:02 GMT", .milliseconds(1_750)),
            ("Wednesday, 25-Nov-26 18:00:02 GMT", .milliseconds(1_750)),
            ("Wed Nov 25 18:00:02 2026", .milliseconds(1_750)),
            // A date that has passed is no wait.
            ("Sun, 06 Nov 1994 08:49:37 GMT", .zero), ("Wed, 25 Nov 2026 18:00:00 GMT ", .zero),
            ("", nil), ("-1", nil), ("1.5", nil), ("1s", nil), ("soon", nil), ("1 2", nil),
        ] as [(String, Duration?)]
    )
    func readsRetryAfter(value: String, wait: Duration?) {
        let now = Instant(seconds: now.seconds, nanoseconds: 250_000_000)
        #expect(RetryAfter.read(value, now: now) == wait)
    }
}
