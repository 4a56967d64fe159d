/// Which addresses may be called: those that are globally reachable, and those that the settings allow.
package struct AddressPolicy: Sendable {
    private let allowed: [NetworkBlock]

    /// Makes a policy.
    ///
    /// - Parameter allowed: blocks that may be called although they are not globally reachable.
    package init(allowing allowed: [NetworkBlock]) {
        self.allowed = allowed
    }

    /// Whether the policy is the one that these blocks make.
    package func isMade(of blocks: [NetworkBlock]) -> Bool { allowed == blocks }

    /// Whether an address may be called.
    ///
    /// An IPv4 address inside an IPv6 one (mapped, compatible, NAT64, 6to4) is judged by itself.
    package func permits(_ address: IPAddress) -> Bool {
        let inner = address.embeddedV4
        if allowed.contains(where: { $0.contains(address) || inner.map($0.contains) ?? false }) { return true }
        if let inner { return !Self.v4Blocks.contains { $0.contains(inner) } }
        // Of IPv6, 2000::/3 alone is handed out for global use (RFC 4291, section 2.4).
        return Self.globalUnicast.contains(address) && !Self.v6Blocks.contains { $0.contains(address) }
    }

    private static func blocks(_ texts: [String]) -> [NetworkBlock] {
        texts.map { text in
            guard let block = NetworkBlock(text) else { preconditionFailure("\(text) is no block") }
            return block
        }
    }

    private static let globalUnicast = blocks(["2000::/3"])[0]

    /// The blocks of the IANA IPv4 Special-Purpose Address Registry that are not globally reachable, multicast, and the
    /// address of Azure's WireServer, which answers each machine there about itself.
    private static let v4Blocks = blocks([
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
    ])

    /// The same of IPv6 within 2000::/3: the IETF's block with Teredo, ORCHID and benchmarking, documentation, SRv6.
    private static let v6Blocks = blocks(["2001::/23", "2001:db8::/32", "3fff::/20"])
}

extension IPAddress {
    /// The IPv4 address that an address stands for, in IPv4's own spelling.
    fileprivate var embeddedV4: IPAddress? {
        if v4 != nil { return self }
        for (prefix, start) in Self.embeddings where prefix.contains(self) { return IPAddress(v4: bits(at: start)) }
        return nil
    }

    /// Blocks whose addresses hold an IPv4 address, and at which byte: translated by NAT64 (RFC 6052), 6to4 (RFC 3056),
    /// and IPv4-compatible (RFC 4291, section 2.5.5.1).
    ///
    /// Not 64:ff9b:1::/48 (RFC 8215): where its addresses hold one depends on the network, so all of it is refused.
    private static let embeddings: [(NetworkBlock, Int)] = [
        ("64:ff9b::/96", 12), ("2002::/16", 2), ("::/96", 12),
    ].compactMap { text, start in NetworkBlock(text).map { ($0, start) } }
}
