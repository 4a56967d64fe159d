import FlowAction
import Gateway
import Glibc
import TestSupport
import Testing

@Suite struct CallerTests {
    /// What goes over the wire, byte for byte.
    @Test(
        arguments: [
            (RequestType.get, nil, "GET", ""), (.delete, nil, "DELETE", ""),
            (.post, "a=1", "POST", "Content-Length: 3\r\n"), (.put, "{}", "PUT", "Content-Length: 2\r\n"),
            (.patch, "{}", "PATCH", "Content-Length: 2\r\n"), (.delete, "{}", "DELETE", "Content-Length: 2\r\n"),
            (.post, nil, "POST", "Content-Length: 0\r\n"), (.put, nil, "PUT", "Content-Length: 0\r\n"),
            (.post, "", "POST", "Content-Length: 0\r\n"),
        ] as [(RequestType, String?, String, String)]
    )
    func sendsExactlyTheRequest(method: RequestType, body: String?, name: String, length: String) throws {
        let server = RawServer { _, _ in [ok] }
        defer { server.stop() }
        let bench = try Bench()
        // Twice on one handle: nothing of the first call may stick to the second.
        for _ in 0..<2 {
            let headers = [("X-Empty", ""), ("Accept", "text/x"), ("User-Agent", "u")]
            let request = bench.request(server, method, path: "/a/../b?q=%41&r=b%20c", headers: headers, body: body)
            #expect(throws: Never.self) { try bench.send(request).outcome.get() }
        }
        let expected =
            "\(name) /a/../b?q=%41&r=b%20c HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n"
            + "X-Empty:\r\nAccept: text/x\r\nUser-Agent: u\r\n\(length)\r\n\(body ?? "")"
        #expect(server.received == [expected, expected])
        #expect(server.connections == 1)
    }

    /// A large body is sent without asking first.
    @Test func expectsNoLeave() throws {
        let server = RawServer { _, _ in [ok] }
        defer { server.stop() }
        let bench = try Bench()
        let body = String(repeating: "x", count: 1_500_000)
        #expect(bench.send(bench.request(server, body: body)).status == 200)
        #expect(server.received.first?.lowercased().contains("\r\nexpect:") == false)
        #expect(server.received.first?.hasSuffix("x") == true)
    }

    @Test func givesTheAnswerAsItCame() throws {
        let server = RawServer { _, _ in
            [
                .text("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Nobody  Home\r\nContent-Type: text/x; charset=y\r\n"),
                .text("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
            ]
        }
        defer { server.stop() }
        let bench = try Bench()
        let result = bench.send(bench.request(server, body: "x"))
        let answer = try result.outcome.get()
        #expect(answer.status == 404)
        #expect(answer.reasonPhrase == "Nobody  Home")
        #expect(answer.contentType == "text/x; charset=y")
        #expect(answer.body == Array("abcde".utf8))
        #expect(result.timing.attempts == 1)
        #expect(result.timing.total > 0)
    }

    /// A status outside 2xx counts whatever stands behind it.
    @Test(arguments: [
        ("Content-Length: 2000000", 2_000_000), ("Content-Encoding: br\r\nContent-Length: 5", 5),
        ("Content-Encoding: gzip\r\nContent-Length: 5", 5), ("Content-Encoding: gzip\r\nContent-Length: 10", 10),
    ])
    func aStatusNeedsNoBody(headers: String, count: Int) throws {
        // The last is cut off behind the head of gzip.
        let body = count == 10 ? [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] : [UInt8](repeating: 65, count: count)
        let server = RawServer { _, _ in
            [.text("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Type: a/b\r\n\(headers)\r\n\r\n"), .send(body)]
        }
        defer { server.stop() }
        let bench = try Bench()
        let answer = try bench.send(bench.request(server)).outcome.get()
        #expect(answer.status == 503)
        #expect(answer.reasonPhrase == "Busy")
        #expect(answer.body.isEmpty)
        #expect(answer.retryAfter == "7")
    }

    /// Each misbehaviour with the type it gives and whether the request may have arrived.
    @Test(
        arguments: [
            ("timeout, nothing comes", [.waitForEver], .timeout, .maybe),
            (
                "timeout in the body", [.text("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .waitForEver],
                .timeout, .yes
            ),
            ("closed", [.close], .connectionLost, .maybe),
            ("reset", [.reset], .connectionLost, .maybe),
            ("cut short", [.text("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .close], .connectionLost, .yes),
            ("cut in its head", [.text("HTTP/1.1 200 OK\r\nContent-"), .close], .connectionLost, .yes),
            ("cut behind a header", [.text("HTTP/1.1 200 OK\r\nX: y\r\n"), .close], .connectionLost, .yes),
            ("cut behind an odd header", [.text("HTTP/1.1 200 OK\r\n-a: 1\r\n"), .close], .connectionLost, .yes),
            ("cut behind another", [.text("HTTP/1.1 200 OK\r\n*a: 1\r\n"), .close], .connectionLost, .yes),
            (
                "cut behind 100", [.text("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), .close], .connectionLost,
                .yes
            ),
            (
                "no chunk", [.text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n")],
                .protocolError, .yes
            ),
            (
                "two lengths", [.text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 1\r\n\r\n{}")],
                .protocolError, .yes
            ),
            ("two lengths in one", [.text("HTTP/1.1 200 OK\r\nContent-Length: 2, 1\r\n\r\n{}")], .protocolError, .yes),
            ("no length", [.text("HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\n{}")], .protocolError, .yes),
            (
                "a length beyond all numbers",
                [.text("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}"), .close], .protocolError,
                .yes
            ),
            (
                "an unknown coding", [.text("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")],
                .protocolError, .yes
            ),
            (
                "a header too long for libcurl",
                [.text("HTTP/1.1 200 OK\r\nX: " + String(repeating: "z", count: 120_000) + "\r\n\r\n"), .close],
                .responseTooLarge, .yes
            ),
            ("no HTTP", [.text("SSH-2.0-OpenSSH\r\n\r\n"), .close], .protocolError, .yes),
            (
                "broken gzip", [.text("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde")],
                .protocolError, .yes
            ),
            (
                "large",
                [
                    .text("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n"),
                    .send([UInt8](repeating: 65, count: 2_000_000)),
                ],
                .responseTooLarge, .yes
            ),
            (
                "many headers", [.text("HTTP/1.1 200 OK\r\n" + String(repeating: "a: b\r\n", count: 5_010) + "\r\n")],
                .responseTooLarge, .yes
            ),
            (
                "large headers",
                [
                    .text(
                        "HTTP/1.1 200 OK\r\n"
                            + String(repeating: "X-Y: " + String(repeating: "z", count: 990) + "\r\n", count: 70)
                            + "\r\n"
                    ), .close,
                ],
                .responseTooLarge, .yes
            ),
        ] as [(String, [RawServer.Step], CallFailure.Kind, CallFailure.Sent)]
    )
    func tellsWhatWentWrong(
        what: String,
        steps: [RawServer.Step],
        type: CallFailure.Kind,
        sent: CallFailure.Sent
    ) throws {
        let server = RawServer { request, _ in request.hasPrefix("GET /good") ? [ok] : steps }
        defer { server.stop() }
        let bench = try Bench()
        let failure = bench.failure(bench.request(server, body: "secret-payload", timeout: .milliseconds(400)))
        #expect(failure?.type == type, "\(what)")
        #expect(failure?.sent == sent, "\(what)")
        #expect(failure?.detail.contains("secret") == false)
        if type == .responseTooLarge {
            let excess = [
                "large": "body has more than 1048576 bytes", "many headers": "headers have more than 4096 lines",
            ]
            let part = excess[what] ?? "headers have more than 65536 bytes"
            #expect(failure?.detail.contains(part) == true, "\(what)")
        }
        // The next call works.
        #expect(throws: Never.self) { try bench.send(bench.request(server, .get, path: "/good")).outcome.get() }
    }

    /// A coding in the next line (RFC 9112, section 5.2): the libcurl of today reads on, others leave the chunks in the body.
    @Test func takesNoChunksForABody() throws {
        let server = RawServer { _, _ in
            [.text("HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"), .close]
        }
        defer { server.stop() }
        let bench = try Bench()
        switch bench.send(bench.request(server)).outcome {
        case .success(let answer): #expect(answer.body == Array("{}".utf8))
        case .failure(let failure): #expect(failure.type == .protocolError)
        }
    }

    /// What has an odd head and is right all the same.
    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length:2\r\ncontent-length:  2 \r\n\r\n{}",
        "HTTP/1.1 103 Early Hints\r\nContent-Length: 7\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    ])
    func takesAnOddHead(text: String) throws {
        let server = RawServer { _, _ in [.text(text)] }
        defer { server.stop() }
        let bench = try Bench()
        for _ in 0..<2 { #expect(try bench.send(bench.request(server)).outcome.get().body == Array("{}".utf8)) }
    }

    @Test func tellsOfARefusedConnection() throws {
        let server = RawServer { _, _ in [] }
        server.stop()
        let bench = try Bench()
        let failure = bench.failure(bench.request(server))
        #expect(failure?.type == .connectFailure)
        #expect(failure?.sent == .no)
    }

    @Test func decodesGzip() throws {
        // The bytes of `printf '{"a":1}' | gzip -9n`.
        let gzip: [UInt8] = [
            0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56, 0x4a, 0x54, 0xb2, 0x32, 0xac, 0x05,
            0x00, 0xaf, 0xac, 0x1b, 0x56, 0x07, 0x00, 0x00, 0x00,
        ]
        let server = RawServer { _, _ in
            [.text("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(gzip.count)\r\n\r\n"), .send(gzip)]
        }
        defer { server.stop() }
        let bench = try Bench()
        let answer = try bench.send(bench.request(server, .get)).outcome.get()
        #expect(String(decoding: answer.body, as: UTF8.self) == "{\"a\":1}")
    }

    // MARK: Where calls may go

    @Test(arguments: ["127.0.0.1", "localhost", "127.1", "0x7f000001"])
    func refusesAnAddressBeforeConnecting(host: String) throws {
        let server = RawServer { _, _ in [ok] }
        defer { server.stop() }
        let bench = try Bench()
        bench.settings.allowNetworks = []
        let failure = bench.failure(bench.request(server, host: host))
        #expect(failure?.type == .blockedAddress)
        #expect(failure?.sent == .no)
        #expect(server.connections == 0)
    }

    @Test func followsANameToItsNewAddress() throws {
        let server = RawServer { _, _ in [lastOK, .close] }
        defer { server.stop() }
        let addresses = Locked([IPAddress(v4: 0x7F00_0001)])
        // Asked anew each time: what is known is forgotten after a while only, so each call takes a name of its own.
        let bench = try Bench(resolver: Resolver { _ in .success(addresses.withLock { $0 }) })
        #expect(throws: Never.self) { try bench.send(bench.request(server, .get, host: "a.test")).outcome.get() }
        addresses.withLock { $0 = [IPAddress(v4: 0x0A00_0001)] }
        #expect(bench.failure(bench.request(server, .get, host: "b.test"))?.type == .blockedAddress)
        // One that may be called beside it, and fails: that is the failure, which may be tried again.
        let closed = RawServer { _, _ in [] }
        closed.stop()
        let both = try Bench(
            resolver: Resolver { _ in .success([IPAddress(v4: 0x0A00_0001), IPAddress(v4: 0x7F00_0001)]) }
        )
        #expect(both.failure(both.request(closed, host: "c.test"))?.type == .connectFailure)
    }

    // MARK: Names

    @Test func tellsOfANameWithoutAddress() throws {
        let server = RawServer { _, _ in [ok] }
        defer { server.stop() }
        let bench = try Bench(resolver: Resolver { _ in .failure(.init(reason: "Name or service not known")) })
        let failure = bench.failure(bench.request(server, host: "nowhere.test"))
        #expect(failure?.type == .lookUpFailure)
        #expect(failure?.sent == .no)
    }

    /// A name server that never answers ends at the deadline and delays no other host.
    @Test func aHangingLookUpDelaysNobody() throws {
        let server = RawServer { _, _ in [ok] }
        defer { server.stop() }
        let mayEnd = Locked(false)
        let bench = try Bench(
            resolver: Resolver { name in
                while name.hasPrefix("hang"), !mayEnd.withLock({ $0 }) { usleep(1_000) }
                return .success([IPAddress(v4: 0x7F00_0001)])
            }
        )
        defer { mayEnd.withLock { $0 = true } }
        let (caller, settings) = (bench.caller, CallSettings(bench.settings))
        let hanging = bench.request(server, host: "hang.test", timeout: .seconds(3))
        let other = bench.request(server, .get, host: "other.test")
        let types = bench.loop.wait {
            await withTaskGroup(of: CallFailure.Kind?.self) { group in
                for request in [hanging, hanging, hanging, other] {
                    group.addTask {
                        if case .failure(let failure) = await caller.send(request, settings: settings).outcome {
                            failure.type
                        } else {
                            nil
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
        }
        // The good one is first: the hanging ones wait for their deadline.
        #expect(types == [nil, .timeout, .timeout, .timeout])
    }

    // MARK: Kept connections

    /// A kept connection that closes unanswered: what is not idempotent is not sent twice.
    @Test(arguments: [(RequestType.post, 2, true), (.get, 3, false)])
    func repeatsOnAFreshConnectionOnlyWhatIsIdempotent(method: RequestType, requests: Int, fails: Bool) throws {
        let server = RawServer { _, number in number == 2 ? [.close] : [ok] }
        defer { server.stop() }
        let bench = try Bench()
        #expect(throws: Never.self) { try bench.send(bench.request(server, method)).outcome.get() }
        let failure = bench.failure(bench.request(server, method))
        #expect((failure != nil) == fails)
        if fails {
            #expect(failure?.type == .connectionLost)
            #expect(failure?.sent == .maybe)
        }
        #expect(server.received.count == requests)
    }

    /// Every second request meets a connection that closes unanswered, again and again on the same few handles.
    @Test func repeatsAsOftenAsItHasTo() throws {
        let server = RawServer { _, number in number.isMultiple(of: 2) ? [.close] : [ok] }
        defer { server.stop() }
        let bench = try Bench()
        for method in [RequestType.get, .put, .delete] {
            for _ in 0..<8 { #expect(bench.failure(bench.request(server, method)) == nil) }
        }
        #expect(server.received.count == 47)
    }

    @Test func holdsAThousandCallsAtOnce() throws {
        let server = RawServer { _, _ in [.wait(milliseconds: 1_000), ok] }
        defer { server.stop() }
        let bench = try Bench()
        let (caller, settings) = (bench.caller, CallSettings(bench.settings))
        let request = bench.request(server, body: "x", timeout: .seconds(25))
        let good = bench.loop.wait {
            await withTaskGroup(of: Int.self) { group in
                for _ in 0..<1_000 {
                    group.addTask {
                        if case .success = await caller.send(request, settings: settings).outcome { 1 } else { 0 }
                    }
                }
                return await group.reduce(0, +)
            }
        }
        #expect(good == 1_000)
        #expect(server.connections == 1_000)
    }
}
