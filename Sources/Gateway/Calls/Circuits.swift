package import FlowAction
internal import Synchronization

/// The circuits of all hosts, shared by all event loops.
///
/// A host that has not failed since it was last forgotten has no entry; while there is no entry at all, a call passes
/// without taking the lock.
package final class Circuits: Sendable {
    /// By host and port, `api.example.com:443`.
    private let circuits = Locked<[String: Circuit]>([:])
    private let count = Atomic<Int>(0)

    /// How many hosts are remembered; a redirect can lead to any number of them.
    private static let maximumHosts = 1_024

    /// For how long beyond its time an open circuit is remembered that nobody asks for.
    private static let longestSilence = Duration.seconds(300)

    /// Makes a table without an entry.
    package init() {}

    /// One host's circuit, for people.
    package struct Reading: Sendable {
        /// `api.example.com:443`.
        package var host: String
        /// 0 closed, 1 half-open, 2 open.
        package var state: Int
    }

    /// The circuits of the hosts that have failed, at most 1,024; a host that is not listed is closed.
    ///
    /// An open one that nobody asks for any more, as its webhook is gone, is listed for five minutes beyond its time.
    ///
    /// - Parameter rule: the present one; without one nothing is held back, and nothing listed.
    package func readings(at now: UInt64, _ rule: Circuit.Rule?) -> [Reading] {
        guard let rule else { return [] }
        let circuits = circuits.withLock { $0 }
        return circuits.compactMap { host, circuit in
            guard now < circuit.openSince.map({ Self.end(of: $0, rule) }) ?? .max else { return nil }
            return Reading(host: host, state: circuit.state.rawValue)
        }
        .sorted { $0.host < $1.host }
    }

    /// Until when a circuit that opened at a moment is remembered.
    private static func end(of openSince: UInt64, _ rule: Circuit.Rule) -> UInt64 {
        openSince.addingClamped(rule.openFor).addingClamped(longestSilence)
    }

    /// The host that a request goes to, with its port; names ignore case.
    private static func host(of request: OutgoingRequest) -> String {
        "\(request.host.lowercased()):\(request.port)"
    }

    /// Whether a request would be refused now.
    func refuses(_ request: OutgoingRequest, at now: UInt64, _ rule: Circuit.Rule) -> Bool {
        guard count.load(ordering: .relaxed) > 0 else { return false }
        let host = Self.host(of: request)
        return circuits.withLock { $0[host]?.refuses(at: now, rule) ?? false }
    }

    /// Asks leave for a request; `nil` where its circuit is open.
    func admit(_ request: OutgoingRequest, at now: UInt64, _ rule: Circuit.Rule) -> Circuit.Pass? {
        guard count.load(ordering: .relaxed) > 0 else { return .ofUntouchedCircuit }
        let host = Self.host(of: request)
        return circuits.withLock { circuits in
            guard var circuit = circuits[host] else { return .ofUntouchedCircuit }
            defer { circuits[host] = circuit }
            return circuit.admit(at: now, rule)
        }
    }

    /// Takes the verdict of a request that had leave; to be called for each of them.
    func record(
        _ verdict: Circuit.Verdict,
        of request: OutgoingRequest,
        _ pass: Circuit.Pass,
        at now: UInt64,
        _ rule: Circuit.Rule
    ) {
        switch verdict {
        case .failure: break
        case .success, .nothing: guard count.load(ordering: .relaxed) > 0 else { return }
        }
        let host = Self.host(of: request)
        circuits.withLock { circuits in
            if circuits[host] == nil {
                guard case .failure = verdict, makeRoom(in: &circuits, at: now, rule) else { return }
            }
            circuits[host, default: Circuit()].record(verdict, of: pass, at: now, rule)
            count.store(circuits.count, ordering: .relaxed)
        }
    }

    /// Whether there is room for one more, once what can be forgotten is.
    private func makeRoom(in circuits: inout [String: Circuit], at now: UInt64, _ rule: Circuit.Rule) -> Bool {
        guard circuits.count >= Self.maximumHosts else { return true }
        circuits = circuits.filter { _, circuit in
            guard let openSince = circuit.openSince else { return false }
            return now < Self.end(of: openSince, rule)
        }
        return circuits.count < Self.maximumHosts
    }
}
