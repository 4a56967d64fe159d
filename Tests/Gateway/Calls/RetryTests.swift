import FlowAction
import Gateway
import Glibc
import TestSupport
import Testing

/// Retries over real sockets; the rules themselves are the plan's.
@Suite struct RetryTests {
    private func policy(
        _ attempts: Int,
        connect: Bool = false,
        timeout: Bool = false,
        statuses: Set<Int> = [],
        backoff: Duration = .milliseconds(1),
        tryTimeout: Duration? = nil,
        whole: Duration = .seconds(20)
    ) -> CallPolicy {
        CallPolicy(
            timeout: whole,
            retry: .init(
                attempts: attempts,
                onConnect: connect,
                onTimeout: timeout,
                statuses: statuses,
                backoff: backoff,
                tryTimeout: tryTimeout
            )
        )
    }

    @Test func repeatsUntilAnAnswerIsGood() throws {
        let server = RawServer { _, number in [number < 3 ? status(503) : ok] }
        defer { server.stop() }
        let bench = try Bench()
        let headers = [("Idempotency-Key", "k-1")]
        let result = bench.send(bench.request(server, headers: headers, body: "{}", policy: policy(5, statuses: [503])))
        #expect(result.status == 200)
        #expect(result.timing.attempts == 3)
        // Every try is the same request.
        #expect(server.received.count == 3)
        #expect(Set(server.received).count == 1)
        #expect(server.received[0].contains("Idempotency-Key: k-1\r\n"))
    }

    @Test func givesUpAfterAllTries() throws {
        let server = RawServer { _, _ in [status(503)] }
        defer { server.stop() }
        let bench = try Bench()
        let result = bench.send(bench.request(server, policy: policy(3, statuses: [503])))
        #expect(result.status == 503)
        #expect(result.timing.attempts == 3)
        #expect(server.received.count == 3)
    }

    @Test(arguments: ["Retry-After: 1", "retry-after:\t1 "])
    func waitsAsLongAsItIsAsked(header: String) throws {
        let server = RawServer { _, number in [number == 1 ? status(429, header) : ok] }
        defer { server.stop() }
        let bench = try Bench()
        let result = bench.send(bench.request(server, policy: policy(2, statuses: [429])))
        #expect(result.status == 200)
        #expect(result.timing.total >= 1_000_000)
    }

    @Test func answersAtOnceWhereItIsAskedToWaitTooLong() throws {
        let server = RawServer { _, _ in [status(503, "Retry-After: 21")] }
        defer { server.stop() }
        let bench = try Bench()
        let result = bench.send(bench.request(server, policy: policy(2, statuses: [503])))
        #expect(result.status == 503)
        #expect(result.timing.attempts == 1)
        #expect(result.timing.total < 15_000_000)
    }

    @Test func repeatsAConnectionThatCannotBeMade() throws {
        let gone = RawServer { _, _ in [] }
        gone.stop()
        let bench = try Bench()
        let result = bench.send(bench.request(gone, policy: policy(3, connect: true)))
        #expect(result.failure?.type == .connectFailure)
        #expect(result.failure?.sent == .no)
        #expect(result.timing.attempts == 3)
    }

    @Test func repeatsATryThatOutranItsTime() throws {
        let server = RawServer { _, number in number == 1 ? [.waitForEver] : [ok] }
        defer { server.stop() }
        let bench = try Bench()
        let retry = policy(2, timeout: true, tryTimeout: .milliseconds(300))
        let result = bench.send(bench.request(server, policy: retry))
        #expect(result.status == 200)
        #expect(result.timing.attempts == 2)
        #expect(result.timing.total >= 300_000)
    }

    /// One deadline covers all tries and the waits between them.
    @Test func neverOutlastsTheDeadline() throws {
        let server = RawServer { _, number in number == 1 ? [status(503)] : [.waitForEver] }
        defer { server.stop() }
        let bench = try Bench()
        let retry = policy(5, timeout: true, statuses: [503], tryTimeout: .seconds(20), whole: .milliseconds(500))
        let result = bench.send(bench.request(server, policy: retry))
        #expect(result.failure?.type == .timeout)
        // The first try was answered.
        #expect(result.failure?.sent == .yes)
        #expect(result.failure?.detail.contains("500 ms") == true)
        #expect(result.timing.attempts == 2)
        #expect(result.timing.total < 10_000_000)
    }
}
