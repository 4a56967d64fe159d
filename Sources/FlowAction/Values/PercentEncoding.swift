/// Bytes with some of them as escapes `%XX` (RFC 3986, section 2.1).
package func percentEncoded(_ bytes: some Collection<UInt8>, where isEscaped: (UInt8) -> Bool) -> [UInt8] {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(bytes.count)
    for byte in bytes {
        if isEscaped(byte) {
            encoded += [UInt8(ascii: "%"), upperHexadecimal(byte >> 4), upperHexadecimal(byte & 15)]
        } else {
            encoded.append(byte)
        }
    }
    return encoded
}

/// Bytes of a URL with those beyond ASCII percent-encoded, which no URI holds (RFC 3986, section 2); ASCII stays.
func percentEncodedBeyondASCII(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.contains(where: { $0 >= 0x80 }) else { return bytes }
    return percentEncoded(bytes) { $0 >= 0x80 }
}

/// Bytes with their escapes `%XX` resolved; what is no escape stays (RFC 3986, section 2.1).
package func percentDecoded(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var position = bytes.startIndex
    while position < bytes.endIndex {
        if bytes[position] == UInt8(ascii: "%"), position + 2 < bytes.endIndex,
            let high = hexadecimalValue(bytes[position + 1]), let low = hexadecimalValue(bytes[position + 2])
        {
            decoded.append(high << 4 | low)
            position += 3
        } else {
            decoded.append(bytes[position])
            position += 1
        }
    }
    return decoded
}

/// The value of a hexadecimal digit in ASCII.
func hexadecimalValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// A number below 16 as a hexadecimal digit.
func upperHexadecimal(_ digit: UInt8) -> UInt8 {
    digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10
}
