import CLinux
import Gateway
import Glibc
import Synchronization
import Testing

@Suite struct EventLoopTests {
    private func withLoop<Result>(_ body: (EventLoop) throws -> Result) throws -> Result {
        let loop = try EventLoop(name: "test")
        loop.start()
        defer { loop.stop() }
        return try body(loop)
    }

    @Test func runsTasksOnItsThread() throws {
        try withLoop { loop in
            let onLoop = loop.wait {
                let before = loop.isCurrent
                await Task.yield()
                return [before, loop.isCurrent]
            }
            #expect(onLoop == [true, true])
            #expect(!loop.isCurrent)
        }
    }

    @Test func runsOnTheCallingThreadUntilItsWorkIsDone() throws {
        let loop = try EventLoop(name: "here")
        let thread = pthread_self()
        let isHere = loop.runHere {
            // Something to wait for, by a timer and by another thread.
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
                loop.schedule(at: loop.now + 1_000_000) { continuation.resume() }
            }
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
                startThread { loop.execute { continuation.resume() } }
            }
            return loop.isCurrent && pthread_equal(pthread_self(), thread) != 0
        }
        #expect(isHere)
    }

    /// With more ready descriptors than a turn takes, each turn ends with a look at what cannot wait for its event.
    @Test func looksForWhatCannotWaitInCrowdedTurns() throws {
        final class Reader: EventHandler {
            var count = 0
            func handle(events: UInt32, on loop: EventLoop) { count += 1 }
        }
        try withLoop { loop in
            let looks = Locked(0)
            for ready in [10, 600] {
                let found = loop.wait { () -> (looks: Int, events: Int) in
                    looks.withLock { $0 = 0 }
                    let reader = Reader()
                    let descriptors = (0..<ready).map { _ in eventfd(1, Int32(EFD_CLOEXEC)) }
                    loop.inCrowdedTurns { looks.withLock { $0 += 1 } }
                    for descriptor in descriptors {
                        try? loop.register(descriptor, events: Events.readable, handler: reader)
                    }
                    while reader.count < 4 * ready { await Task.yield() }
                    for descriptor in descriptors {
                        loop.deregister(descriptor)
                        close(descriptor)
                    }
                    loop.inCrowdedTurns(nil)
                    return (looks.withLock { $0 }, reader.count)
                }
                #expect(found.events >= 4 * ready)
                if ready < 256 { #expect(found.looks == 0) } else { #expect(found.looks > 4) }
            }
        }
    }

    @Test func takesWorkFromManyThreads() throws {
        try withLoop { loop in
            let count = Locked(0)
            let done = Locked(0)
            for _ in 0..<8 {
                startThread {
                    for _ in 0..<1_000 { loop.execute { count.withLock { $0 += 1 } } }
                    done.withLock { $0 += 1 }
                }
            }
            while done.withLock({ $0 }) < 8 { usleep(1_000) }
            loop.wait {}
            #expect(count.withLock { $0 } == 8_000)
        }
    }

    @Test func runsTimersInOrderAndForgetsCancelledOnes() throws {
        try withLoop { loop in
            let order = Locked<[Int]>([])
            loop.wait {
                let base = loop.now
                await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
                    for number in [5, 1, 4, 2, 3] {
                        loop.schedule(at: base + UInt64(number) * 2_000_000) { order.withLock { $0.append(number) } }
                    }
                    let tokens = (0..<500).map { _ in
                        loop.schedule(at: base + 3_000_000) { order.withLock { $0.append(-1) } }
                    }
                    for token in tokens { loop.cancel(token) }
                    loop.schedule(at: base + 20_000_000) { continuation.resume() }
                }
            }
            #expect(order.withLock { $0 } == [1, 2, 3, 4, 5])
        }
    }

    /// Work that always leaves more work does not keep a descriptor's events away.
    @Test func workDoesNotStarveDescriptors() throws {
        final class Handler: EventHandler {
            let seen: Locked<Bool>
            init(_ seen: Locked<Bool>) { self.seen = seen }
            func handle(events: UInt32, on loop: EventLoop) { seen.withLock { $0 = true } }
        }
        try withLoop { loop in
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            defer { for end in ends { close(end) } }
            let seen = Locked(false)
            let reading = ends[0]
            loop.execute { try? loop.register(reading, events: Events.readable, handler: Handler(seen)) }
            @Sendable func again() {
                if !seen.withLock({ $0 }) { loop.execute(again) }
            }
            loop.execute(again)
            var byte: UInt8 = 1
            _ = write(ends[1], &byte, 1)
            var rounds = 0
            while !seen.withLock({ $0 }), rounds < 5_000 {
                usleep(1_000)
                rounds += 1
            }
            #expect(seen.withLock { $0 })
        }
    }

    /// Timers that always leave another timer, due already, keep neither work nor descriptors away.
    /// What is left for the end of a turn runs behind all that was ready in it, once.
    @Test func runsTheEndOfATurnLast() throws {
        try withLoop { loop in
            let order = Locked<[String]>([])
            loop.execute {
                loop.execute {
                    loop.atEndOfTurn { order.withLock { $0.append("end") } }
                    order.withLock { $0.append("first") }
                }
                loop.execute {
                    loop.execute { order.withLock { $0.append("next turn") } }
                    order.withLock { $0.append("second") }
                }
            }
            while order.withLock({ $0.count }) < 4 { usleep(1_000) }
            #expect(order.withLock { $0 } == ["first", "second", "end", "next turn"])
        }
    }

    @Test func timersDoNotStarveWork() throws {
        try withLoop { loop in
            let rounds = Locked(0)
            let isDone = Locked(false)
            @Sendable func again() {
                rounds.withLock { $0 += 1 }
                if !isDone.withLock({ $0 }) { loop.schedule(at: 0, again) }
            }
            loop.execute(again)
            while rounds.withLock({ $0 }) < 2 { usleep(1_000) }
            loop.execute { isDone.withLock { $0 = true } }
            for _ in 0..<5_000 where !isDone.withLock({ $0 }) { usleep(1_000) }
            #expect(isDone.withLock { $0 })
            isDone.withLock { $0 = true }
        }
    }

    /// Events of a descriptor that was closed earlier in the same batch reach no one, its number's next owner included.
    @Test func eventsOfAFormerOwnerReachNobody() throws {
        final class Closer: EventHandler {
            private let pair: [Int32]
            private let calls: Locked<Int>
            init(_ pair: [Int32], _ calls: Locked<Int>) { (self.pair, self.calls) = (pair, calls) }
            func handle(events: UInt32, on loop: EventLoop) {
                calls.withLock { $0 += 1 }
                // Both are ready; whichever comes first takes the other away and reuses its number for a silent end.
                var fresh: [Int32] = [0, 0]
                _ = pipe(&fresh)
                for descriptor in pair {
                    loop.deregister(descriptor)
                    dup2(fresh[0], descriptor)
                    try? loop.register(descriptor, events: Events.readable, handler: self)
                }
            }
        }
        try withLoop { loop in
            var (first, second): ([Int32], [Int32]) = ([0, 0], [0, 0])
            try #require(pipe(&first) == 0 && pipe(&second) == 0)
            var byte: UInt8 = 1
            _ = write(first[1], &byte, 1)
            _ = write(second[1], &byte, 1)
            let calls = Locked(0)
            let pair = [first[0], second[0]]
            loop.wait {
                let closer = Closer(pair, calls)
                for descriptor in pair { try? loop.register(descriptor, events: Events.readable, handler: closer) }
            }
            for _ in 0..<20 { loop.wait { await Task.yield() } }
            #expect(calls.withLock { $0 } == 1)
        }
    }
}
