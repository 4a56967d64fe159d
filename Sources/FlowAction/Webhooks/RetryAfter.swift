/// The header `Retry-After` of an answer (RFC 9110, section 10.2.3).
package enum RetryAfter {
    /// How long a service asks to be left alone.
    ///
    /// - Parameters:
    ///   - value: seconds, or a date in any form of HTTP.
    ///   - now: when the answer came; a date before it is no wait at all.
    /// - Returns: `nil` where the value is neither.
    package static func read(_ value: String, now: Instant) -> Duration? {
        let text = value.drop { $0 == " " || $0 == "\t" }
        let digits = text.utf8.prefix { $0 &- UInt8(ascii: "0") < 10 }
        let behind = text.utf8.dropFirst(digits.count)
        if !digits.isEmpty, behind.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
            // More digits than a number holds are longer than any deadline.
            return .seconds(min(Int64(String(digits) ?? "") ?? longest, longest))
        }
        let end = text.lastIndex { $0 != " " && $0 != "\t" }.map { text.index(after: $0) } ?? text.endIndex
        guard let moment = HTTPDate.read(text[..<end], now: now) else { return nil }
        let seconds = max(0, min(moment.seconds - now.seconds, longest))
        return max(.zero, .seconds(seconds) - (seconds == 0 ? .zero : .nanoseconds(Int64(now.nanoseconds))))
    }

    /// Ten years, in seconds.
    private static let longest: Int64 = 315_360_000
}
