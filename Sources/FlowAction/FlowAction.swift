/// One flow action under way: the request, the webhook it names and the scope of its tokens.
///
/// An object, since it outlives the call and its parts are many.
final class FlowAction: Sendable {
    /// The webhook to call.
    let webhook: Webhook
    /// What the tokens stand for.
    let scope: TokenScope
    /// The store.
    let snapshot: Snapshot
    /// The folder of the request's program, 0 without one.
    let folder: Int
    /// Whom and what it is about.
    let subject: Subject

    /// Joins what a request names.
    init(webhook: Webhook, scope: TokenScope, snapshot: Snapshot, folder: Int, subject: Subject) {
        self.webhook = webhook
        self.scope = scope
        self.snapshot = snapshot
        self.folder = folder
        self.subject = subject
    }

    /// Renders the request that goes out.
    ///
    /// - Throws: `render-failure`; nothing was sent.
    func render(_ context: Pipeline.Context) throws(CallFailure) -> RenderedRequest {
        var rendered = try renderer(context).render(webhook, resolve: scope.resolve)
        rendered.outgoing.join(context.trace)
        return rendered
    }

    /// What renders the webhook.
    func renderer(_ context: Pipeline.Context) -> Renderer {
        Renderer(
            maximumPayloadBytes: snapshot.settings.maxPayloadBytes,
            idempotencyKey: context.idempotencyKey ?? context.requestID
        )
    }

    /// What would go out, for people to read.
    func preview(_ context: Pipeline.Context) -> Preview {
        var preview = Preview(requestID: context.requestID, webhook: webhook.name, tokens: [], unresolvedTokens: [])
        do {
            var rendered = try renderer(context).preview(webhook, resolve: scope.resolve)
            rendered.outgoing.join(context.trace)
            preview.request = rendered.outgoing
            preview.unresolvedTokens = rendered.unresolvedTokens
            preview.tokens = rendered.tokens.map { Preview.Token($0, seenFrom: folder, in: snapshot.tree) }
        } catch {
            // Whoever looks for the reason wants to see the values.
            let (uses, unresolved) = renderer(context).tokens(of: webhook, resolve: scope.resolve)
            preview.tokens = uses.map { Preview.Token($0, seenFrom: folder, in: snapshot.tree) }
            preview.unresolvedTokens = unresolved
            preview.error = error
        }
        return preview
    }
}

extension FlowActionRequest {
    /// The lead's `id`, where it is given.
    var leadID: Scalar? {
        guard let id = lead.value(of: "id") ?? lead.first(where: { $0.name.lowercased() == "id" })?.value else {
            return nil
        }
        return id == .null ? nil : id
    }
}

extension [FlowActionRequest.Member] {
    /// The value of the member that is named exactly so.
    func value(of name: String) -> Scalar? {
        // By index: to look at a member as a whole would be to hold on to it.
        for index in indices where self[index].name == name { return self[index].value }
        return nil
    }
}
