/// Looks at eight bytes at once for those that end a run of plain text.
enum WordScan {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// The first position, from one on, of a quote, a backslash or a control character; the end where there is none.
    @inline(__always)
    static func firstSpecial(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        first(in: bytes, from: start) { word in
            below(0x20, word) | equal(to: 0x22, word) | equal(to: 0x5C, word)
        }
    }

    /// The eight bytes at a position; behind the end letters stand in for those that are missing.
    @inline(__always)
    static func word(of bytes: UnsafeRawBufferPointer, at position: Int) -> UInt64 {
        if position &+ 8 <= bytes.count { return bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self) }
        var word: UInt64 = 0x6161_6161_6161_6161
        var last = bytes.count
        while last > position {
            last &-= 1
            word = word << 8 | UInt64(bytes[last])
        }
        return UInt64(littleEndian: word)
    }

    /// How many bytes of a word, from the first in memory on, stand before one that a written string may have to
    /// escape: a quote, a backslash, a control character, U+007F, and 0xE2, with which U+2028 and U+2029 begin.
    @inline(__always)
    static func unescaped(in word: UInt64) -> Int {
        escaped(UInt64(littleEndian: word)).trailingZeroBitCount / 8
    }

    @inline(__always)
    private static func escaped(_ word: UInt64) -> UInt64 {
        below(0x20, word) | equal(to: 0x22, word) | equal(to: 0x5C, word) | equal(to: 0x7F, word)
            | equal(to: 0xE2, word)
    }

    /// Asks about word after word. The lowest bit that a question sets is right; those above may be a borrow's.
    @inline(__always)
    private static func first(
        in bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        _ question: (UInt64) -> UInt64
    ) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        var position = start
        while position &+ 8 <= raw.count {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let hits = question(word)
            if hits != 0 { return position &+ hits.trailingZeroBitCount / 8 }
            position &+= 8
        }
        while position < raw.count {
            // A lone byte, and seven letters above it that no question is about.
            if question(UInt64(raw[position]) | 0x6161_6161_6161_6100) != 0 { return position }
            position &+= 1
        }
        return position
    }

    /// A bit in the place of each byte below a bound of at most 0x80.
    @inline(__always)
    private static func below(_ bound: UInt64, _ word: UInt64) -> UInt64 {
        (word &- ones &* bound) & ~word & highs
    }

    /// A bit in the place of each byte of a value.
    @inline(__always)
    private static func equal(to byte: UInt64, _ word: UInt64) -> UInt64 {
        below(1, word ^ ones &* byte)
    }
}
