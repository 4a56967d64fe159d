internal import JSON

/// The hash of a name of ASCII, eight bytes at a time.
enum NameHash {
    /// Hashes a name; `nil` for one that is not of ASCII alone, which may be the same as another of other bytes.
    ///
    /// - Parameters:
    ///   - key: where the names are a stranger's, one that nobody knows, lest many of one hash are sent.
    ///   - blanked: the bits of each byte that are to make no difference.
    @inline(__always)
    static func of(_ name: String, key: UInt64, blanked: UInt8 = 0) -> UInt64? {
        let blanks = UInt64(blanked) &* 0x0101_0101_0101_0101
        return name.withBytes { utf8 in
            let raw = UnsafeRawBufferPointer(utf8)
            var hash = key ^ UInt64(raw.count)
            var all: UInt64 = 0
            var position = 0
            while position + 8 <= raw.count {
                let bytes = raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                all |= bytes
                hash = mixed(hash ^ (bytes | blanks), key)
                position += 8
            }
            var rest: UInt64 = 0
            while position < raw.count {
                rest = rest << 8 | UInt64(raw[position])
                position += 1
            }
            all |= rest
            guard all & 0x8080_8080_8080_8080 == 0 else { return nil }
            return mixed(hash ^ (rest | blanks), key)
        }
    }

    /// Both halves of the product, so that every bit of the result depends on every bit of the word and of the key.
    @inline(__always)
    private static func mixed(_ word: UInt64, _ key: UInt64) -> UInt64 {
        let product = word.multipliedFullWidth(by: key | 1)
        return product.high ^ product.low
    }
}
