/// A point in time, handed in from outside: the domain has no clock of its own.
package struct Instant: Sendable, Hashable {
    /// Whole seconds since 1970-01-01T00:00:00Z, without leap seconds.
    package var seconds: Int64
    /// Nanoseconds within the second, 0 to 999,999,999.
    package var nanoseconds: Int32

    /// Makes an instant from POSIX time.
    package init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// `2026-05-23T10:00:00Z` (RFC 3339), whole seconds.
    package var iso8601: String {
        let parts = CivilDateTime(secondsSinceEpoch: seconds).tokenText.split(separator: " ")
        return "\(parts[0])T\(parts[1])Z"
    }
}
