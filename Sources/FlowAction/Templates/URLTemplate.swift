/// A URL's compiled template.
package struct URLTemplate: Sendable {
    /// The whole URL, without the `user:password@` part where the text has one; the literal text of path and query is
    /// percent-encoded where it is beyond ASCII.
    package var url: Template
    /// The `user:password` part, where the text itself has one before an `@`; its literal text is percent-decoded.
    package var userInfo: Template?
    /// Where the calls go, if no token has a say in it.
    package var target: ServiceURL?

    /// The parts of a URL in which a token may stand.
    package enum Part: String, Sendable {
        /// Up to the end of host and port, `user:password@` apart.
        case authority
        /// `user:password`.
        case userInfo
        /// The path.
        case path
        /// What follows the first `?`.
        case query
    }

    /// Joins the parts.
    package init(url: Template, userInfo: Template? = nil, target: ServiceURL? = nil) {
        self.url = url
        self.userInfo = userInfo
        self.target = target
    }

    /// The URL, where no token has a say in it and nothing of it is kept apart.
    var fixedText: String? {
        guard target != nil, userInfo == nil, url.segments.count == 1, case .literal(let bytes) = url.segments[0] else {
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Every token with the part of the URL in which it stands.
    package var tokens: [(token: TokenReference, part: Part)] {
        var tokens: [(token: TokenReference, part: Part)] = []
        var isInQuery = false
        for segment in url.segments {
            switch segment {
            case .literal(let bytes): isInQuery = isInQuery || bytes.contains(UInt8(ascii: "?"))
            case .token(let token, .urlAuthority): tokens.append((token, .authority))
            case .token(let token, _): tokens.append((token, isInQuery ? .query : .path))
            }
        }
        for case .token(let token, _) in userInfo?.segments ?? [] { tokens.append((token, .userInfo)) }
        return tokens
    }
}
