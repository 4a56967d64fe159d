import FlowAction
import Gateway
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
        let server = RawServer { _, _ in [ok, .close] }
        defer { server.stop() }
        let silent = try SilentAddress(Self.other, port: server.port)
        let bench = try bench([Self.other, Self.good])
        let first = bench.send(bench.request(server, host: "service.test", timeout: .seconds(5)))
        #expect(first.status == 200, "\(first)")
        // It is half of its time that the call has waited for the silent one.
        #expect(first.timing.total >= 2_500_000)
        // This one has no time for two.
        let second = bench.send(bench.request(server, host: "service.test", timeout: .seconds(2)))
        #expect(second.status == 200, "\(second)")
        withExtendedLifetime(silent) {}
    }

    /// Where the time is short, one call is lost, not all of them.
    @Test func theNextCallTakesTheOtherAddress() throws {
        let server = RawServer { _, _ in [ok] }
        defer { server.stop() }
        let silent = try SilentAddress(Self.other, port: server.port)
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
