internal import FlowAction
internal import YAML

/// A webhook's file as it was read, by itself: what it takes to check it against programs and other webhooks.
struct WebhookFile: Sendable {
    /// The webhook; `nil` where a finding is an error.
    var webhook: Webhook?
    /// The name, the file's own where it gives none.
    var name: String
    /// Where the name stands, from 1.
    var namePlace: (line: Int, column: Int)
    /// The URL's template, where there is one.
    var url: URLTemplate?
    /// The URL's text in the file, where there is one.
    var urlNode: YAMLNode?
    /// Every use of a My Token.
    var tokens: [TokenUse]

    /// One use of a My Token.
    struct TokenUse: Sendable {
        /// The token.
        var token: TokenReference
        /// The text in which it stands.
        var node: YAMLNode
        /// In which part of the request it stands.
        var part: Part
        /// Whether a credential is wanted there.
        var isCredential: Bool
    }

    /// A part of the request that goes out.
    enum Part: Sendable {
        /// Scheme, host or port of the URL.
        case urlAuthority
        /// `user:password` of the URL.
        case urlUserInfo
        /// The URL's path.
        case urlPath
        /// The URL's query.
        case urlQuery
        /// A header.
        case header
        /// The payload.
        case payload

        /// Whether a secret may stand there, as long as nobody on the way can read it: a host is looked up in the open.
        var maySecretsStand: Bool { self != .urlAuthority }
    }
}

extension WebhookFile.TokenUse {
    /// The uses of My Tokens in a payload.
    static func all(inPayload template: Template, at node: YAMLNode) -> [Self] {
        all(in: template, at: node, .payload, LiteralCredentials(inPayload: template.source))
    }

    /// The uses of My Tokens in a header.
    static func all(in header: Webhook.HeaderTemplate, at node: YAMLNode) -> [Self] {
        all(in: header.value, at: node, .header, LiteralCredentials(inHeader: header.name, header.value.source))
    }

    private static func all(
        in template: Template,
        at node: YAMLNode,
        _ part: WebhookFile.Part,
        _ credentials: LiteralCredentials
    ) -> [Self] {
        template.segments.compactMap { segment in
            guard case .token(let token, _) = segment, token.family == .my else { return nil }
            let isCredential = credentials.tokens.contains(token.offset)
            return Self(token: token, node: node, part: part, isCredential: isCredential)
        }
    }

    /// The uses of My Tokens in a URL.
    static func all(in url: URLTemplate, at node: YAMLNode) -> [Self] {
        let credentials = LiteralCredentials(inURL: node.text ?? "")
        return url.tokens.compactMap { token, part in
            guard token.family == .my else { return nil }
            let place: WebhookFile.Part =
                switch part {
                case .authority: .urlAuthority
                case .userInfo: .urlUserInfo
                case .path: .urlPath
                case .query: .urlQuery
                }
            let isCredential = credentials.tokens.contains(token.offset)
            return Self(token: token, node: node, part: place, isCredential: isCredential)
        }
    }
}
