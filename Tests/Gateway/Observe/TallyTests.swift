import Gateway
import Glibc
import TestSupport
import Testing

/// What happens often is told at once, and then together.
@Suite struct TallyTests {
    private struct Told: Hashable {
        var count: Int
        var reason: String
    }

    private func tally(quiet: UInt64) -> (tally: Tally, told: Locked<[Told]>) {
        let told = Locked<[Told]>([])
        let tally = Tally(quietNanoseconds: quiet) { count, reason in
            told.withLock { $0.append(Told(count: count, reason: reason)) }
        }
        return (tally, told)
    }

    @Test func tellsTheFirstAtOnceAndTheOthersAtTheEnd() {
        let (tally, told) = tally(quiet: .max)
        tally.add(0, "soon")
        tally.add(0, "soon")
        for _ in 0..<3 {
            tally.add(1, "a")
            tally.add(2, "b")
        }
        let first = [Told(count: 0, reason: "soon"), Told(count: 0, reason: "soon")]
        #expect(told.withLock { $0 } == first + [Told(count: 1, reason: "a"), Told(count: 2, reason: "b")])
        tally.flush()
        #expect(told.withLock { $0.suffix(2) } == [Told(count: 2, reason: "a"), Told(count: 4, reason: "b")])
        tally.flush()
        tally.add(5, "a")
        #expect(told.withLock { $0.last } == Told(count: 5, reason: "a"))
    }

    @Test func tellsTheOthersOnTime() throws {
        let loop = try EventLoop(name: "tally")
        loop.start()
        defer { loop.stop() }
        let (tally, told) = tally(quiet: 50_000_000)
        tally.useTimers(of: loop)
        for number in 1...10 {
            tally.add(1, "a")
            tally.add(1, "a")
            // Counted once, whoever tells it.
            for _ in 0..<3_000 where told.withLock({ $0.reduce(0) { $0 + $1.count } }) < 2 * number { usleep(10_000) }
            #expect(told.withLock { $0.reduce(0) { $0 + $1.count } } == 2 * number)
        }
    }
}
