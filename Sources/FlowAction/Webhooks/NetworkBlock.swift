/// A block of addresses in CIDR notation, such as `10.0.0.0/8` or `fd00::/8`.
package struct NetworkBlock: Sendable, Hashable {
    /// An address of the block.
    package let base: IPAddress
    /// How many leading bits of the 128 are the block's; 96 more than written for IPv4.
    package let prefixLength: Int

    /// Reads a block, or one address as a block of its own; `nil` where the text is neither.
    ///
    /// The address stands in its usual form, four decimal parts or IPv6.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let isV6 = parts[0].contains(":")
        guard isV6 || parts[0].split(separator: ".", omittingEmptySubsequences: false).count == 4,
            let base = IPAddress(parts[0])
        else { return nil }
        var length = isV6 ? 128 : 32
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }), let written = Int(parts[1]),
                written <= length
            else { return nil }
            length = written
        }
        self.base = base
        prefixLength = isV6 ? length : length + 96
    }

    /// Whether an address lies in the block.
    package func contains(_ address: IPAddress) -> Bool {
        if prefixLength <= 64 { return (address.high ^ base.high) >> (64 - prefixLength) == 0 }
        return address.high == base.high && (address.low ^ base.low) >> (128 - prefixLength) == 0
    }
}
