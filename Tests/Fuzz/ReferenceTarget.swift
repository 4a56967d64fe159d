import CCurl
import FlowAction

extension FuzzTarget {
    /// A redirect goes where a literal reading of RFC 3986 says, and where curl will connect to is the host that the
    /// rules were applied to: no custom header and no body leaves its host, and nothing leaves TLS.
    ///
    /// The input is a byte, the URL that answered, and its `Location`, the last two cut at a byte 0xFF; a URL that is
    /// none gives way to one of a list. Arbitrary bytes seldom are a URL: half of the inputs are orders for words.
    static let reference = FuzzTarget(name: "reference") { bytes in
        guard let first = bytes.first else { return }
        let parts = bytes.dropFirst().split(separator: 0xFF, maxSplits: 1, omittingEmptySubsequences: false)
            .map { part in
                first & 0x80 == 0
                    ? String(decoding: part, as: UTF8.self) : part.map { words[Int($0) % words.count] }.joined()
            }
        var base = bases[Int(first >> 3 & 0x0F) % bases.count]
        if parts.count == 2, let own = try? ServiceURL(parsing: Array(parts[0].utf8)), own.userInfo == nil {
            base = parts[0]
        }
        let location = parts.last ?? ""
        let resolved = URLReference.resolve(Array(location.utf8), against: Array(base.utf8))
        if let expected = LiteralReading.resolve(Array(location.utf8), against: Array(base.utf8)) {
            precondition(resolved == expected, "\(String(decoding: resolved, as: UTF8.self)) is not what the RFC gives")
        } else {
            precondition((try? ServiceURL(parsing: resolved)) == nil, "a reference without a host names one")
        }
        // What came of the base as it stood is put in order once.
        let once = URLReference.resolve(resolved, against: Array("http://other/".utf8))
        let twice = URLReference.resolve(once, against: Array("https://another/a/b".utf8))
        precondition(once == twice, "what is resolved is not absolute")

        guard let target = try? ServiceURL(parsing: Array(base.utf8)) else { preconditionFailure("no base") }
        let statuses = [301, 302, 303, 307, 308]
        let answer = ServiceAnswer(
            status: statuses[Int(first & 7) % statuses.count],
            reasonPhrase: "",
            contentType: nil,
            body: [],
            location: location
        )
        guard let next = request(base, target).following(answer) else { return }
        precondition(Array(next.url.utf8) == resolved, "another URL is called")
        let isSameHost = next.host.lowercased() == target.host.lowercased()
        precondition(next.isSecure || !target.isSecure, "a redirect leaves TLS")
        precondition(next.body == nil || isSameHost && answer.status >= 307, "a body leaves its host")
        precondition((next.method == .post) == (answer.status >= 307), "a method changes, or stays")
        let isAtHome = isSameHost && next.port == target.port
        let secrets = next.headers.count { $0.name == "X-Key" || $0.name == "Authorization" }
        precondition(secrets == (isAtHome ? 2 : 0), "a custom header leaves its host, or is lost at home")
        checkPlace(next)
    }

    private static let bases = [
        "http://a/b/c/d;p?q", "https://a.example:8443/b/../c/?x=//y", "http://[2001:db8::1]:81",
        "https://1.2.3.4?q/../r",
    ]

    private static let words = [
        "/", "//", ".", "..", "/../", "http:", "https:", "HTTP://", "https://", "a", "b.example", "1.2.3.4", "0x7f.1",
        "[::1]", "[2001:db8::1]", ":", ":81", ":443", "@", "?", "#", "\\", ";", "%2F", "%2e", "%", " ", "\t", "\u{e4}",
        "x=", "&", "~", "_", "-", "+",
    ]

    private static func request(_ url: String, _ target: ServiceURL) -> OutgoingRequest {
        OutgoingRequest(
            method: .post,
            url: url,
            host: target.host,
            port: target.port,
            isSecure: target.isSecure,
            headers: ["X-Key", "Authorization", "Content-Type", "Accept"].map { .init(name: $0, value: "v") },
            body: [1],
            policy: CallPolicy(redirects: 5),
            customHeaderCount: 2
        )
    }

    /// curl reads the same host and port out of a URL, or does not call it.
    private static func checkPlace(_ request: OutgoingRequest) {
        guard let url = curl_url() else { return }
        defer { curl_url_cleanup(url) }
        let flags = UInt32(CURLU_PATH_AS_IS) | UInt32(CURLU_NON_SUPPORT_SCHEME)
        guard curl_url_set(url, CURLUPART_URL, request.url, flags) == CURLUE_OK else { return }
        let host = part(CURLUPART_HOST, of: url).filter { $0 != "[" && $0 != "]" }
        let isHost = host.lowercased() == request.host.lowercased()
        // curl writes an address in its shortest form.
        let address = IPAddress(host)
        let isAddress = address != nil && address == IPAddress(request.host)
        precondition(isHost || isAddress, "curl connects to \(host) rather than \(request.host)")
        precondition(part(CURLUPART_PORT, of: url) == String(request.port), "curl connects to another port")
        let scheme = part(CURLUPART_SCHEME, of: url)
        precondition(scheme == (request.isSecure ? "https" : "http"), "curl speaks \(scheme)")
        precondition(part(CURLUPART_USER, of: url).isEmpty, "curl finds a user")
    }

    private static func part(_ part: CURLUPart, of url: OpaquePointer) -> String {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else { return "" }
        defer { curl_free(text) }
        return String(cString: text)
    }
}

/// RFC 3986, section 5.2, step by step as its pseudo-code has it.
private enum LiteralReading {
    typealias Bytes = [UInt8]

    /// `nil` for a scheme without an authority, which is no URL of HTTP.
    static func resolve(_ reference: Bytes, against base: Bytes) -> Bytes? {
        let reference = split(encoded(reference))
        if reference.scheme != nil, reference.authority == nil { return nil }
        let base = split(base)
        var target = reference
        if reference.scheme != nil {
            target.path = removeDotSegments(reference.path)
        } else {
            if reference.authority != nil {
                target.path = removeDotSegments(reference.path)
            } else {
                if reference.path == [] {
                    target.path = base.path
                    target.query = reference.query ?? base.query
                } else if begins(reference.path, "/") {
                    target.path = removeDotSegments(reference.path)
                } else {
                    target.path = removeDotSegments(merge(base, reference.path))
                }
                target.authority = base.authority
            }
            target.scheme = base.scheme
        }
        var result: Bytes = []
        if let scheme = target.scheme { result += scheme + bytes(":") }
        if let authority = target.authority { result += bytes("//") + authority }
        result += target.path
        if let query = target.query { result += bytes("?") + query }
        return result
    }

    private static func bytes(_ text: StaticString) -> Bytes {
        Bytes(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private static func begins(_ bytes: Bytes, _ text: StaticString) -> Bool { bytes.starts(with: Self.bytes(text)) }

    /// Blanks around it are no part of a header's value, and what no URL holds is written as `%XX`.
    private static func encoded(_ bytes: Bytes) -> Bytes {
        var bytes = bytes
        while let first = bytes.first, first <= 0x20 { bytes.removeFirst() }
        while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
        var result: Bytes = []
        for byte in bytes {
            if byte > 0x20, byte < 0x7F {
                result.append(byte)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += Array("%\(digits.utf8.count < 2 ? "0" : "")\(digits)".utf8)
            }
        }
        return result
    }

    /// The five parts (appendix B), with the scheme's own grammar (section 3.1).
    private static func split(_ text: Bytes) -> (scheme: Bytes?, authority: Bytes?, path: Bytes, query: Bytes?) {
        var rest = text
        func take(until stops: StaticString) -> Bytes {
            let stops = bytes(stops)
            let taken = Bytes(rest.prefix { !stops.contains($0) })
            rest.removeFirst(taken.count)
            return taken
        }
        var scheme: Bytes?
        let head = take(until: ":/?#")
        let letters = bytes("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        let others = bytes("0123456789+-.")
        if begins(rest, ":"), let first = head.first, letters.contains(first),
            head.allSatisfy({ letters.contains($0) || others.contains($0) })
        {
            scheme = head
            rest.removeFirst()
        } else {
            rest = text
        }
        var authority: Bytes?
        if begins(rest, "//") {
            rest.removeFirst(2)
            authority = take(until: "/?#")
        }
        let path = take(until: "?#")
        var query: Bytes?
        if begins(rest, "?") {
            rest.removeFirst()
            query = take(until: "#")
        }
        return (scheme, authority, path, query)
    }

    /// Section 5.2.3.
    private static func merge(
        _ base: (scheme: Bytes?, authority: Bytes?, path: Bytes, query: Bytes?),
        _ path: Bytes
    ) -> Bytes {
        if base.authority != nil, base.path.isEmpty { return bytes("/") + path }
        let last = base.path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
        return base.path[..<last] + path
    }

    /// Section 5.2.4.
    private static func removeDotSegments(_ path: Bytes) -> Bytes {
        var input = path[...]
        var output: Bytes = []
        func removeLast() {
            while let last = output.popLast() {
                if last == UInt8(ascii: "/") { return }
            }
        }
        while !input.isEmpty {
            if input.starts(with: bytes("../")) {
                input = input.dropFirst(3)
            } else if input.starts(with: bytes("./")) {
                input = input.dropFirst(2)
            } else if input.starts(with: bytes("/./")) {
                input = input.dropFirst(2)
            } else if input.elementsEqual(bytes("/.")) {
                input = bytes("/")[...]
            } else if input.starts(with: bytes("/../")) {
                input = input.dropFirst(3)
                removeLast()
            } else if input.elementsEqual(bytes("/..")) {
                input = bytes("/")[...]
                removeLast()
            } else if input.elementsEqual(bytes(".")) || input.elementsEqual(bytes("..")) {
                input = []
            } else {
                output.append(input.removeFirst())
                let segment = input.prefix { $0 != UInt8(ascii: "/") }
                output += segment
                input = input.dropFirst(segment.count)
            }
        }
        return output
    }
}
