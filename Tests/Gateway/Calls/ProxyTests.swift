import FlowAction
import Gateway
import Glibc
import TestSupport
import Testing

/// Calls by way of a proxy.
@Suite struct ProxyTests {
    private let target = OutgoingRequest(
        method: .get,
        url: "http://api.example.com/p",
        host: "api.example.com",
        port: 80,
        isSecure: false,
        headers: [],
        body: nil,
        policy: CallPolicy(timeout: .seconds(10))
    )

    /// The proxy's own address is exempt, and it gets the name unresolved.
    @Test(arguments: ["127.0.0.1", "proxy.test"])
    func goesThroughTheProxy(host: String) throws {
        let proxy = RawServer { _, _ in [ok] }
        defer { proxy.stop() }
        let asked = Locked<[String]>([])
        let bench = try Bench(
            resolver: Resolver { name in
                asked.withLock { $0.append(name) }
                return .success([IPAddress(v4: 0x7F00_0001)])
            }
        )
        bench.settings.allowNetworks = []
        bench.settings.proxy = "http://user:pass@\(host):\(proxy.port)"
        #expect(bench.send(target).status == 200)
        let request = try #require(proxy.received.first)
        #expect(request.hasPrefix("GET http://api.example.com/p HTTP/1.1\r\n"))
        #expect(request.contains("Host: api.example.com\r\n"))
        #expect(asked.withLock { $0 } == (host == "proxy.test" ? ["proxy.test"] : []))
    }

    @Test(arguments: ["10.0.0.1", "127.1", "169.254.169.254", "::1", "0x7f000001", "127.0.0.1."])
    func literalTargetsAreStillChecked(host: String) throws {
        let proxy = RawServer { _, _ in [ok] }
        defer { proxy.stop() }
        let bench = try Bench()
        bench.settings.allowNetworks = []
        bench.settings.proxy = "http://127.0.0.1:\(proxy.port)"
        var request = target
        request.host = host
        request.url = host.contains(":") ? "http://[\(host)]/" : "http://\(host)/"
        #expect(bench.failure(request)?.type == .blockedAddress)
        #expect(proxy.connections == 0)
    }

    /// Where nothing tells whether the proxy or the service was the cause, both are named.
    @Test func aProxyThatCannotBeReachedIsNamed() throws {
        let proxy = RawServer { _, _ in [ok] }
        proxy.stop()
        let bench = try Bench()
        bench.settings.proxy = "http://127.0.0.1:\(proxy.port)"
        let detail = "No connection to api.example.com:80 could be made by way of the proxy."
        #expect(bench.failure(target)?.detail == detail)
    }

    /// What a proxy says about its tunnel is no answer of the service: nothing was sent.
    @Test func aTunnelThatIsRefusedIsNoAnswer() throws {
        let proxy = RawServer { _, _ in [status(403)] }
        defer { proxy.stop() }
        let bench = try Bench()
        bench.settings.proxy = "http://127.0.0.1:\(proxy.port)"
        var request = target
        request.url = "https://api.example.com/p"
        request.port = 443
        request.isSecure = true
        let failure = bench.failure(request)
        #expect(failure?.type == .connectFailure)
        #expect(failure?.sent == .no)
        #expect(failure?.detail.hasSuffix("could be made: the proxy answered 403 to CONNECT.") == true)
        #expect(proxy.received.first?.hasPrefix("CONNECT api.example.com:443 HTTP/1.1\r\n") == true)
    }

    @Test func tellsOfAProxyWithoutAddress() throws {
        let bench = try Bench(resolver: Resolver { _ in .failure(.init(reason: "Name or service not known")) })
        bench.settings.proxy = "http://proxy.test:3128"
        let failure = bench.failure(target)
        #expect(failure?.type == .lookUpFailure)
        #expect(failure?.detail.contains("proxy's name") == true)
    }

    @Test func theEnvironmentIsNotAsked() throws {
        setenv("http_proxy", "http://127.0.0.1:1", 1)
        setenv("ALL_PROXY", "http://127.0.0.1:1", 1)
        defer {
            unsetenv("http_proxy")
            unsetenv("ALL_PROXY")
        }
        let server = RawServer { _, _ in [ok] }
        defer { server.stop() }
        let bench = try Bench()
        #expect(bench.send(bench.request(server, .get)).status == 200)
    }
}
