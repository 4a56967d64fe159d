/// The limits of a webhook.
package struct TurnLimits: Sendable, Hashable {
    /// How many may be under way at once; `nil`: any number.
    package var concurrent: Int?
    /// Nanoseconds between two turns; `nil`: none.
    package var pace: UInt64?

    /// Joins limits.
    package init(concurrent: Int?, pace: UInt64?) {
        self.concurrent = concurrent
        self.pace = pace
    }

    /// The limits of a policy; `nil` where it has none.
    package init?(_ policy: CallPolicy) {
        guard policy.maxConcurrent != nil || policy.pace != nil else { return nil }
        self.init(concurrent: policy.maxConcurrent, pace: policy.pace.map { UInt64(0).addingClamped($0) })
    }
}

/// Who of a webhook's requests may go, and who waits: `max_concurrent` and `max_rate` as a state machine without clock
/// or lock.
///
/// Turns are given in order of arrival. With a pace they lie evenly apart: a turn that was not used is lost, so that
/// there is no burst after a pause. Every step takes constant time, spread over all steps.
package struct TurnQueue<Waiter> {
    /// What one who arrives is told.
    package enum Arrival: Hashable, Sendable {
        /// It is its turn.
        case go
        /// It waits, under a number to leave with.
        case wait(UInt64)
        /// Its turn would come too late.
        case refused
    }

    private var limits = TurnLimits(concurrent: nil, pace: nil)
    private var running = 0
    /// When the last turn was given; `nil` before the first.
    private var lastTurn: UInt64?
    private var waiting: [UInt64: Waiter] = [:]
    /// The number of who is next, or of one who has left.
    private var first: UInt64 = 0
    private var nextNumber: UInt64 = 0

    /// How much later than its moment a turn may be given without putting off those behind it, in nanoseconds: timers
    /// fire late by about a millisecond, and a fast pace would lose by it.
    private static var grain: UInt64 { 2_000_000 }

    /// Makes an empty queue.
    package init() {}

    /// Whether nobody runs or waits and no turn lies ahead.
    package func isIdle(at now: UInt64) -> Bool {
        running == 0 && waiting.isEmpty && nextTurn <= now
    }

    /// Takes one who arrives at a moment, in nanoseconds of a monotonic clock.
    ///
    /// Each `go` here and each turn of ``grant(at:)`` is to be ended by ``finish()``.
    ///
    /// - Parameters:
    ///   - latest: the last moment at which its turn is of use.
    ///   - limits: the webhook's present ones; they hold for those who wait already, too.
    ///   - waiter: kept while it waits.
    package mutating func arrive(
        at now: UInt64,
        latest: UInt64,
        limits: TurnLimits,
        waiter: @autoclosure () -> Waiter
    ) -> Arrival {
        self.limits = limits
        if waiting.isEmpty, hasRoom, limits.pace == nil || nextTurn <= now {
            start(at: now)
            return .go
        }
        if let pace = limits.pace {
            let (ahead, isFar) = pace.multipliedReportingOverflow(by: UInt64(waiting.count))
            let (turn, isFarther) = max(nextTurn, now).addingReportingOverflow(ahead)
            guard !isFar, !isFarther, turn <= latest else { return .refused }
        }
        let number = nextNumber
        nextNumber += 1
        waiting[number] = waiter()
        return .wait(number)
    }

    /// Lets one go who waits no longer.
    ///
    /// - Returns: whether it was still waiting; if not, its turn has been given.
    package mutating func leave(_ number: UInt64) -> Bool {
        waiting.removeValue(forKey: number) != nil
    }

    /// Ends a turn.
    package mutating func finish() {
        running -= 1
    }

    /// Gives the turns whose moment has come, in order of arrival.
    package mutating func grant(at now: UInt64) -> [Waiter] {
        var granted: [Waiter] = []
        while !waiting.isEmpty, hasRoom, limits.pace == nil || nextTurn <= now {
            if let waiter = waiting.removeValue(forKey: first) {
                start(at: max(nextTurn, now - min(now, Self.grain)))
                granted.append(waiter)
            }
            first += 1
        }
        if waiting.isEmpty { first = nextNumber }
        return granted
    }

    /// When ``grant(at:)`` is to be called next; `nil` where that is after somebody's ``finish()``, or nobody waits.
    package var nextGrant: UInt64? {
        waiting.isEmpty || !hasRoom ? nil : nextTurn
    }

    private var hasRoom: Bool {
        limits.concurrent.map { running < $0 } ?? true
    }

    /// The earliest moment of the next turn, by the present pace: one that is mended counts at once.
    private var nextTurn: UInt64 {
        guard let lastTurn, let pace = limits.pace else { return 0 }
        let (turn, isFar) = lastTurn.addingReportingOverflow(pace)
        return isFar ? .max : turn
    }

    private mutating func start(at moment: UInt64) {
        running += 1
        lastTurn = moment
    }
}

extension TurnQueue: Sendable where Waiter: Sendable {}
