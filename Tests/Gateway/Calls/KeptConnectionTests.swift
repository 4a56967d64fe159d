import FlowAction
import Gateway
import Glibc
import TestSupport
import Testing

/// What stays from call to call: handles, connections, and what they were set to.
@Suite struct KeptConnectionTests {
    /// More calls at once than one group of connections takes; what a burst leaves behind is closed.
    @Test func aBurstLeavesFewConnectionsBehind() throws {
        let server = RawServer { _, _ in [.wait(milliseconds: 300), ok] }
        defer { server.stop() }
        let bench = try Bench()
        for _ in 0..<2 {
            let requests = (0..<300).map { bench.request(server, path: "/\($0)", timeout: .seconds(30)) }
            #expect(bench.send(requests).allSatisfy { $0.status == 200 })
            for _ in 0..<6_000 where server.openConnections > 150 { usleep(10_000) }
            #expect(server.openConnections <= 150)
        }
        #expect(server.received.count == 600)
    }

    /// The service closes while nobody uses the connection: the next call makes another one.
    @Test func aKeptConnectionThatTheServiceClosedIsNotUsed() throws {
        let server = RawServer { _, _ in [ok, .close] }
        defer { server.stop() }
        let bench = try Bench()
        for number in 1...5 {
            #expect(bench.send(bench.request(server, .get)).status == 200)
            #expect(server.connections == number)
            for _ in 0..<6_000 where server.openConnections > 0 { usleep(10_000) }
        }
        #expect(server.received.count == 5)
    }

    /// What a service sends behind its answer, while nobody waits for one, is nobody's answer: not the next call's, and no
    /// reason for it to fail.
    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother", "HTTP/1.1 408 Request Time-out\r\n\r\n", "xx",
    ])
    func whatNobodyAskedForIsNoAnswer(unasked: String) throws {
        let server = RawServer { _, number in
            [.text("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(number)"), .wait(milliseconds: 20), .text(unasked)]
        }
        defer { server.stop() }
        let bench = try Bench()
        for number in 1...6 {
            let method: RequestType = number % 2 == 0 ? .get : .post
            let result = bench.send(bench.request(server, method))
            #expect((try? result.outcome.get().body) == Array("\(number)".utf8), "\(number): \(result)")
            for _ in 0..<6_000 where server.openConnections > 0 { usleep(10_000) }
            try #require(server.openConnections == 0)
        }
        #expect(server.received.count == 6)
    }

    /// A head whose first line is the end of none, after heads that are well-formed: libcurl before 8.1.1 writes it behind a
    /// line of the call before, which it has let go of.
    @Test(arguments: [0, 5])
    func aFirstLineWithoutABeginningHarmsNothing(redirects: Int) throws {
        let lines = (0..<20).map { "X-\($0): \(String(repeating: "v", count: 30 * $0))\r\n" }.joined()
        let folded = " X: \(String(repeating: "f", count: 2_000))\r\n"
        let server = RawServer { request, number in
            let first = number % 2 == 0 ? folded : lines
            let isRedirect = redirects > 0 && request.contains(" /p ")
            let head = isRedirect ? "302 Found\r\n\(first)Location: /q" : "200 OK\r\n\(first)X-Last: 1"
            return [.text("HTTP/1.1 \(head)\r\nContent-Length: 2\r\n\r\n{}")]
        }
        defer { server.stop() }
        let bench = try Bench()
        let policy = CallPolicy(redirects: redirects)
        for _ in 0..<60 { _ = bench.send(bench.request(server, .get, policy: policy)) }
        let sound = RawServer { _, _ in [ok] }
        defer { sound.stop() }
        for _ in 0..<5 { #expect(bench.send(bench.request(sound, .get)).status == 200) }
    }

    /// Nothing of a call sticks to the next one on the same handle: body, headers, method, proxy.
    @Test func aHandleForgetsTheCallBefore() throws {
        let server = RawServer { _, _ in [ok] }
        defer { server.stop() }
        let bench = try Bench()
        let large = String(repeating: "x", count: 100_000)
        let calls: [(RequestType, [(String, String)], String?)] = [
            (.post, [("A", "1"), ("Content-Type", "text/plain"), ("User-Agent", "u"), ("Accept", "a")], large),
            (.delete, [], nil), (.put, [("user-agent", "v")], "y"), (.get, [("B", ""), ("D", " \t ")], nil),
            (.put, [], "y"),
            (.patch, [("ACCEPT", "b")], "z"), (.delete, [("C", "2")], "yy"), (.post, [], nil), (.delete, [], nil),
        ]
        for (method, headers, body) in calls {
            #expect(bench.send(bench.request(server, method, headers: headers, body: body)).status == 200)
        }
        let fixed = "Host: 127.0.0.1:\(server.port)\r\n"
        let expected = calls.map { method, headers, body in
            let lines = headers.map { "\($0.0):\($0.1.allSatisfy(\.isWhitespace) ? "" : " \($0.1)")\r\n" }.joined()
            let isBodyless = body == nil && (method == .get || method == .delete)
            let length = isBodyless ? "" : "Content-Length: \(body?.utf8.count ?? 0)\r\n"
            return "\(method.rawValue) /p HTTP/1.1\r\n\(fixed)\(lines)\(length)\r\n\(body ?? "")"
        }
        #expect(server.received == expected)
        #expect(server.connections == 1)
    }

    /// An answer may be there before libcurl has waited for it, and the connection is kept as it is while it could be written
    /// to; that is no end of it.
    @Test func keepsTheConnectionOfAnAnswerThatIsThereAtOnce() throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        let server = RawServer(greeting: answer) { _, number in number.isMultiple(of: 2) ? [lastOK, .close] : [] }
        defer { server.stop() }
        let bench = try Bench()
        for _ in 0..<200 { #expect(bench.send(bench.request(server)).status == 200) }
        #expect(server.connections == 100)
    }

    /// Settings that are read anew are of the next call, on connections that are kept from before as well.
    @Test func aKeptConnectionIsJudgedByTheSettingsOfTheCall() throws {
        let server = RawServer { _, _ in [.wait(milliseconds: 50), ok] }
        defer { server.stop() }
        let bench = try Bench(resolver: Resolver { _ in .success([IPAddress(v4: 0x7F00_0001)]) })
        let loopback = bench.settings.allowNetworks
        // A name: an address in the URL would be refused without a look at connections.
        let requests = (0..<4).map { _ in bench.request(server, .get, host: "service.test") }
        #expect(bench.send(requests).allSatisfy { $0.status == 200 })
        let connections = server.connections
        for blocks in [[], [try #require(NetworkBlock("10.0.0.0/8"))], []] {
            bench.settings.allowNetworks = blocks
            let failures = bench.send(requests).map(\.failure)
            #expect(failures.allSatisfy { $0?.type == .blockedAddress && $0?.sent == .no })
        }
        // Not even a connection was made.
        #expect(server.connections == connections)
        #expect(server.received.count == 4)
        bench.settings.allowNetworks = loopback
        #expect(bench.send(requests).allSatisfy { $0.status == 200 })
    }

    /// A proxy that is set, changed or taken away between two calls: each goes the way of its own settings, though the
    /// way before it is open yet, and though the service stands where the proxy stands.
    @Test func aProxyThatChangesIsTheNextCallsWay() throws {
        let servers = (0..<2).map { _ in RawServer { _, _ in [ok] } }
        defer { for server in servers { server.stop() } }
        let bench = try Bench()
        let request = bench.request(servers[0], .get)
        let direct = "GET /p HTTP/1.1"
        let relayed = "GET \(request.url) HTTP/1.1"
        var lines: [[String]] = [[], []]
        for proxy in [nil, 0, nil, 1, 0, nil, nil, 1, 1, nil] as [Int?] {
            bench.settings.proxy = proxy.map { "http://127.0.0.1:\(servers[$0].port)" }
            #expect(bench.send(request).status == 200)
            lines[proxy ?? 0].append(proxy == nil ? direct : relayed)
        }
        for (server, lines) in zip(servers, lines) {
            #expect(server.received.compactMap { $0.split(separator: "\r\n").first.map(String.init) } == lines)
        }
    }

    /// The words behind the status, whatever a service sends there.
    @Test(
        arguments: [
            ("HTTP/1.1 200 OK", "OK"), ("HTTP/1.1 200 ", ""), ("HTTP/1.1 200", ""), ("HTTP/1.1 200  O K \t", " O K"),
            ("HTTP/1.1 201 Created", "Created"), ("HTTP/1.0 200 O", "O"),
        ]
    )
    func readsTheReasonPhrase(line: String, phrase: String) throws {
        let server = RawServer { _, _ in [.text("\(line)\r\nContent-Length: 0\r\n\r\n"), .close] }
        defer { server.stop() }
        let bench = try Bench()
        #expect(try bench.send(bench.request(server, .get)).outcome.get().reasonPhrase == phrase)
    }
}
