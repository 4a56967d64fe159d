/// The header `Retry-After` of an answer (RFC 9110, section 10.2.3).
package enum RetryAfter {
    /// How long a service asks to be left alone.
    ///
    /// - Parameters:
    ///   - value: seconds, or a date in any form of HTTP.
    ///   - now: when the answer came; a date before it is no wait at all.
    /// - Returns: `nil` where the value is neither.
    package static func read(_ value: String, now: Instant) -> Duration? {
        let text = Substring(value.utf8.trimming(while: \.isBlankInLine))
        if !text.isEmpty, text.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }) {
            // More digits than a number holds are longer than any deadline.
            return .seconds(min(Int64(text) ?? longest, longest))
        }
        guard let moment = HTTPDate.read(text, now: now) else { return nil }
        let seconds = max(0, min(moment.seconds - now.seconds, longest))
        return max(.zero, .seconds(seconds) - (seconds == 0 ? .zero : .nanoseconds(Int64(now.nanoseconds))))
    }

    /// Ten years, in seconds.
    private static let longest: Int64 = 315_360_000
}
