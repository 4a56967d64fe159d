/// A reference to a URL as `Location` holds it: absolute, or relative to the URL that it came from.
package enum URLReference {
    /// Resolves a reference (RFC 3986, section 5.2); what has no place in a URL is percent-encoded, a fragment dropped.
    ///
    /// - Parameters:
    ///   - reference: the reference, of any kind.
    ///   - base: an absolute URL with an authority.
    package static func resolve(_ reference: [UInt8], against base: [UInt8]) -> [UInt8] {
        let reference = Parts(encoded(reference.trimming { $0 <= 0x20 }))
        let base = Parts(base[...])
        if reference.scheme != nil {
            // Without an authority it is no URL of HTTP, and is not to become one: `http:/.//host`.
            guard reference.authority != nil else { return reference.joined(path: reference.path) }
            return reference.joined(path: withoutDotSegments(reference.path))
        }
        var target = reference
        target.scheme = base.scheme
        if reference.authority != nil { return target.joined(path: withoutDotSegments(reference.path)) }
        target.authority = base.authority
        if reference.path.isEmpty {
            if reference.query == nil { target.query = base.query }
            return target.joined(path: base.path)
        }
        if reference.path.first == slash { return target.joined(path: withoutDotSegments(reference.path)) }
        return target.joined(path: withoutDotSegments(merged(reference.path, base)))
    }

    private static let slash = UInt8(ascii: "/")

    /// The five parts of a reference (RFC 3986, appendix B), the fragment left out.
    private struct Parts {
        var scheme: ArraySlice<UInt8>?
        var authority: ArraySlice<UInt8>?
        var path: ArraySlice<UInt8>
        var query: ArraySlice<UInt8>?

        init(_ text: ArraySlice<UInt8>) {
            var rest = text.prefix { $0 != UInt8(ascii: "#") }
            let head = rest.prefix { $0 != slash && $0 != UInt8(ascii: "?") }
            if let colon = head.firstIndex(of: UInt8(ascii: ":")), colon > head.startIndex,
                isLetter(head[head.startIndex]),
                head[..<colon].allSatisfy({ isLetter($0) || $0 &- 0x30 < 10 || "+-.".utf8.contains($0) })
            {
                scheme = head[..<colon]
                rest = rest[(colon + 1)...]
            }
            if rest.starts(with: [slash, slash]) {
                let authority = rest.dropFirst(2).prefix { $0 != slash && $0 != UInt8(ascii: "?") }
                self.authority = authority
                rest = rest[authority.endIndex...]
            }
            path = rest.prefix { $0 != UInt8(ascii: "?") }
            query = path.endIndex < rest.endIndex ? rest[(path.endIndex + 1)...] : nil
        }

        func joined(path: [UInt8]) -> [UInt8] { joined(path: path[...]) }

        func joined(path: ArraySlice<UInt8>) -> [UInt8] {
            var url: [UInt8] = []
            if let scheme { url += scheme + [UInt8(ascii: ":")] }
            if let authority { url += [slash, slash] + authority }
            url += path
            if let query { url += [UInt8(ascii: "?")] + query }
            return url
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    /// A relative path behind the base's last slash (section 5.2.3).
    private static func merged(_ path: ArraySlice<UInt8>, _ base: Parts) -> ArraySlice<UInt8> {
        guard let last = base.path.lastIndex(of: slash) else { return [slash] + path }
        return base.path[...last] + path
    }

    /// A path without `.` and `..` (section 5.2.4).
    private static func withoutDotSegments(_ path: ArraySlice<UInt8>) -> [UInt8] {
        guard !path.isEmpty else { return [] }
        let isAbsolute = path.first == slash
        let segments = (isAbsolute ? path.dropFirst() : path).split(separator: slash, omittingEmptySubsequences: false)
        let dot = [UInt8(ascii: ".")]
        var kept: [ArraySlice<UInt8>] = []
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            if segment.elementsEqual(dot) {
                if isLast { kept.append([]) }
            } else if segment.elementsEqual(dot + dot) {
                _ = kept.popLast()
                if isLast { kept.append([]) }
            } else {
                kept.append(segment)
            }
        }
        return (isAbsolute ? [slash] : []) + kept.joined(separator: [slash])
    }

    /// With what is not ASCII, or no printable character, as `%XX`: servers send both.
    private static func encoded(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        percentEncoded(text) { $0 <= 0x20 || $0 >= 0x7F }[...]
    }
}
