/// Tells of what may happen many times a second: the first of each reason at once, and the others together once ten seconds
/// are over.
package final class Tally: Sendable {
    private struct State {
        /// What has happened since it was told last, by its reason; a reason that was told is there with 0.
        var untold: [String: Int] = [:]
        var hasTimer = false
        var loop: EventLoop?
    }

    private let state = Locked(State())
    private let quietNanoseconds: UInt64
    private let tell: @Sendable (_ count: Int, _ reason: String) -> Void

    /// Begins with nothing.
    ///
    /// - Parameters:
    ///   - quietNanoseconds: for how long a reason that was told is not told again.
    ///   - tell: is told how often something happened, and why; called on any thread.
    package init(
        quietNanoseconds: UInt64 = 10_000_000_000,
        tell: @escaping @Sendable (_ count: Int, _ reason: String) -> Void
    ) {
        self.quietNanoseconds = quietNanoseconds
        self.tell = tell
    }

    /// Times the sums by a loop from now on; without one the others are told by the next ``flush()`` alone.
    package func useTimers(of loop: EventLoop) {
        state.withLock { $0.loop = loop }
    }

    /// Takes what has happened; a count of 0 is of something that is about to.
    package func add(_ count: Int, _ reason: String) {
        let (isFirst, loop) = state.withLock { state -> (Bool, EventLoop?) in
            // That it will happen is not to keep the first time quiet.
            let isFirst = state.untold[reason] == nil
            if isFirst, count == 0 { return (true, nil) }
            state.untold[reason, default: 0] += isFirst ? 0 : count
            guard !state.hasTimer, let loop = state.loop else { return (isFirst, nil) }
            state.hasTimer = true
            return (isFirst, loop)
        }
        if isFirst { tell(count, reason) }
        loop?.execute { [self] in
            guard let loop else { return }
            loop.schedule(at: loop.now + quietNanoseconds) { [self] in flush() }
        }
    }

    /// Tells what was not told yet.
    package func flush() {
        let untold = state.withLock { state in
            state.hasTimer = false
            defer { state.untold = [:] }
            return state.untold
        }
        for (reason, count) in untold.sorted(by: { $0.key < $1.key }) where count > 0 { tell(count, reason) }
    }
}
