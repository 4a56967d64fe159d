internal import FlowAction

/// The addresses of a name, tried one after the other until a connection is made.
///
/// Of each family one is tried at a time: libcurl lets the two race (RFC 8305), but where an address is silent it gives the
/// next one of its family a turn only when something else happens.
struct AddressWalk {
    /// Those that come next.
    private(set) var left: [IPAddress]

    /// Begins before the first address; those that are silent at a moment of the loop's clock come last.
    init(_ addresses: [IPAddress], at now: UInt64, _ silent: borrowing SilentAddresses) {
        left = addresses
        guard silent.hasAny(at: now) else { return }
        left = addresses.filter { !silent.contains($0, at: now) }
        if left.count < addresses.count { left += addresses.filter { silent.contains($0, at: now) } }
    }

    /// Whether no address is left.
    var isAtEnd: Bool { left.isEmpty }

    /// Takes the next address, and the next one of the other family with it; to be called while there is one.
    mutating func next() -> [IPAddress] {
        let first = left.removeFirst()
        guard let other = left.firstIndex(where: { ($0.v4 == nil) != (first.v4 == nil) }) else { return [first] }
        return [first, left.remove(at: other)]
    }
}

/// Addresses that no connection could be made to lately, by the loop's clock: as long as there are others, nobody waits for
/// them again.
struct SilentAddresses {
    private var ends: [IPAddress: UInt64] = [:]
    private var lastEnd: UInt64 = 0

    /// For how long an address comes last.
    private static let nanoseconds: UInt64 = 60_000_000_000

    /// How many addresses are kept.
    private static let maximum = 1_024

    /// Whether there are any.
    func hasAny(at now: UInt64) -> Bool { now < lastEnd }

    /// Whether an address is one of them.
    func contains(_ address: IPAddress, at now: UInt64) -> Bool {
        ends[address].map { now < $0 } ?? false
    }

    /// Adds addresses.
    mutating func insert(_ addresses: [IPAddress], at now: UInt64) {
        if ends.count >= Self.maximum || !hasAny(at: now) { ends = [:] }
        lastEnd = now + Self.nanoseconds
        for address in addresses { ends[address] = lastEnd }
    }
}
