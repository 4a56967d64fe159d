internal import FlowAction

/// The turns of all webhooks with limits, shared by all event loops; kept over reloads under the webhooks' names.
package final class Turns: Sendable {
    private typealias Queue = TurnQueue<TurnWait>

    private struct Entry {
        var queue = Queue()
        /// When a timer will give the next turns; `nil` without one.
        var timer: UInt64?
    }

    private struct Table {
        var entries: [String: Entry] = [:]
        /// At how many entries those of webhooks that are gone are looked for.
        var pruneCount = 256
    }

    private let table = Locked(Table())

    /// Makes a table without an entry.
    package init() {}

    /// Waits for a turn, for half of the time until a deadline at most, and not at all where it is known to come later: a
    /// call that got its turn in the last moment would be sent and its answer thrown away. To be awaited on the loop.
    ///
    /// - Parameters:
    ///   - webhook: the name, without regard to case.
    ///   - deadline: when the call is to have ended, in nanoseconds of the loop's clock.
    /// - Returns: whether it has its turn, which ``giveBack(_:on:)`` ends.
    func take(
        _ webhook: String,
        _ limits: TurnLimits,
        deadline: UInt64,
        on loop: EventLoop
    ) async -> Bool {
        let key = webhook.lowercased()
        let now = loop.now
        guard now < deadline else { return false }
        let latest = now + (deadline - now) / 2
        let wait = TurnWait(loop)
        let arrival = table.withLock { table in
            if table.entries[key] == nil { prune(&table, at: now) }
            return table.entries[key, default: Entry()].queue
                .arrive(at: now, latest: latest, limits: limits, waiter: wait)
        }
        switch arrival {
        case .go: return true
        case .refused: return false
        case .wait(let number):
            return await withUnsafeContinuation { continuation in
                wait.begin(continuation, until: latest) { [self] in leave(key, number, on: loop) }
                give(key, on: loop)
            }
        }
    }

    /// Ends a turn; to be called on the loop.
    func giveBack(_ webhook: String, on loop: EventLoop) {
        let key = webhook.lowercased()
        table.withLock { $0.entries[key]?.queue.finish() }
        give(key, on: loop)
    }

    private func leave(_ key: String, _ number: UInt64, on loop: EventLoop) -> Bool {
        let isWaiting = table.withLock { $0.entries[key]?.queue.leave(number) ?? false }
        // Who is next now may go at another moment.
        if isWaiting { give(key, on: loop) }
        return isWaiting
    }

    /// Gives the turns whose moment has come, and sets one timer for the next one where none is set.
    private func give(_ key: String, on loop: EventLoop) {
        let now = loop.now
        let (granted, timer) = table.withLock { table -> ([TurnWait], UInt64?) in
            guard table.entries[key] != nil else { return ([], nil) }
            if let timer = table.entries[key]?.timer, timer <= now { table.entries[key]?.timer = nil }
            let granted = table.entries[key]?.queue.grant(at: now) ?? []
            guard let next = table.entries[key]?.queue.nextGrant, table.entries[key]?.timer.map({ next < $0 }) ?? true
            else { return (granted, nil) }
            table.entries[key]?.timer = next
            return (granted, next)
        }
        for wait in granted { wait.grant() }
        if let timer { loop.schedule(at: timer) { [self] in give(key, on: loop) } }
    }

    /// Forgets webhooks that nobody calls, now and then.
    private func prune(_ table: inout Table, at now: UInt64) {
        guard table.entries.count >= table.pruneCount else { return }
        table.entries = table.entries.filter { $0.value.timer != nil || !$0.value.queue.isIdle(at: now) }
        table.pruneCount = max(256, table.entries.count * 2)
    }
}

/// One who waits for a turn, on its own loop.
final class TurnWait: @unchecked Sendable {
    // Safe: all but `loop` is touched on the loop's thread alone.
    private let loop: EventLoop
    private var continuation: UnsafeContinuation<Bool, Never>?
    private var timer: TimerToken?

    /// Readies a wait on a loop.
    init(_ loop: EventLoop) {
        self.loop = loop
    }

    /// Waits until a moment; to be called on the loop.
    ///
    /// - Parameter leave: takes the wait out of its queue; `false` where its turn has been given and is on its way.
    func begin(
        _ continuation: UnsafeContinuation<Bool, Never>,
        until moment: UInt64,
        leave: @escaping () -> Bool
    ) {
        self.continuation = continuation
        timer = loop.schedule(at: moment) { [self] in
            timer = nil
            if leave() { finish(false) }
        }
    }

    /// Gives the turn; from any thread.
    func grant() {
        loop.execute { [self] in
            if let timer { loop.cancel(timer) }
            finish(true)
        }
    }

    private func finish(_ hasTurn: Bool) {
        continuation?.resume(returning: hasTurn)
        continuation = nil
    }
}
