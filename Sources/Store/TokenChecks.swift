internal import FlowAction
internal import YAML

/// Checks the My Tokens that a webhook names against the store.
struct TokenChecks {
    /// The tokens of all folders.
    let index: TokenIndex

    /// Warns of tokens that no folder defines, and refuses secret ones where they would be seen.
    ///
    /// - Parameter root: the webhook's file, for the places of its tokens.
    func check(_ webhook: Webhook, _ root: YAMLNode, _ findings: inout Findings) {
        guard case .mapping(let pairs) = root.content else { return }
        var nodes: [String: YAMLNode] = [:]
        for pair in pairs { nodes[pair.name] = pair.value }
        let isProtected = webhook.url.target.map { $0.isSecure || Self.isLoopback($0.host) } ?? true
        for (token, part) in webhook.url.tokens where token.family == .my {
            guard let node = nodes["url"] else { continue }
            check(token, in: node, &findings)
            if index.isSecret(token.key), part == .path || part == .authority || !isProtected {
                refuse(token, in: node, isProtected: isProtected, &findings)
            }
        }
        if let payload = webhook.payload, let node = nodes["payload_template"] {
            check(payload, in: node, isProtected: isProtected, &findings)
        }
        for (header, node) in zip(webhook.headers, Self.headerNodes(nodes["custom_headers"])) {
            check(header.value, in: node, isProtected: isProtected, &findings)
        }
    }

    private func check(_ template: Template, in node: YAMLNode, isProtected: Bool, _ findings: inout Findings) {
        for case .token(let token, _) in template.segments where token.family == .my {
            check(token, in: node, &findings)
            if index.isSecret(token.key), !isProtected { refuse(token, in: node, isProtected: false, &findings) }
        }
    }

    private func check(_ token: TokenReference, in node: YAMLNode, _ findings: inout Findings) {
        guard !index.isDefined(token.key) else { return }
        findings.add(
            TemplateFinding(
                offset: token.offset,
                .warning,
                code: "unknown-my-token",
                message: "no folder defines the My Token \"\(token.name)\"",
                suggestion: NearestWord.find(token.name, among: index.names)
            ),
            in: node
        )
    }

    private func refuse(_ token: TokenReference, in node: YAMLNode, isProtected: Bool, _ findings: inout Findings) {
        findings.add(
            TemplateFinding(
                offset: token.offset,
                .error,
                code: "secret-exposed",
                message: isProtected
                    ? "the secret {{\(token.spelling)}} may stand in the query or userinfo of the URL, a header or the payload"
                    : "the secret {{\(token.spelling)}} would go out in the clear; take an https URL"
            ),
            in: node
        )
    }

    private static func headerNodes(_ node: YAMLNode?) -> [YAMLNode] {
        guard case .mapping(let pairs) = node?.content else { return [] }
        return pairs.flatMap { pair in
            if case .sequence(let elements) = pair.value.content { elements } else { [pair.value] }
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        host.lowercased() == "localhost" || host == "::1" || IPAddress(host)?.v4.map { $0 >> 24 == 127 } ?? false
    }
}
