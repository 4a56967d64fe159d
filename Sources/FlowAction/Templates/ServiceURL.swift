/// The parts of a third-party service's URL that decide where a call goes (RFC 3986, section 3).
package struct ServiceURL: Sendable, Hashable {
    /// Whether the scheme is `https`.
    package let isSecure: Bool
    /// The host as written, without brackets where it is an IPv6 address.
    package let host: String
    /// The port, the scheme's own where the URL names none.
    package let port: Int
    /// The bytes of `user:password`, without the `@`; `nil` where there is none.
    package let userInfo: Range<Int>?
    /// The bytes between `//` and path, query or the end; `user:password@` included.
    package let authority: Range<Int>

    /// What keeps a text from being the URL of a service.
    package enum Flaw: String, Error, Sendable {
        /// A scheme that is missing or another one.
        case scheme = "it does not begin with http:// or https://"
        /// No host, or one that holds what no host may.
        case host = "its host is missing or is no host name or address; letters, digits, - . _ ~ or [IPv6] are"
        /// A port that is empty or out of range.
        case port = "its port is not a number from 1 to 65535"
        /// A fragment.
        case fragment = "it has a fragment (#), which is never sent"
        /// A blank or control character.
        case character = "it holds a blank or a control character, which a URL writes as %XX"
    }

    /// Reads a URL.
    ///
    /// - Throws: the first flaw.
    package init(parsing bytes: [UInt8]) throws(Flaw) {
        guard bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { throw .character }
        let start: Int
        if Self.begins(bytes, with: "https://") {
            (isSecure, start) = (true, 8)
        } else if Self.begins(bytes, with: "http://") {
            (isSecure, start) = (false, 7)
        } else {
            throw .scheme
        }
        guard !bytes.contains(UInt8(ascii: "#")) else { throw .fragment }
        let end = bytes[start...].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? bytes.count
        authority = start..<end
        let at = bytes[authority].lastIndex(of: UInt8(ascii: "@"))
        userInfo = at.map { start..<$0 }
        let hostAndPort = bytes[(at.map { $0 + 1 } ?? start)..<end]
        let hostEnd: Int
        if hostAndPort.first == UInt8(ascii: "[") {
            guard let close = hostAndPort.firstIndex(of: UInt8(ascii: "]")) else { throw .host }
            let address = hostAndPort[(hostAndPort.startIndex + 1)..<close]
            guard address.contains(UInt8(ascii: ":")), address.allSatisfy(Self.isInAddress) else { throw .host }
            host = String(decoding: address, as: UTF8.self)
            hostEnd = close + 1
        } else {
            hostEnd = hostAndPort.firstIndex(of: UInt8(ascii: ":")) ?? end
            let name = hostAndPort[..<hostEnd]
            guard Self.isName(name) else { throw .host }
            host = String(decoding: name, as: UTF8.self)
        }
        port = try Self.port(of: bytes[hostEnd..<end]) ?? (isSecure ? 443 : 80)
    }

    private static func begins(_ bytes: [UInt8], with scheme: StaticString) -> Bool {
        guard bytes.count >= scheme.utf8CodeUnitCount else { return false }
        // `:` and `/` have the bit of lower case already.
        for offset in 0..<scheme.utf8CodeUnitCount where bytes[offset] | 0x20 != scheme.utf8Start[offset] {
            return false
        }
        return true
    }

    /// Whether bytes may be a host's name or address: labels of 1 to 63 characters, 253 in all (RFC 1035, section 2.3.4), and
    /// a dot behind the last where there is one.
    private static func isName(_ name: ArraySlice<UInt8>) -> Bool {
        let name = name.last == UInt8(ascii: ".") ? name.dropLast() : name
        guard name.count <= 253 else { return false }
        var labelBytes = 0
        for byte in name {
            if byte == UInt8(ascii: ".") {
                guard labelBytes > 0 else { return false }
                labelBytes = 0
            } else {
                labelBytes += 1
                guard labelBytes <= 63, isURIUnreserved(byte) else { return false }
            }
        }
        return labelBytes > 0
    }

    private static func isInAddress(_ byte: UInt8) -> Bool {
        hexadecimalValue(byte) != nil || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }

    /// The port after a host; `nil` where there is none.
    private static func port(of bytes: ArraySlice<UInt8>) throws(Flaw) -> Int? {
        guard let first = bytes.first else { return nil }
        guard first == UInt8(ascii: ":") else { throw .host }
        let digits = bytes.dropFirst()
        guard (1...5).contains(digits.count) else { throw .port }
        var port = 0
        for digit in digits {
            guard digit &- UInt8(ascii: "0") < 10 else { throw .port }
            port = port * 10 + Int(digit - UInt8(ascii: "0"))
        }
        guard (1...65535).contains(port) else { throw .port }
        return port
    }
}

/// Whether a byte is unreserved in a URI (RFC 3986, section 2.3).
func isURIUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        true
    default: false
    }
}
