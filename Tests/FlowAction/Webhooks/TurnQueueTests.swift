import FlowAction
import Testing

@Suite struct TurnQueueTests {
    private typealias Queue = TurnQueue<String>
    private let far = UInt64.max

    private func arrive(
        _ queue: inout Queue,
        _ name: String,
        at now: UInt64 = 0,
        latest: UInt64 = .max,
        concurrent: Int? = nil,
        pace: UInt64? = nil
    ) -> Queue.Arrival {
        queue.arrive(at: now, latest: latest, limits: TurnLimits(concurrent: concurrent, pace: pace), waiter: name)
    }

    private func grant(_ queue: inout Queue, at now: UInt64) -> [String] { queue.grant(at: now) }

    private func leave(_ queue: inout Queue, _ number: UInt64) -> Bool { queue.leave(number) }

    @Test func letsSoManyRunAtOnceInOrderOfArrival() {
        var queue = Queue()
        #expect(arrive(&queue, "a", concurrent: 2) == .go)
        #expect(arrive(&queue, "b", concurrent: 2) == .go)
        #expect(arrive(&queue, "c", concurrent: 2) == .wait(0))
        #expect(arrive(&queue, "d", concurrent: 2) == .wait(1))
        #expect(arrive(&queue, "e", concurrent: 2) == .wait(2))
        #expect(grant(&queue, at: 1).isEmpty)
        #expect(queue.nextGrant == nil)
        queue.finish()
        #expect(grant(&queue, at: 2) == ["c"])
        // Who comes now does not overtake.
        queue.finish()
        #expect(arrive(&queue, "f", concurrent: 2) == .wait(3))
        queue.finish()
        #expect(grant(&queue, at: 3) == ["d", "e"])
        queue.finish()
        queue.finish()
        #expect(grant(&queue, at: 4) == ["f"])
        queue.finish()
        #expect(queue.isIdle(at: 4))
    }

    /// A rate that was mistaken, and is mended while a turn of the old one lies far ahead.
    @Test func takesTheNewPaceAtOnce() {
        let (slow, fast): (UInt64, UInt64) = (72_000_000_000, 20_000_000)
        var queue = Queue()
        #expect(arrive(&queue, "a", at: 5, pace: slow) == .go)
        #expect(arrive(&queue, "b", at: 6, latest: 1_000_000_000, pace: slow) == .refused)
        #expect(arrive(&queue, "c", at: 7, latest: 1_000_000_000, pace: fast) == .wait(0))
        #expect(queue.nextGrant == 5 + fast)
        #expect(grant(&queue, at: 5 + fast) == ["c"])
        // And the other way round: no turn that the new one does not give.
        #expect(arrive(&queue, "d", at: 6 + 2 * fast, latest: 1_000_000_000, pace: slow) == .refused)
        #expect(!queue.isIdle(at: 6 + 2 * fast))
        // Without a pace nobody waits for a turn of before.
        #expect(arrive(&queue, "e", at: 7 + 2 * fast, concurrent: 9) == .go)
    }

    @Test func spreadsTurnsEvenly() {
        let pace: UInt64 = 100_000_000
        var queue = Queue()
        #expect(arrive(&queue, "a", at: 5, pace: pace) == .go)
        #expect(arrive(&queue, "b", at: 6, pace: pace) == .wait(0))
        #expect(arrive(&queue, "c", at: 7, pace: pace) == .wait(1))
        #expect(queue.nextGrant == 5 + pace)
        #expect(grant(&queue, at: 4 + pace).isEmpty)
        #expect(grant(&queue, at: 5 + pace) == ["b"])
        #expect(queue.nextGrant == 5 + 2 * pace)
        #expect(grant(&queue, at: 5 + 2 * pace) == ["c"])
        // No burst after a pause: turns that were not used are lost.
        #expect(arrive(&queue, "d", at: 50 * pace, pace: pace) == .go)
        #expect(arrive(&queue, "e", at: 50 * pace, pace: pace) == .wait(2))
        #expect(queue.nextGrant == 51 * pace)
        // Nor after a timer that came far too late.
        #expect(arrive(&queue, "f", at: 50 * pace, pace: pace) == .wait(3))
        #expect(grant(&queue, at: 60 * pace) == ["e"])
        #expect(queue.nextGrant ?? 0 >= 61 * pace - 2_000_000)
    }

    /// Timers come a little late: a fast pace is kept all the same.
    @Test func aLateTimerCostsNoTurns() {
        let pace: UInt64 = 1_000_000
        var queue = Queue()
        #expect(arrive(&queue, "first", pace: pace) == .go)
        for number in 0..<1_000 { _ = arrive(&queue, "\(number)", pace: pace) }
        var (now, granted) = (UInt64(0), 0)
        while let next = queue.nextGrant {
            now = max(next, now) + 1_100_000
            granted += queue.grant(at: now).count
        }
        #expect(granted == 1_000)
        #expect(now < 1_010 * pace)
    }

    @Test func refusesAtOnceWhomItsTurnReachesTooLate() {
        let pace: UInt64 = 10
        var queue = Queue()
        #expect(arrive(&queue, "a", pace: pace) == .go)
        #expect(arrive(&queue, "b", latest: 9, pace: pace) == .refused)
        #expect(arrive(&queue, "b", latest: 10, pace: pace) == .wait(0))
        #expect(arrive(&queue, "c", latest: 19, pace: pace) == .refused)
        #expect(arrive(&queue, "c", latest: 20, pace: pace) == .wait(1))
        // One who was refused takes no place.
        #expect(leave(&queue, 0))
        #expect(arrive(&queue, "d", latest: 20, pace: pace) == .wait(2))
        // When one of many will end cannot be told, so nobody is sent away for it.
        var other = Queue()
        #expect(arrive(&other, "a", concurrent: 1) == .go)
        #expect(arrive(&other, "b", latest: 0, concurrent: 1) == .wait(0))
    }

    @Test func whoLeavesIsPassedOver() {
        var queue = Queue()
        #expect(arrive(&queue, "a", concurrent: 1) == .go)
        for name in ["b", "c", "d"] { _ = arrive(&queue, name, concurrent: 1) }
        #expect(leave(&queue, 0))
        #expect(!leave(&queue, 0))
        #expect(leave(&queue, 1))
        queue.finish()
        #expect(grant(&queue, at: 1) == ["d"])
        // Its turn has been given: leaving is too late.
        #expect(!leave(&queue, 2))
    }

    @Test func changedLimitsHoldForThoseWhoWait() {
        var queue = Queue()
        #expect(arrive(&queue, "a", concurrent: 1) == .go)
        #expect(arrive(&queue, "b", concurrent: 1) == .wait(0))
        #expect(arrive(&queue, "c", concurrent: 3) == .wait(1))
        #expect(grant(&queue, at: 1) == ["b", "c"])
        #expect(arrive(&queue, "d", concurrent: 1) == .wait(2))
        queue.finish()
        queue.finish()
        #expect(grant(&queue, at: 2).isEmpty)
        queue.finish()
        #expect(grant(&queue, at: 3) == ["d"])
    }

    @Test func bothLimitsHoldTogether() {
        var queue = Queue()
        #expect(arrive(&queue, "a", concurrent: 1, pace: 100) == .go)
        #expect(arrive(&queue, "b", concurrent: 1, pace: 100) == .wait(0))
        #expect(queue.nextGrant == nil)
        #expect(grant(&queue, at: 150).isEmpty)
        queue.finish()
        #expect(grant(&queue, at: 150) == ["b"])
        queue.finish()
        #expect(arrive(&queue, "c", at: 160, concurrent: 1, pace: 100) == .wait(1))
        #expect(queue.nextGrant == 200)
    }

    @Test func aPolicyHasLimitsOrNone() {
        #expect(TurnLimits(CallPolicy()) == nil)
        #expect(TurnLimits(CallPolicy(pace: .milliseconds(5))) == TurnLimits(concurrent: nil, pace: 5_000_000))
        #expect(TurnLimits(CallPolicy(maxConcurrent: 4)) == TurnLimits(concurrent: 4, pace: nil))
    }
}
