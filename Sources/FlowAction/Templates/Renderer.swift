/// Renders a webhook to the request that goes out.
package struct Renderer: Sendable {
    /// The largest URL, in bytes.
    package static let maximumURLBytes = 16 << 10
    /// The most that all headers may take together, in bytes, each with its `: ` and line end.
    package static let maximumHeaderBytes = 64 << 10

    private let maximumPayloadBytes: Int
    private let idempotencyKey: String?

    /// Makes a renderer.
    ///
    /// - Parameters:
    ///   - maximumPayloadBytes: the largest payload, the setting `max_payload_bytes`.
    ///   - idempotencyKey: the value of `Idempotency-Key` where the webhook retries and has no such header of its own.
    package init(maximumPayloadBytes: Int, idempotencyKey: String? = nil) {
        self.maximumPayloadBytes = maximumPayloadBytes
        self.idempotencyKey = idempotencyKey
    }

    /// Renders a webhook.
    ///
    /// - Parameter resolve: gives a token's value; it is asked once for each use of a token.
    /// - Throws: `render-failure`, where a value may not stand in its place, a bound is passed, or the webhook fails on
    ///   unresolved tokens and one has no default. Nothing was sent.
    package func render(
        _ webhook: Webhook,
        resolve: (TokenReference) -> ResolvedToken
    ) throws(CallFailure) -> RenderedRequest {
        var pass = RenderPass(showsSecrets: true, idempotencyKey: idempotencyKey)
        let url = pass.url(of: webhook, resolve: resolve)
        let body = pass.payload(of: webhook, maximumBytes: maximumPayloadBytes, resolve: resolve)
        let headers = pass.headers(of: webhook, resolve: resolve)
        if webhook.failsOnUnresolvedTokens, !pass.withoutDefault.isEmpty {
            throw RenderPass.failure("these tokens resolve to nothing: \(pass.withoutDefault.joined(separator: ", "))")
        }
        if let failure = pass.failure { throw failure }
        guard let target = pass.target else { throw RenderPass.failure("the URL is no URL to call") }
        return RenderedRequest(
            outgoing: OutgoingRequest(
                method: webhook.requestType,
                url: url,
                host: target.host,
                port: target.port,
                isSecure: target.isSecure,
                headers: headers,
                body: body,
                policy: webhook.policy,
                webhook: webhook.name,
                customHeaderCount: webhook.headers.count
            ),
            unresolvedTokens: pass.unresolved,
            secrets: pass.secrets
        )
    }

    /// Renders a webhook for people: as ``render(_:resolve:)`` does, with every secret value and the credential of
    /// `user:password@` masked, and every use of a token listed.
    ///
    /// - Throws: what ``render(_:resolve:)`` throws.
    package func preview(
        _ webhook: Webhook,
        resolve: (TokenReference) -> ResolvedToken
    ) throws(CallFailure) -> RenderedRequest {
        var rendered = try render(webhook, resolve: resolve)
        var pass = RenderPass(showsSecrets: false, idempotencyKey: idempotencyKey)
        let url = pass.url(of: webhook, resolve: resolve)
        // A mask may take more room than its value: bounds are the real request's alone.
        rendered.outgoing.body = pass.payload(of: webhook, maximumBytes: .max, resolve: resolve)
        rendered.outgoing.headers = pass.headers(of: webhook, resolve: resolve)
        // With a secret in its authority the masked URL is none any more, and what to show of it cannot be told.
        rendered.outgoing.url = pass.target == nil ? ResolvedToken.mask : url
        rendered.secrets = []
        rendered.tokens = pass.tokens
        return rendered
    }

    /// What the tokens of a webhook stand for, secrets masked, where the request itself cannot be rendered: every use
    /// of one, and the spellings of those that resolve to nothing.
    package func tokens(
        of webhook: Webhook,
        resolve: (TokenReference) -> ResolvedToken
    ) -> (uses: [RenderedRequest.TokenUse], unresolved: [String]) {
        var pass = RenderPass(showsSecrets: false, idempotencyKey: idempotencyKey)
        _ = pass.url(of: webhook, resolve: resolve)
        _ = pass.payload(of: webhook, maximumBytes: maximumPayloadBytes, resolve: resolve)
        _ = pass.headers(of: webhook, resolve: resolve)
        return (pass.tokens, pass.unresolved)
    }
}
