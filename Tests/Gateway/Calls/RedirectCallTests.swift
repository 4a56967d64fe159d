import FlowAction
import Gateway
import TestSupport
import Testing

/// Redirects over real sockets; which are followed is the request's own rule.
@Suite struct RedirectCallTests {
    private let headers = [
        ("X-Key", "k"), ("Content-Type", "text/x"), ("User-Agent", "flowhook/test"), ("Accept", "text/y"),
    ]

    @Test(arguments: [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
    func followsWithTheMethodOfTheStatus(code: Int, method: String) throws {
        let server = RawServer { request, _ in
            request.contains(" /p ") ? [status(code, "Location: ../q?r=1#f")] : [ok]
        }
        defer { server.stop() }
        let bench = try Bench()
        let request = bench.request(
            server,
            headers: headers,
            body: "payload",
            policy: CallPolicy(redirects: 1),
            customHeaderCount: 2
        )
        let result = bench.send(request)
        #expect(result.status == 200)
        #expect(result.timing.attempts == 1)
        let second = try #require(server.received.last)
        #expect(second.hasPrefix("\(method) /q?r=1 HTTP/1.1\r\n"))
        #expect(second.contains("X-Key: k\r\n"))
        #expect(second.hasSuffix("payload") == (method == "POST"))
        #expect(second.contains("Content-Type") == (method == "POST"))
        #expect(second.contains("Content-Length") == (method == "POST"))
    }

    @Test func customHeadersStayBehindOnAnotherPort() throws {
        let other = RawServer { _, _ in [ok] }
        defer { other.stop() }
        let server = RawServer { _, _ in [status(302, "Location: http://127.0.0.1:\(other.port)/x")] }
        defer { server.stop() }
        let bench = try Bench()
        let policy = CallPolicy(redirects: 5)
        let result = bench.send(bench.request(server, headers: headers, policy: policy, customHeaderCount: 2))
        #expect(result.status == 200)
        let second = try #require(other.received.first)
        #expect(second.contains("User-Agent: flowhook/test\r\n"))
        #expect(!second.contains("X-Key"))
    }

    @Test(arguments: [0, 1, 3, 5])
    func stopsAtTheLimit(redirects: Int) throws {
        let server = RawServer { _, number in [status(302, "Location: /\(number)")] }
        defer { server.stop() }
        let bench = try Bench()
        let result = bench.send(bench.request(server, .get, policy: CallPolicy(redirects: redirects)))
        #expect(result.status == 302)
        #expect(server.received.count == redirects + 1)
        #expect(result.timing.attempts == 1)
    }

    /// The guard stands on every hop, before anything is sent.
    @Test(arguments: [
        "http://10.0.0.1/", "http://169.254.169.254/latest/", "http://[::1]/", "//0x0a000001/", "//evil.test/",
    ])
    func isHeldBackByTheGuard(location: String) throws {
        let server = RawServer { _, _ in [status(302, "Location: \(location)")] }
        defer { server.stop() }
        let bench = try Bench(resolver: Resolver { _ in .success([IPAddress(v4: 0x0A00_0001)]) })
        let failure = bench.failure(bench.request(server, .get, policy: CallPolicy(redirects: 2)))
        #expect(failure?.type == .blockedAddress)
        #expect(failure?.sent == .yes)
    }

    /// The time of a try covers its redirects.
    @Test func aTryIncludesItsRedirects() throws {
        let server = RawServer { _, number in [.wait(milliseconds: 400), status(302, "Location: /\(number)")] }
        defer { server.stop() }
        let bench = try Bench()
        let retry = CallPolicy.RetryPolicy(
            attempts: 2,
            onConnect: true,
            onTimeout: false,
            statuses: [],
            backoff: .milliseconds(1),
            tryTimeout: .milliseconds(1_000)
        )
        let policy = CallPolicy(timeout: .seconds(30), retry: retry, redirects: 5)
        let result = bench.send(bench.request(server, .get, policy: policy))
        #expect(result.failure?.type == .timeout)
        #expect(result.failure?.detail.contains("1000 ms") == true)
        #expect(server.received.count <= 3)
    }

    @Test func oneDeadlineCoversAllOfThem() throws {
        let server = RawServer { _, number in
            [.wait(milliseconds: 200), status(302, "Location: /\(number)")]
        }
        defer { server.stop() }
        let bench = try Bench()
        let policy = CallPolicy(timeout: .milliseconds(500), redirects: 5)
        let result = bench.send(bench.request(server, .get, policy: policy))
        #expect(result.failure?.type == .timeout)
        #expect(result.failure?.sent == .yes)
        #expect(server.received.count <= 3)
    }
}
