import FlowAction
import Gateway
import Glibc
import TestSupport
import Testing

/// The circuit breaker over real sockets and several loops.
@Suite struct CircuitCallTests {
    private func bench(
        _ circuits: Circuits = Circuits(),
        failures: Int = 3,
        openFor: Duration = .seconds(60),
        every5xx: Bool = false
    ) throws -> Bench {
        let bench = try Bench(circuits: circuits)
        bench.settings.circuitFailures = failures
        bench.settings.circuitOpenFor = openFor
        bench.settings.circuitCountsServerErrors = every5xx
        return bench
    }

    private let rule = Circuit.Rule(failures: 3, openFor: .seconds(60), countsServerErrors: false)

    private func readings(_ circuits: Circuits) -> [Circuits.Reading] { circuits.readings(at: 0, rule) }

    /// The webhook of an open circuit is gone: nobody closes it any more.
    @Test func anOpenCircuitIsNotToldOfForEver() throws {
        let server = RawServer { _, _ in [status(503)] }
        defer { server.stop() }
        let bench = try bench()
        for _ in 0..<3 { #expect(bench.send(bench.request(server)).status == 503) }
        let (circuits, now) = (bench.caller.circuits, bench.loop.now)
        #expect(circuits.readings(at: now + 350_000_000_000, rule).map(\.state) == [2])
        #expect(circuits.readings(at: now + 361_000_000_000, rule).isEmpty)
        #expect(circuits.readings(at: now, nil).isEmpty)
    }

    @Test func opensForAllLoopsAndClosesAfterAProbe() throws {
        let isWell = Locked(false)
        let server = RawServer { _, _ in [isWell.withLock { $0 } ? ok : status(503)] }
        defer { server.stop() }
        let other = RawServer { _, _ in [ok] }
        defer { other.stop() }
        let circuits = Circuits()
        let benches = try [
            bench(circuits, openFor: .milliseconds(1_500)), bench(circuits, openFor: .milliseconds(1_500)),
        ]
        // Counted over both loops together.
        for number in 0..<3 { #expect(benches[number % 2].send(benches[0].request(server)).status == 503) }
        #expect(readings(circuits).map(\.state) == [2])
        #expect(readings(circuits).first?.host == "127.0.0.1:\(server.port)")
        for bench in benches {
            let refused = bench.send(bench.request(server))
            #expect(refused.failure?.type == .circuitOpen)
            #expect(refused.failure?.sent == .no)
            #expect(refused.timing.attempts == 0)
            // Another port is another host.
            #expect(bench.send(bench.request(other)).status == 200)
        }
        #expect(server.received.count == 3)
        usleep(1_600_000)
        // The probe fails: open again.
        #expect(benches[1].send(benches[1].request(server)).status == 503)
        #expect(benches[0].failure(benches[0].request(server))?.type == .circuitOpen)
        isWell.withLock { $0 = true }
        usleep(1_600_000)
        #expect(benches[0].send(benches[0].request(server)).status == 200)
        #expect(readings(circuits).map(\.state) == [0])
        #expect(benches[1].send(benches[1].request(server)).status == 200)
        #expect(server.received.count == 6)
    }

    @Test func aHostIsOneInAnyCase() throws {
        let server = RawServer { _, _ in [status(503)] }
        defer { server.stop() }
        let circuits = Circuits()
        let bench = try Bench(resolver: Resolver { _ in .success([IPAddress(v4: 0x7F00_0001)]) }, circuits: circuits)
        bench.settings.circuitFailures = 2
        for host in ["a.test", "A.Test"] { #expect(bench.send(bench.request(server, host: host)).status == 503) }
        #expect(bench.failure(bench.request(server, host: "A.TEST"))?.type == .circuitOpen)
        #expect(readings(circuits).map(\.host) == ["a.test:\(server.port)"])
    }

    /// While the probe is under way the others are refused.
    @Test func oneProbeGoesThrough() throws {
        let server = RawServer { _, number in number == 1 ? [.close] : [.wait(milliseconds: 500), ok] }
        defer { server.stop() }
        let bench = try bench(failures: 1, openFor: .milliseconds(100))
        #expect(bench.failure(bench.request(server))?.type == .connectionLost)
        usleep(200_000)
        let results = bench.send((0..<20).map { _ in bench.request(server) })
        #expect(results.filter { $0.status == 200 }.count == 1)
        #expect(results.filter { $0.failure?.type == .circuitOpen }.count == 19)
        #expect(bench.send(bench.request(server)).status == 200)
    }

    @Test(arguments: [false, true])
    func countsEvery5xxWhereItIsTold(every5xx: Bool) throws {
        let server = RawServer { _, _ in [status(500)] }
        defer { server.stop() }
        let bench = try bench(failures: 2, every5xx: every5xx)
        for _ in 0..<2 { #expect(bench.send(bench.request(server)).status == 500) }
        #expect((bench.failure(bench.request(server))?.type == .circuitOpen) == every5xx)
    }

    @Test func whatWeKeepBackIsNoFailure() throws {
        let server = RawServer { _, _ in [ok] }
        defer { server.stop() }
        let bench = try bench(failures: 1)
        let networks = bench.settings.allowNetworks
        bench.settings.allowNetworks = []
        for _ in 0..<3 { #expect(bench.failure(bench.request(server))?.type == .blockedAddress) }
        bench.settings.allowNetworks = networks
        #expect(bench.send(bench.request(server)).status == 200)
        #expect(readings(bench.caller.circuits).isEmpty)
    }

    /// That a name server is silent says nothing of the host.
    @Test func aSilentNameServerOpensNoCircuit() throws {
        let server = RawServer { _, _ in [ok] }
        defer { server.stop() }
        let isSilent = Locked(true)
        let resolver = Resolver(threads: 1) { _ in
            while isSilent.withLock({ $0 }) { usleep(10_000) }
            return .failure(.init(reason: "silence", isSilence: true))
        }
        defer {
            isSilent.withLock { $0 = false }
            resolver.close()
        }
        let bench = try Bench(resolver: resolver)
        bench.settings.circuitFailures = 1
        let request = bench.request(server, host: "service.test", timeout: .milliseconds(300))
        for _ in 0..<3 { #expect(bench.failure(request)?.type == .timeout) }
        #expect(readings(bench.caller.circuits).isEmpty)
    }

    /// An open circuit is told at once, and takes nobody's turn.
    @Test func anOpenCircuitWaitsForNoTurn() throws {
        let server = RawServer { _, _ in [status(503)] }
        defer { server.stop() }
        let bench = try bench(failures: 1)
        let policy = CallPolicy(timeout: .seconds(30), pace: .seconds(10))
        #expect(bench.send(bench.request(server, policy: policy)).status == 503)
        let refused = bench.send(bench.request(server, policy: policy))
        #expect(refused.failure?.type == .circuitOpen)
        #expect(refused.timing.queue == 0)
    }

    /// A service that sends calls to a host of its choosing does not close the way to it.
    @Test func whatARedirectMeetsElsewhereIsNoFailure() throws {
        let other = RawServer { _, _ in [status(503)] }
        defer { other.stop() }
        let server = RawServer { _, _ in [status(302, "Location: http://127.0.0.1:\(other.port)/x")] }
        defer { server.stop() }
        let bench = try bench()
        let policy = CallPolicy(redirects: 1)
        for _ in 0..<5 { #expect(bench.send(bench.request(server, policy: policy)).status == 503) }
        #expect(readings(bench.caller.circuits).isEmpty)
        // On the webhook's own host they count, redirected or not.
        let same = RawServer { request, _ in
            [request.contains(" /p ") ? status(302, "Location: /q") : status(503)]
        }
        defer { same.stop() }
        for _ in 0..<3 { #expect(bench.send(bench.request(same, policy: policy)).status == 503) }
        #expect(readings(bench.caller.circuits).map(\.host) == ["127.0.0.1:\(same.port)"])
    }

    @Test func zeroTurnsItOff() throws {
        let server = RawServer { _, _ in [.close] }
        defer { server.stop() }
        let bench = try bench(failures: 0)
        for _ in 0..<30 { #expect(bench.failure(bench.request(server))?.type == .connectionLost) }
        #expect(readings(bench.caller.circuits).isEmpty)
    }

    /// Every try counts, and what the tries before gave stays the outcome.
    @Test func aRetryMeetsTheOpenCircuit() throws {
        let server = RawServer { _, _ in [status(503)] }
        defer { server.stop() }
        let bench = try bench(failures: 2)
        let retry = CallPolicy.RetryPolicy(
            attempts: 5,
            onConnect: true,
            onTimeout: false,
            statuses: [503],
            backoff: .milliseconds(1),
            tryTimeout: nil
        )
        let result = bench.send(bench.request(server, policy: CallPolicy(retry: retry)))
        #expect(result.status == 503)
        #expect(result.timing.attempts == 2)
        #expect(server.received.count == 2)
    }
}
