/// An IP address in 128 bits; IPv4 as `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2).
package struct IPAddress: Sendable, Hashable {
    /// The first 64 bits.
    let high: UInt64
    /// The last 64 bits.
    let low: UInt64

    /// What stands before the 32 bits of an IPv4 address in the last 64.
    private static let mapped: UInt64 = 0xFFFF << 32

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Makes an IPv4 address of its 32 bits.
    package init(v4 bits: UInt32) {
        self.init(high: 0, low: Self.mapped | UInt64(bits))
    }

    /// Makes an address of 4 or 16 bytes; `nil` for another count.
    package init?(bytes: some Collection<UInt8>) {
        func number(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        switch bytes.count {
        case 4: self.init(v4: UInt32(number(bytes)))
        case 16: self.init(high: number(bytes.prefix(8)), low: number(bytes.dropFirst(8)))
        default: return nil
        }
    }

    /// Reads a URL's host, where that is an address; some resolvers take one with a dot behind it for one.
    package init?(host: String) {
        self.init(host.hasSuffix(".") ? host.dropLast() : host[...])
    }

    /// Reads an address as it stands in a URL's host, brackets left out.
    ///
    /// IPv6 by RFC 4291, section 2.2; IPv4 also in the forms that inet_aton(3) takes, since resolvers do: fewer parts,
    /// octal and hexadecimal numbers, `127.1`, `0x7f000001`, `2130706433`.
    package init?(_ text: some StringProtocol) {
        var text = String(text)
        // Every call asks whether its host is an address, so this runs over bytes alone.
        guard let address = text.withUTF8({ Self(utf8: $0[...]) }) else { return nil }
        self = address
    }

    private init?(utf8 text: Slice<UnsafeBufferPointer<UInt8>>) {
        if text.contains(UInt8(ascii: ":")) {
            self.init(v6: text)
        } else {
            guard let bits = Self.v4(text) else { return nil }
            self.init(v4: bits)
        }
    }

    /// The 16 bytes, the first one first.
    package var bytes: [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> UInt64(56 - $0 % 8 * 8)) }
    }

    /// The 32 bits of an IPv4 address; `nil` for an IPv6 one.
    package var v4: UInt32? {
        high == 0 && low & ~0xFFFF_FFFF == Self.mapped ? UInt32(truncatingIfNeeded: low) : nil
    }

    /// Four of the bytes as a number.
    ///
    /// - Parameter start: the first of them, 0 to 12.
    func bits(at start: Int) -> UInt32 {
        let end = start + 4
        if end <= 8 { return UInt32(truncatingIfNeeded: high >> UInt64(64 - end * 8)) }
        let tail = low >> UInt64(128 - end * 8)
        return UInt32(truncatingIfNeeded: start < 8 ? high << UInt64(end * 8 - 64) | tail : tail)
    }

    // MARK: Reading

    /// The bytes of a text that is looked at in place.
    private typealias Text = Slice<UnsafeBufferPointer<UInt8>>

    private static func v4(_ text: Text) -> UInt32? {
        var bits: UInt32 = 0
        var rest = text
        for index in 0..<4 {
            let part = rest.prefix { $0 != UInt8(ascii: ".") }
            guard let number = number(part) else { return nil }
            let isLast = part.endIndex == text.endIndex
            // The last part fills what is left of the 32 bits.
            let width = isLast ? 32 - 8 * index : 8
            guard width == 32 || number >> UInt32(width) == 0 else { return nil }
            if isLast { return bits | number }
            bits |= number << UInt32(24 - 8 * index)
            rest = rest[(part.endIndex + 1)...]
        }
        return nil
    }

    private static func number(_ text: Text) -> UInt32? {
        guard let first = text.first, first &- UInt8(ascii: "0") < 10 else { return nil }
        if first == UInt8(ascii: "0"), text.dropFirst().first.map({ $0 | 0x20 }) == UInt8(ascii: "x") {
            let digits = text.dropFirst(2)
            return digits.isEmpty ? 0 : number(digits, radix: 16)
        }
        return number(text, radix: first == UInt8(ascii: "0") ? 8 : 10)
    }

    /// A number without a sign; `nil` where the text is none, is empty or passes 32 bits.
    private static func number(_ text: Text, radix: UInt32) -> UInt32? {
        var number: UInt32 = 0
        for byte in text {
            guard let digit = hexadecimalValue(byte).map(UInt32.init), digit < radix else { return nil }
            let (product, overflows) = number.multipliedReportingOverflow(by: radix)
            let (sum, overflowsToo) = product.addingReportingOverflow(digit)
            if overflows || overflowsToo { return nil }
            number = sum
        }
        return text.isEmpty ? nil : number
    }

    private init?(v6 text: Text) {
        // A zone names an interface of this machine; the address alone decides.
        let address = text.prefix { $0 != UInt8(ascii: "%") }
        var groups: [UInt16] = []
        groups.reserveCapacity(8)
        guard let gap = Self.gap(in: address) else {
            guard Self.append(address, to: &groups, mayEndInV4: true), groups.count == 8 else { return nil }
            self.init(groups: groups)
            return
        }
        let head = address[..<gap]
        let tail = address[(gap + 2)...]
        guard head.isEmpty || Self.append(head, to: &groups, mayEndInV4: false) else { return nil }
        let before = groups.count
        guard tail.isEmpty || Self.append(tail, to: &groups, mayEndInV4: true), groups.count <= 7 else { return nil }
        groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: before)
        self.init(groups: groups)
    }

    private init(groups: [UInt16]) {
        func half(_ groups: ArraySlice<UInt16>) -> UInt64 { groups.reduce(0) { $0 << 16 | UInt64($1) } }
        self.init(high: half(groups[..<4]), low: half(groups[4...]))
    }

    /// Where the first `::` stands.
    private static func gap(in text: Text) -> Int? {
        text.indices.dropLast().first { text[$0] == UInt8(ascii: ":") && text[$0 + 1] == UInt8(ascii: ":") }
    }

    /// Appends the groups of 16 bits between colons; whether they are all well-formed and at most eight.
    private static func append(_ text: Text, to groups: inout [UInt16], mayEndInV4: Bool) -> Bool {
        var rest = text
        while groups.count < 8 {
            let part = rest.prefix { $0 != UInt8(ascii: ":") }
            let isLast = part.endIndex == text.endIndex
            if mayEndInV4, isLast, part.contains(UInt8(ascii: ".")) {
                guard let bits = decimalV4(part) else { return false }
                groups.append(UInt16(bits >> 16))
                groups.append(UInt16(truncatingIfNeeded: bits))
                return groups.count <= 8
            }
            guard (1...4).contains(part.count), let number = number(part, radix: 16) else { return false }
            groups.append(UInt16(number))
            if isLast { return true }
            rest = rest[(part.endIndex + 1)...]
        }
        return false
    }

    /// Four decimal octets, and no other form of IPv4.
    private static func decimalV4(_ text: Text) -> UInt32? {
        var bits: UInt32 = 0
        var rest = text
        for index in 0..<4 {
            let part = rest.prefix { $0 != UInt8(ascii: ".") }
            guard let octet = number(part, radix: 10), octet <= 255, (part.endIndex == text.endIndex) == (index == 3)
            else { return nil }
            bits = bits << 8 | octet
            rest = index == 3 ? rest : rest[(part.endIndex + 1)...]
        }
        return bits
    }
}
