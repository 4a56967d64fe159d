import FlowAction
import Gateway
import Glibc
import TestSupport
import Testing

/// A webhook's limits, over real sockets and several loops.
@Suite struct LimitTests {
    /// How many requests a server has had at once at most.
    private final class Gauge: Sendable {
        private let counts = Locked((now: 0, most: 0))
        var most: Int { counts.withLock { $0.most } }

        func enter() {
            counts.withLock { counts in
                counts.now += 1
                counts.most = max(counts.most, counts.now)
            }
        }

        func leave() {
            counts.withLock { counts in counts.now -= 1 }
        }
    }

    /// Over two loops together no more than the limit are under way, and all of them get their turn.
    @Test func holdsTheLimitOverAllLoops() throws {
        let gauge = Gauge()
        let server = RawServer { _, _ in
            gauge.enter()
            usleep(20_000)
            gauge.leave()
            return [ok]
        }
        defer { server.stop() }
        let turns = Turns()
        let benches = [try Bench(turns: turns), try Bench(turns: turns)]
        let policy = CallPolicy(timeout: .seconds(30), maxConcurrent: 3)
        let done = Locked<[CallResult]>([])
        for bench in benches {
            let (caller, settings) = (bench.caller, CallSettings(bench.settings))
            let request = bench.request(server, policy: policy)
            for _ in 0..<12 {
                Task(executorPreference: bench.loop) {
                    let result = await caller.send(request, settings: settings)
                    done.withLock { $0.append(result) }
                }
            }
        }
        while done.withLock({ $0.count }) < 24 { usleep(5_000) }
        let results = done.withLock { $0 }
        #expect(results.allSatisfy { $0.status == 200 })
        #expect(gauge.most <= 3)
        #expect(results.contains { $0.timing.queue > 0 })
    }

    @Test func spreadsCallsEvenly() throws {
        @Sendable func now() -> UInt64 {
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
        }
        let last = Locked<UInt64>(0)
        let server = RawServer { _, _ in
            last.withLock { $0 = now() }
            return [ok]
        }
        defer { server.stop() }
        let bench = try Bench()
        let policy = CallPolicy(timeout: .seconds(30), pace: .milliseconds(50))
        let started = now()
        let results = bench.send((0..<9).map { _ in bench.request(server, policy: policy) })
        #expect(results.allSatisfy { $0.status == 200 })
        // Eight gaps; the last may not come before its time, however late the others were.
        #expect(last.withLock { $0 } - started >= 8 * 48_000_000)
        #expect(results.map(\.timing.queue).max() ?? 0 >= 8 * 48_000)
    }

    @Test func refusesAtOnceWhoseTurnComesInTheSecondHalf() throws {
        let server = RawServer { _, _ in [ok] }
        defer { server.stop() }
        let bench = try Bench()
        let policy = CallPolicy(timeout: .seconds(20), pace: .seconds(11))
        #expect(bench.send(bench.request(server, policy: policy)).status == 200)
        let refused = bench.send(bench.request(server, policy: policy))
        #expect(refused.failure?.type == .rateLimited)
        #expect(refused.failure?.sent == .no)
        #expect(refused.timing.attempts == 0)
        #expect(refused.timing.total < 5_000_000)
        // Another webhook has limits of its own; so has one without.
        #expect(bench.send(bench.request(server, policy: policy, webhook: "other")).status == 200)
        #expect(bench.send(bench.request(server)).status == 200)
        #expect(bench.send(bench.request(server, policy: policy, webhook: "W")).failure?.type == .rateLimited)
    }

    /// More calls than the service can take: some are served, the others are never sent, and none is sent in vain.
    @Test func sendsNothingWithoutTimeForIt() throws {
        let server = RawServer { _, _ in [.wait(milliseconds: 300), ok] }
        defer { server.stop() }
        let bench = try Bench()
        let policy = CallPolicy(timeout: .seconds(6), maxConcurrent: 1)
        let results = bench.send((0..<30).map { _ in bench.request(server, policy: policy) })
        let served = results.count { $0.status == 200 }
        let refused = results.count { $0.failure?.type == .rateLimited && $0.failure?.sent == .no }
        #expect(served > 1 && refused > 1)
        #expect(served + refused == 30, "\(results.compactMap(\.failure))")
        #expect(server.received.count == served)
    }

    @Test func failsInHalfOfItsTimeWhereNoTurnComes() throws {
        let server = RawServer { _, _ in [.waitForEver] }
        defer { server.stop() }
        let bench = try Bench()
        let long = CallPolicy(timeout: .seconds(2), maxConcurrent: 1)
        let short = CallPolicy(timeout: .milliseconds(300), maxConcurrent: 1)
        let results = bench.send([bench.request(server, policy: long), bench.request(server, policy: short)])
        #expect(results.map { $0.failure?.type } == [.rateLimited, .timeout])
        #expect(results[0].timing.queue >= 150_000)
        #expect(server.received.count == 1)
        // Nothing is left over: the next call has its turn at once.
        #expect(bench.failure(bench.request(server, policy: short))?.type == .timeout)
        #expect(server.received.count == 2)
    }

    /// Each try of a call takes a turn: the pace holds for retries too.
    @Test func retriesTakeTurnsToo() throws {
        let server = RawServer { _, number in [number < 3 ? status(503) : ok] }
        defer { server.stop() }
        let bench = try Bench()
        let policy = CallPolicy(
            timeout: .seconds(20),
            retry: .init(
                attempts: 3,
                onConnect: false,
                onTimeout: false,
                statuses: [503],
                backoff: .milliseconds(1),
                tryTimeout: nil
            ),
            maxConcurrent: 1,
            pace: .milliseconds(200)
        )
        let result = bench.send(bench.request(server, policy: policy))
        #expect(result.status == 200)
        #expect(result.timing.total >= 390_000)
        #expect(result.timing.queue >= 300_000)
    }
}
