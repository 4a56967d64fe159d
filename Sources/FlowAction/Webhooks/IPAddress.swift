/// An IP address in 16 bytes; IPv4 as `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2).
package struct IPAddress: Sendable, Hashable {
    /// The 128 bits, the first byte first.
    package let bytes: [UInt8]

    /// The first 96 bits of an IPv4 address.
    private static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]

    /// Makes an IPv4 address of its 32 bits.
    package init(v4 bits: UInt32) {
        bytes = Self.mappedPrefix + (0..<4).map { UInt8(truncatingIfNeeded: bits >> (24 - 8 * $0)) }
    }

    /// Makes an address of 4 or 16 bytes; `nil` for another count.
    package init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self.bytes = Self.mappedPrefix + bytes
        case 16: self.bytes = Array(bytes)
        default: return nil
        }
    }

    /// Reads an address as it stands in a URL's host, brackets left out.
    ///
    /// IPv6 by RFC 4291, section 2.2; IPv4 also in the forms that inet_aton(3) takes, since resolvers do: fewer parts,
    /// octal and hexadecimal numbers, `127.1`, `0x7f000001`, `2130706433`.
    package init?(_ text: some StringProtocol) {
        if text.contains(":") {
            guard let bytes = Self.v6(text) else { return nil }
            self.bytes = bytes
        } else {
            guard let bits = Self.v4(text) else { return nil }
            bytes = IPAddress(v4: bits).bytes
        }
    }

    /// The 32 bits of an IPv4 address; `nil` for an IPv6 one.
    package var v4: UInt32? {
        bytes.starts(with: Self.mappedPrefix) ? bits(at: 12) : nil
    }

    /// Four of the bytes as a number.
    func bits(at start: Int) -> UInt32 {
        bytes[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func v4(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...4).contains(parts.count) else { return nil }
        var bits: UInt32 = 0
        for (index, part) in parts.enumerated() {
            guard let number = number(part) else { return nil }
            let isLast = index == parts.count - 1
            // The last part fills what is left of the 32 bits.
            let width = isLast ? 32 - 8 * index : 8
            guard width == 32 || number >> UInt32(width) == 0 else { return nil }
            bits |= isLast ? number : number << UInt32(24 - 8 * index)
        }
        return bits
    }

    private static func number(_ text: some StringProtocol) -> UInt32? {
        guard let first = text.utf8.first, first &- UInt8(ascii: "0") < 10 else { return nil }
        if text.hasPrefix("0x") || text.hasPrefix("0X") {
            let digits = text.dropFirst(2)
            return digits.isEmpty ? 0 : UInt32(digits, radix: 16)
        }
        guard text.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }) else { return nil }
        return first == UInt8(ascii: "0") ? UInt32(text, radix: 8) : UInt32(text)
    }

    private static func v6(_ text: some StringProtocol) -> [UInt8]? {
        // A zone names an interface of this machine; the address alone decides.
        let address = text.prefix { $0 != "%" }
        guard let gap = address.firstRange(of: "::") else {
            guard let bytes = groups(address), bytes.count == 16 else { return nil }
            return bytes
        }
        let head = address[..<gap.lowerBound]
        let tail = address[gap.upperBound...]
        guard let before = head.isEmpty ? [] : groups(head, mayEndInV4: false),
            let after = tail.isEmpty ? [] : groups(tail), before.count + after.count <= 14
        else { return nil }
        return before + [UInt8](repeating: 0, count: 16 - before.count - after.count) + after
    }

    private static func groups(_ text: some StringProtocol, mayEndInV4: Bool = true) -> [UInt8]? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if mayEndInV4, index == parts.count - 1, part.contains(".") {
                let octets = part.split(separator: ".", omittingEmptySubsequences: false)
                let numbers = octets.compactMap { UInt8($0) }
                guard octets.count == 4, numbers.count == 4 else { return nil }
                bytes += numbers
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.first != UInt8(ascii: "+"),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
            }
        }
        return bytes
    }
}
