import FlowAction
import Gateway
import Glibc
import TestSupport
import Testing

/// Names with several addresses, some of which are of no use.
@Suite struct SeveralAddressesTests {
    private static let good = IPAddress(v4: 0x7F00_0001)
    private static let other = IPAddress(v4: 0x7F00_0002)

    private func bench(_ addresses: [IPAddress]) throws -> Bench {
        try Bench(resolver: Resolver { _ in .success(addresses) })
    }

    /// The first address does not say a word: the next one has its turn while there is time, and comes first from then on.
    @Test func goesOnWhereAnAddressIsSilent() throws {
        let server = RawServer { _, _ in [lastOK, .close] }
        defer { server.stop() }
        let silent = SilentAddress(v4: 0x7F00_0002, port: server.port)
        let bench = try bench([Self.other, Self.good])
        let first = bench.send(bench.request(server, host: "service.test", timeout: .seconds(5)))
        #expect(first.status == 200, "\(first)")
        // It is half of its time that the call has waited for the silent one.
        #expect(first.timing.total >= 2_500_000)
        // Were the silent one first again, this call would wait for it for 10 s, half of its time.
        let second = bench.send(bench.request(server, host: "service.test", timeout: .seconds(20)))
        #expect(second.status == 200, "\(second)")
        #expect(second.timing.total < 10_000_000)
        withExtendedLifetime(silent) {}
    }

    /// Where the time is short, one call is lost, not all of them.
    @Test func theNextCallTakesTheOtherAddress() throws {
        let server = RawServer { _, _ in [ok] }
        defer { server.stop() }
        let silent = SilentAddress(v4: 0x7F00_0002, port: server.port)
        let bench = try bench([Self.other, Self.good])
        let request = bench.request(server, host: "service.test", timeout: .milliseconds(500))
        #expect(bench.failure(request)?.type == .timeout)
        #expect(bench.send(request).status == 200)
        withExtendedLifetime(silent) {}
    }

    /// Refused, forbidden, and right in the end.
    @Test func goesOnWhereAnAddressIsRefused() throws {
        let server = RawServer { _, _ in [ok] }
        defer { server.stop() }
        let forbidden = IPAddress(v4: 0x0A00_0001)
        let bench = try bench([forbidden, Self.other, IPAddress(v4: 0x7F00_0003), Self.good])
        let result = bench.send(bench.request(server, host: "service.test"))
        #expect(result.status == 200, "\(result)")
    }

    /// Where none does, it is told what is wrong with those that may be called.
    @Test(arguments: [[0, 1], [1, 0], [0, 1, 0]])
    func tellsWhatIsWrongWithThoseThatMayBeCalled(order: [Int]) throws {
        let server = RawServer { _, _ in [ok] }
        defer { server.stop() }
        let kinds = [IPAddress(v4: 0x0A00_0001), Self.other]
        let bench = try bench(order.map { kinds[$0] })
        let failure = bench.failure(bench.request(server, host: "service.test"))
        #expect(failure?.type == .connectFailure, "\(String(describing: failure))")
        #expect(failure?.sent == .no)
        let blocked = try self.bench([kinds[0], IPAddress(v4: 0x0A00_0002)])
        #expect(blocked.failure(blocked.request(server, host: "service.test"))?.type == .blockedAddress)
    }

    /// The good address fails once beside a dead one: when it is back, nobody waits for the dead one again.
    @Test func anAddressThatIsBackComesFirst() throws {
        let server = RawServer { _, _ in [lastOK, .close] }
        let silent = SilentAddress(v4: 0x7F00_0002, port: server.port)
        let bench = try bench([Self.other, Self.good])
        #expect(bench.send(bench.request(server, host: "service.test", timeout: .seconds(5))).status == 200)
        server.stop()
        for _ in 0..<6_000 where server.isListening { usleep(10_000) }
        let request = bench.request(server, host: "service.test", timeout: .milliseconds(900))
        #expect(bench.failure(request)?.sent == .no)
        let again = RawServer(port: server.port) { _, _ in [lastOK, .close] }
        defer { again.stop() }
        for _ in 0..<3 { #expect(bench.send(request).status == 200) }
        withExtendedLifetime(silent) {}
    }

    /// Addresses that refuse are passed by where there is no time for a silent one, too.
    @Test func aShortTimeIsEnoughForThoseThatRefuse() throws {
        let server = RawServer { _, _ in [lastOK, .close] }
        defer { server.stop() }
        let refusing = (10..<40).map { IPAddress(v4: 0x7F00_0000 + UInt32($0)) }
        let bench = try bench(refusing + [Self.good])
        let request = bench.request(server, host: "service.test", timeout: .seconds(1))
        #expect(bench.send(request).status == 200)
    }

    /// An address of IPv6 that takes connections and no handshake: that of IPv4 has its turn.
    @Test func theOtherFamilyIsTriedWhereAHandshakeHangs() throws {
        let server = RawServer { _, _ in [ok] }
        defer { server.stop() }
        let hanging = SilentAddress.takingConnections(port: server.port)
        let loopback = try #require(IPAddress("::1"))
        let bench = try bench([loopback, Self.good])
        bench.settings.allowNetworks.append(try #require(NetworkBlock("::1/128")))
        var request = bench.request(server, host: "service.test", timeout: .seconds(5))
        request.url = "https://service.test:\(server.port)/p"
        request.isSecure = true
        #expect(bench.failure(request)?.type == .timeout)
        #expect(server.connections == 1)
        withExtendedLifetime(hanging) {}
    }

    /// What ends a handshake is told, whichever other address refuses the connection.
    @Test(arguments: [[good, other], [other, good]])
    func tellsOfTheAddressThatTookTheConnection(addresses: [IPAddress]) throws {
        let server = RawServer(greeting: "SSH-2.0-OpenSSH\r\n") { _, _ in [.close] }
        defer { server.stop() }
        let bench = try bench(addresses)
        var request = bench.request(server, host: "service.test", timeout: .seconds(5))
        request.url = "https://service.test:\(server.port)/p"
        request.isSecure = true
        let failure = bench.failure(request)
        #expect(failure?.type == .tlsFailure)
        #expect(failure?.sent == .no)
        #expect(server.connections >= 1)
    }

    /// What a proxy answers is an answer, and so is what the service behind it does, though another address of the proxy is
    /// left.
    @Test(arguments: [
        ("403 No", CallFailure.Kind.connectFailure, "403 to CONNECT"), ("200 OK", .tlsFailure, "The TLS handshake"),
    ])
    func aProxyThatAnswersIsNotPassedBy(status: String, type: CallFailure.Kind, words: String) throws {
        let proxy = RawServer { _, _ in [.text("HTTP/1.1 \(status)\r\n\r\n"), .wait(milliseconds: 100), .close] }
        defer { proxy.stop() }
        let bench = try bench([Self.good, Self.other])
        bench.settings.proxy = "http://proxy.test:\(proxy.port)"
        var request = bench.request(proxy, host: "service.test", timeout: .seconds(5))
        request.url = "https://service.test/p"
        request.isSecure = true
        let failure = bench.failure(request)
        #expect(failure?.type == type)
        #expect(failure?.detail.contains(words) == true, "\(String(describing: failure))")
        #expect(proxy.received.count == 1)
    }

    /// A kept connection ends under a request that may be sent again, and its address is gone: another one takes it.
    @Test func whatIsRepeatedGoesToAnotherAddress() throws {
        let first = RawServer { _, number in number == 1 ? [ok] : [.close] }
        let second = RawServer(host: 0x7F00_0002, port: first.port) { _, _ in [ok] }
        defer { second.stop() }
        let bench = try bench([Self.good, Self.other])
        let request = bench.request(first, .get, host: "service.test", timeout: .seconds(5))
        #expect(bench.send(request).status == 200)
        first.stop()
        for _ in 0..<6_000 where first.isListening { usleep(10_000) }
        let result = bench.send(request)
        #expect(result.status == 200, "\(result)")
        #expect(second.received.count == 1)
    }

    /// The same after the name has moved: it is the new address that refuses, not that of the connection which ended.
    @Test func whatIsRepeatedGoesBackToAnAddressThatStayed() throws {
        let server = RawServer { _, number in number == 3 ? [.close] : [ok] }
        defer { server.stop() }
        let lookUps = Locked(0)
        let bench = try Bench(
            resolver: Resolver { _ in
                let isFirst = lookUps.withLock { count in
                    count += 1
                    return count == 1
                }
                return .success(isFirst ? [Self.good] : [Self.other, Self.good])
            }
        )
        let request = bench.request(server, .get, host: "service.test", timeout: .seconds(5))
        // What was found is kept for 5 s, an idle connection for 4.
        for pause: UInt32 in [0, 2_700_000, 2_700_000] {
            usleep(pause)
            let result = bench.send(request)
            #expect(result.status == 200, "\(result)")
        }
        #expect(lookUps.withLock { $0 } == 2)
    }

    /// A request that may have arrived goes nowhere else.
    @Test func whatMayHaveArrivedIsNotSentAgain() throws {
        let server = RawServer { _, _ in [.close] }
        defer { server.stop() }
        let bench = try bench([Self.good, Self.other])
        let failure = bench.failure(bench.request(server, host: "service.test"))
        #expect(failure?.type == .connectionLost)
        #expect(failure?.sent == .maybe)
        #expect(server.received.count == 1)
    }
}
