import FlowAction
import Gateway
import Glibc
import TestSupport
import Testing

/// What a call that runs out of time says it was at.
@Suite struct TimeoutTests {
    private static let time = Duration.milliseconds(300)

    @Test func tellsThatTheNameWasNotLookedUp() throws {
        let server = RawServer { _, _ in [ok] }
        defer { server.stop() }
        let mayEnd = Locked(false)
        defer { mayEnd.withLock { $0 = true } }
        let bench = try Bench(
            resolver: Resolver { _ in
                while !mayEnd.withLock({ $0 }) { usleep(1_000) }
                return .success([])
            }
        )
        let request = bench.request(server, host: "service.test", timeout: Self.time)
        expect(bench.failure(request), "The name service.test was not looked up within 300 ms.", .no)
        bench.settings.proxy = "http://proxy.test:3128"
        expect(bench.failure(request), "The proxy's name was not looked up within 300 ms.", .no)
    }

    @Test func tellsThatNoConnectionWasMade() throws {
        let server = RawServer { _, _ in [ok] }
        defer { server.stop() }
        let silent = SilentAddress(v4: 0x7F00_0002, port: server.port)
        let bench = try Bench()
        let request = bench.request(server, host: "127.0.0.2", timeout: Self.time)
        expect(bench.failure(request), "No connection to 127.0.0.2:\(server.port) could be made within 300 ms.", .no)
        bench.settings.proxy = "http://127.0.0.2:\(server.port)"
        expect(
            bench.failure(bench.request(server, timeout: Self.time)),
            "No connection to 127.0.0.1:\(server.port) could be made by way of the proxy within 300 ms.",
            .no
        )
        withExtendedLifetime(silent) {}
    }

    /// The service takes the connection and says nothing.
    @Test func tellsThatTheHandshakeDidNotEnd() throws {
        let server = RawServer { _, _ in [.waitForEver] }
        defer { server.stop() }
        let bench = try Bench()
        var request = bench.request(server, timeout: Self.time)
        request.url = "https://127.0.0.1:\(server.port)/p"
        request.isSecure = true
        expect(
            bench.failure(request),
            "The TLS handshake with 127.0.0.1:\(server.port) did not end within 300 ms.",
            .no
        )
    }

    @Test(arguments: [
        ("", "%s did not answer", CallFailure.Sent.maybe),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "The answer of %s did not end", .yes),
    ])
    func tellsThatNoAnswerCameOrNotAllOfIt(answer: String, words: String, sent: CallFailure.Sent) throws {
        let server = RawServer { _, _ in [.text(answer), .waitForEver] }
        defer { server.stop() }
        let bench = try Bench()
        let detail = words.replacing("%s", with: "127.0.0.1:\(server.port)")
        expect(bench.failure(bench.request(server, timeout: Self.time)), "\(detail) within 300 ms.", sent)
    }

    private func expect(_ failure: CallFailure?, _ detail: String, _ sent: CallFailure.Sent) {
        #expect(failure?.type == .timeout)
        #expect(failure?.detail == detail)
        #expect(failure?.sent == sent)
    }
}
