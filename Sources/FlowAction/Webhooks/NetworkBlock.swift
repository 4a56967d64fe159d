/// A block of addresses in CIDR notation, such as `10.0.0.0/8` or `fd00::/8`.
package struct NetworkBlock: Sendable, Hashable {
    /// The block's first address, in 16 bytes; IPv4 as `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2).
    package let base: [UInt8]
    /// How many leading bits of the 128 are the block's; 96 more than written for IPv4.
    package let prefixLength: Int

    /// Makes a block from its base and prefix.
    package init(base: [UInt8], prefixLength: Int) {
        self.base = base
        self.prefixLength = prefixLength
    }
}
