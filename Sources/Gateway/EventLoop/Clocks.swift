internal import CLinux
package import FlowAction
internal import Glibc

/// A clock in nanoseconds; one of the calendar wraps around before 1970 and after 2554.
func nanoseconds(of clock: clockid_t) -> UInt64 {
    var now = timespec()
    clock_gettime(clock, &now)
    return UInt64(bitPattern: Int64(now.tv_sec)) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
}

/// The monotonic clock in microseconds.
func microseconds() -> Int64 {
    Int64(nanoseconds(of: CLOCK_MONOTONIC) / 1_000)
}

extension Instant {
    /// The present moment.
    package static var now: Instant {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Instant(seconds: Int64(now.tv_sec), nanoseconds: Int32(truncatingIfNeeded: now.tv_nsec))
    }
}
