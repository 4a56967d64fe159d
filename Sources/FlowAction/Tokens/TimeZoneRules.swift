/// The offsets of a time zone from UTC, as an immutable value (RFC 8536).
package struct TimeZoneRules: Sendable {
    /// UTC: no offset at any time.
    package static let utc = TimeZoneRules()

    /// The offset from UTC in seconds, positive to the east, at a moment given in seconds since 1970 in UTC.
    package func offset(at seconds: Int64) -> Int {
        0
    }
}
