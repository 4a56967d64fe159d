/// The offsets of a time zone from UTC, as an immutable value read from a TZif file (RFC 8536).
package struct TimeZoneRules: Sendable {
    /// From when on, in seconds since 1970 in UTC, which offset holds, in seconds to the east.
    private let transitions: [(start: Int64, offset: Int)]
    /// The offset before the first transition.
    private let firstOffset: Int
    /// What holds after the last transition.
    private let rule: PosixTimeZone?

    /// UTC: no offset at any time.
    package static let utc = TimeZoneRules()

    private init() {
        transitions = []
        firstOffset = 0
        rule = nil
    }

    /// The offset from UTC in seconds, positive to the east, at a moment given in seconds since 1970 in UTC.
    package func offset(at seconds: Int64) -> Int {
        guard let last = transitions.last else { return rule?.offset(at: seconds) ?? firstOffset }
        if seconds >= last.start, let rule { return rule.offset(at: seconds) }
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].start <= seconds { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? firstOffset : transitions[low - 1].offset
    }

    /// Reads a TZif file of version 2 or later.
    ///
    /// - Returns: `nil` where the bytes are no such file.
    package init?(tzif bytes: [UInt8]) {
        guard let first = Header(bytes[...]), first.version >= UInt8(ascii: "2") else { return nil }
        // The first block is the old one of 32 bits; what counts is the second, of 64.
        let second = bytes.dropFirst(Header.length + first.blockLength(timeSize: 4))
        guard let header = Header(second) else { return nil }
        var rest = second.dropFirst(Header.length)
        guard rest.count >= header.blockLength(timeSize: 8) else { return nil }
        let starts = (0..<header.timeCount).map { Int64(bitPattern: Self.number(rest, at: $0 * 8, bytes: 8)) }
        rest = rest.dropFirst(header.timeCount * 8)
        let kinds = Array(rest.prefix(header.timeCount))
        rest = rest.dropFirst(header.timeCount)
        let offsets = (0..<header.typeCount).map {
            Int(Int32(truncatingIfNeeded: Self.number(rest, at: $0 * 6, bytes: 4)))
        }
        guard let firstOffset = offsets.first, kinds.allSatisfy({ Int($0) < offsets.count }) else { return nil }
        let footer = second.dropFirst(Header.length + header.blockLength(timeSize: 8))
        let text = footer.dropFirst().prefix { $0 != UInt8(ascii: "\n") }
        self.firstOffset = firstOffset
        transitions = zip(starts, kinds).map { ($0, offsets[Int($1)]) }
        rule = PosixTimeZone(String(decoding: text, as: UTF8.self))
    }

    private static func number(_ bytes: ArraySlice<UInt8>, at position: Int, bytes count: Int) -> UInt64 {
        bytes.dropFirst(position).prefix(count).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The header of a block (RFC 8536, section 3.1).
    private struct Header {
        static let length = 44

        var version: UInt8
        var utcCount: Int
        var standardCount: Int
        var leapCount: Int
        var timeCount: Int
        var typeCount: Int
        var characterCount: Int

        init?(_ bytes: ArraySlice<UInt8>) {
            guard bytes.count >= Self.length, bytes.starts(with: "TZif".utf8) else { return nil }
            version = bytes[bytes.startIndex + 4]
            let counts = (0..<6).map { Int(TimeZoneRules.number(bytes, at: 20 + $0 * 4, bytes: 4)) }
            // No zone has more; what claims so is no file to be trusted with memory.
            guard counts.allSatisfy({ $0 <= 100_000 }) else { return nil }
            utcCount = counts[0]
            standardCount = counts[1]
            leapCount = counts[2]
            timeCount = counts[3]
            typeCount = counts[4]
            characterCount = counts[5]
        }

        func blockLength(timeSize: Int) -> Int {
            timeCount * (timeSize + 1) + typeCount * 6 + characterCount + leapCount * (timeSize + 4) + standardCount
                + utcCount
        }
    }
}
