package import FlowAction

/// The addresses of a name, tried one after the other until a connection is made.
///
/// Of each family one is tried at a time: libcurl lets the two race (RFC 8305), but where an address does not do, it gives
/// the next one of its family a turn only when something else happens.
package struct AddressWalk {
    private var left: [IPAddress]
    /// Those that are silent, which come last.
    private var silent: ArraySlice<IPAddress> = []
    /// Whether what is left has been tried together.
    private var isSecondLook = false

    /// Begins before the first address; those that are silent at a moment of the loop's clock come last.
    package init(_ addresses: [IPAddress], port: Int, at now: UInt64, _ silent: borrowing SilentAddresses) {
        left = addresses
        guard silent.hasAny(at: now) else { return }
        let sorted = silent.sorted(addresses, port: port, at: now)
        left = sorted.addresses
        self.silent = left[sorted.firstSilent...]
    }

    /// Whether no address is left.
    package var isAtEnd: Bool { left.isEmpty }

    /// The next address, with the next one of the other family beside it, and whether they are the last; to be called while
    /// there is one.
    ///
    /// No silent one stands beside one that is not: libcurl 8 begins with that of IPv6, whatever their order.
    package func next() -> (addresses: [IPAddress], isLast: Bool) {
        let first = left[0]
        let other = left.first { ($0.v4 == nil) != (first.v4 == nil) }
        guard let other, silent.contains(first) || !silent.contains(other) else { return ([first], left.count == 1) }
        return ([first, other], left.count == 2 && isSecondLook)
    }

    /// Goes on without some addresses; the last two, of which either may have needed more time, have another look.
    package mutating func giveUp(_ addresses: [IPAddress]) {
        if addresses.count == 2, left.count == 2, !isSecondLook {
            isSecondLook = true
        } else {
            left.removeAll(where: addresses.contains)
        }
    }
}

/// Addresses that are tried at once, of which one takes the connection.
final class AddressRace {
    /// That of the socket which was closed last: libcurl closes those that lost as soon as one has won, and does not tell in
    /// all its versions which that is before the handshake has ended.
    var lastClosed: IPAddress?
}

/// Addresses that no connection could be made to lately, by the loop's clock: as long as there are others, nobody waits for
/// them again.
package struct SilentAddresses {
    private struct Endpoint: Hashable {
        var address: IPAddress
        var port: Int
    }

    private var ends: [Endpoint: UInt64] = [:]
    private var lastEnd: UInt64 = 0

    /// For how long an address comes last.
    private static let nanoseconds: UInt64 = 60_000_000_000

    /// How many addresses are kept.
    private static let maximum = 1_024

    /// Knows none.
    package init() {}

    /// Whether there may be any.
    func hasAny(at now: UInt64) -> Bool { now < lastEnd }

    /// The addresses with those at the end that are silent, the one that has been so for longest first, since it may be back;
    /// and where these begin.
    func sorted(_ addresses: [IPAddress], port: Int, at now: UInt64) -> (addresses: [IPAddress], firstSilent: Int) {
        let ends = addresses.map { self.ends[Endpoint(address: $0, port: port)].flatMap { now < $0 ? $0 : nil } ?? 0 }
        let order = addresses.indices.sorted { (ends[$0], $0) < (ends[$1], $1) }
        return (order.map { addresses[$0] }, ends.count { $0 == 0 })
    }

    /// Adds addresses.
    package mutating func insert(_ addresses: [IPAddress], port: Int, at now: UInt64) {
        if ends.count >= Self.maximum || !hasAny(at: now) { ends = [:] }
        lastEnd = now + Self.nanoseconds
        for address in addresses { ends[Endpoint(address: address, port: port)] = lastEnd }
    }
}
