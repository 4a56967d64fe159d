import Glibc
import Testing

extension Operation {
    /// One nginx, three hosts, and what the application sees when one of them goes.
    @Suite(
        .serialized,
        .enabled(
            if: SeveralHosts.arePermitted,
            "network namespaces are not permitted here: run as root, where ip netns works"
        )
    )
    struct SeveralHostsTests {
        private static let clients = 24

        private func load(_ hosts: SeveralHosts) -> IdentifiedLoad {
            IdentifiedLoad(clients: Self.clients, of: hosts.client) {
                #"{"webhook": "Enrich Lead", "lead": {"id": \#($0)}}"#
            }
        }

        /// No lead was called for twice, and every one that was answered with an update was called for.
        private func expectOneCallEach(_ results: [IdentifiedLoad.Result], _ hosts: SeveralHosts) {
            let leads = hosts.leads
            #expect(leads.count == Set(leads).count)
            #expect(Set(results.filter(\.isUpdated).map(\.id)).isSubset(of: Set(leads)))
        }

        @Test func aHostThatDiesTakesNoMoreThanItsRequestsInFlight() throws {
            let hosts = try SeveralHosts()
            defer { hosts.stop() }
            let load = load(hosts)
            #expect(load.waitForMore(200))
            let killed = IdentifiedLoad.now
            #expect(hosts.end(1, SIGKILL) == -SIGKILL)
            #expect(load.waitForMore(300))
            // It comes back by itself, once it has been left alone for its time.
            #expect(hosts.start(1))
            let results = load.stop()
            let failed = results.filter { !$0.isUpdated }
            // A request that was written to the host is never repeated: the application hears of it, at once.
            #expect(failed.allSatisfy { $0.status == 502 }, "\(failed.filter { $0.status != 502 }.prefix(2))")
            #expect(failed.count <= Self.clients, "\(hosts.errors)")
            #expect(failed.allSatisfy { $0.began < killed + 1_000_000_000 && $0.ended > killed })
            #expect((0..<3).allSatisfy { hosts.answered($0) > 0 })
            expectOneCallEach(results, hosts)
            let longest = results.map(\.milliseconds).max() ?? 0
            print(
                "\(results.count) requests by \(Self.clients) clients over 3 hosts, one killed: \(failed.count) answered "
                    + "with 502, the rest updated; longest \(longest) ms for a call of 200"
            )
        }

        @Test func hostsAreReplacedOneAfterAnotherWithoutALoss() throws {
            let hosts = try SeveralHosts()
            defer { hosts.stop() }
            let load = load(hosts)
            for number in 0..<3 {
                #expect(load.waitForMore(100))
                #expect(hosts.end(number, SIGTERM) == 0)
                #expect(hosts.start(number))
            }
            #expect(load.waitForMore(100))
            let results = load.stop()
            #expect(results.count { !$0.isUpdated } == 0, "\(hosts.errors)")
            expectOneCallEach(results, hosts)
            let longest = results.map(\.milliseconds).max() ?? 0
            print(
                "\(results.count) requests over 3 hosts, each replaced once: 0 lost; longest \(longest) ms for a call of 200"
            )
        }
    }
}
