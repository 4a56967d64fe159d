import FlowAction
import Glibc
import Testing

@Suite struct TimeZoneRulesTests {
    private func bytes(_ zone: String) throws -> [UInt8] {
        let file = try #require(fopen("/usr/share/zoneinfo/\(zone)", "r"))
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 100_000)
        return Array(buffer[..<fread(&buffer, 1, buffer.count, file)])
    }

    /// Moments in UTC and the zone's offset in minutes, the edges of daylight saving among them.
    @Test(arguments: [
        ("America/New_York", "2026-03-08T06:59:59", -300), ("America/New_York", "2026-03-08T07:00:00", -240),
        ("America/New_York", "2026-11-01T05:59:59", -240), ("America/New_York", "2026-11-01T06:00:00", -300),
        ("America/New_York", "2045-07-01T00:00:00", -240), ("America/New_York", "2045-12-01T00:00:00", -300),
        ("America/New_York", "1974-01-06T07:00:00", -240), ("Europe/Berlin", "2026-03-29T00:59:59", 60),
        ("Europe/Berlin", "2026-03-29T01:00:00", 120), ("Europe/Berlin", "2026-10-25T00:59:59", 120),
        ("Europe/Berlin", "2026-10-25T01:00:00", 60), ("Europe/Berlin", "2099-08-01T00:00:00", 120),
        ("Asia/Kathmandu", "2026-01-01T00:00:00", 345), ("Asia/Kathmandu", "1985-12-31T00:00:00", 330),
        ("Australia/Lord_Howe", "2026-01-15T00:00:00", 660), ("Australia/Lord_Howe", "2046-07-15T00:00:00", 630),
        ("Australia/Sydney", "2045-12-25T00:00:00", 660), ("Pacific/Kiritimati", "2026-01-01T00:00:00", 840),
        ("UTC", "2026-01-01T00:00:00", 0), ("Africa/Casablanca", "2026-06-01T00:00:00", 60),
    ])
    func knowsTheOffset(zone: String, moment: String, minutes: Int) throws {
        let rules = try #require(TimeZoneRules(tzif: try bytes(zone)))
        let seconds = try #require(ISODateTime(moment)).civil.secondsSinceEpoch
        #expect(rules.offset(at: seconds) == minutes * 60)
    }

    @Test func refusesWhatIsNoZone() throws {
        #expect(TimeZoneRules(tzif: []) == nil)
        #expect(TimeZoneRules(tzif: Array("TZif".utf8)) == nil)
        let whole = try bytes("Europe/Berlin")
        // Cut anywhere, or with a byte changed, it may be refused or read wrong, and never traps.
        for end in whole.indices { _ = TimeZoneRules(tzif: Array(whole[..<end]))?.offset(at: 1_780_000_000) }
        for index in whole.indices {
            var changed = whole
            changed[index] ^= 0xFF
            _ = TimeZoneRules(tzif: changed)?.offset(at: 4_000_000_000)
        }
    }
}
