import FlowAction
import Gateway
import Glibc
import TestSupport
import Testing

/// Names that are looked up by a function of the test's, which hangs and fails on command.
@Suite struct ResolverTests {
    private static let address = IPAddress(v4: 0x7F00_0001)

    /// What a look-up gave, once it has.
    private final class Asked: Sendable {
        let answer = Locked<Resolver.Answer?>(nil)

        init(_ resolver: Resolver, _ name: String) {
            resolver.find(name) { [answer] given in answer.withLock { $0 = given } }
        }

        func wait() -> Resolver.Answer? {
            for _ in 0..<6_000 where answer.withLock({ $0 }) == nil { usleep(10_000) }
            return answer.withLock { $0 }
        }
    }

    /// One less than there may be threads hang, each for a name that is new: another name is looked up all the same, and
    /// the threads beyond those that are kept go when nothing is left for them.
    @Test func looksUpWhileManyHang() {
        let mayEnd = Locked(false)
        let hanging = Locked(0)
        let resolver = Resolver(threads: 4) { name in
            if name.hasPrefix("hang") {
                hanging.withLock { $0 += 1 }
                while !mayEnd.withLock({ $0 }) { usleep(1_000) }
            }
            return .success([Self.address])
        }
        defer { resolver.close() }
        let many = 4 * Resolver.growth
        let asked = (1..<many).map { Asked(resolver, "hang-\($0)") }
        for round in 0..<5 { #expect(Asked(resolver, "good-\(round)").wait() == .success([Self.address])) }
        #expect(hanging.withLock { $0 } == many - 1)
        // One more, and further ones wait: the bound holds.
        let last = Asked(resolver, "hang-last")
        let waiting = Asked(resolver, "waiting")
        usleep(50_000)
        #expect(hanging.withLock { $0 } == many)
        #expect(waiting.answer.withLock { $0 } == nil)
        mayEnd.withLock { $0 = true }
        #expect((asked + [last, waiting]).allSatisfy { $0.wait() == .success([Self.address]) })
    }

    /// Who waits when a name server falls silent has the last addresses once a second is over, and goes on.
    @Test func whoWaitsInASilenceGoesOn() throws {
        let server = RawServer { _, _ in [lastOK, .close] }
        defer { server.stop() }
        let isSilent = Locked(false)
        let resolver = Resolver(threads: 2) { _ in
            while isSilent.withLock({ $0 }) { usleep(10_000) }
            return .success([Self.address])
        }
        defer {
            isSilent.withLock { $0 = false }
            resolver.close()
        }
        let bench = try Bench(resolver: resolver)
        let request = bench.request(server, host: "service.test", timeout: .seconds(20))
        #expect(bench.send(request).status == 200)
        isSilent.withLock { $0 = true }
        while resolver.known("service.test") != nil { usleep(10_000) }
        #expect(bench.send([request, request]).map(\.status) == [200, 200])
    }

    /// While the name server is silent the last addresses count; what it says counts at once.
    @Test func usesTheLastAddressesInASilence() {
        let answers = Locked<Resolver.Answer?>(.success([Self.address]))
        let resolver = Resolver(threads: 2) { name in
            // A silence takes a while, and ends as getaddrinfo(3) ends it.
            for _ in 0..<150 where answers.withLock({ $0 }) == nil { usleep(10_000) }
            return answers.withLock { $0 } ?? .failure(.init(reason: "silence", isSilence: true))
        }
        defer { resolver.close() }
        #expect(Asked(resolver, "name").wait() == .success([Self.address]))
        #expect(resolver.known("name") == .success([Self.address]))
        answers.withLock { $0 = nil }
        #expect(Asked(resolver, "new").wait() == .failure(.init(reason: "silence", isSilence: true)))
        while resolver.known("name") != nil { usleep(10_000) }
        // The first to ask learns of the silence at its end, those behind it need not wait.
        #expect(Asked(resolver, "name").wait() == .success([Self.address]))
        while resolver.known("name") != nil { usleep(10_000) }
        let again = Asked(resolver, "name")
        #expect(again.answer.withLock { $0 } == .success([Self.address]))
        // It is looked up meanwhile: an answer ends it.
        answers.withLock { $0 = .failure(.init(reason: "no such name")) }
        var said: Resolver.Answer?
        for _ in 0..<6_000 where said != .failure(.init(reason: "no such name")) {
            usleep(10_000)
            said = resolver.known("name") ?? Asked(resolver, "name").wait()
        }
        #expect(said == .failure(.init(reason: "no such name")))
    }
}
