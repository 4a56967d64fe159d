/// One way through: a flow action request in, an answer or a problem out.
///
///     accept -> decode -> resolve -> render -> send -> map -> answer
///
/// The way in (FastCGI, CGI, the shell) accepts and hands the body over; whoever holds the sockets sends. All else
/// happens here, in order, and nothing flows back. `check`, `preview`, `test` and `call` run these same stages.
package struct Pipeline: Sendable {
    /// The store that the request sees from its first byte to its last.
    package let snapshot: Snapshot

    /// What the outside hands in with a request: the domain has no clock and makes no ids.
    package struct Context: Sendable {
        /// The request's id, for the answer.
        package var requestID: String
        /// The one moment that every `system` token shows.
        package var instant: Instant
        /// Microseconds since the request came in.
        package var elapsed: @Sendable () -> Int64
        /// Where the request stands in a distributed trace, where it says so.
        package var trace: TraceContext?

        /// Joins an id, a moment, a stopwatch and a trace.
        package init(
            requestID: String,
            instant: Instant,
            trace: TraceContext? = nil,
            elapsed: @escaping @Sendable () -> Int64
        ) {
            self.requestID = requestID
            self.instant = instant
            self.trace = trace
            self.elapsed = elapsed
        }
    }

    /// Opens the way through a snapshot.
    package init(snapshot: Snapshot) {
        self.snapshot = snapshot
    }

    /// Runs a flow action.
    ///
    /// - Parameters:
    ///   - body: the flow action request, JSON.
    ///   - send: makes the call; it throws nothing, a call without an answer is a result too.
    /// - Throws: a problem where the request is wrong; nothing has been sent then.
    package func callWebhook(
        _ body: [UInt8],
        _ context: Context,
        send: (OutgoingRequest) async -> CallResult
    ) async throws(Problem) -> FlowActionAnswer {
        let action = try prepare(body, at: context.instant)
        let rendered: RenderedRequest
        do {
            rendered = try action.render(context)
        } catch {
            return action.answer(failure: error, context)
        }
        let result = await send(rendered.outgoing)
        return action.answer(rendered, result, context)
    }

    /// Shows what a flow action would send, and sends nothing.
    ///
    /// - Throws: a problem where the request is wrong.
    package func preview(_ body: [UInt8], _ context: Context) throws(Problem) -> Preview {
        let action = try prepare(body, at: context.instant)
        return action.preview(context)
    }

    /// Decodes a request, finds what it names and opens the scope of its tokens.
    private func prepare(_ body: [UInt8], at instant: Instant) throws(Problem) -> FlowAction {
        let request = try FlowActionRequest(decoding: body)
        var subject = Subject(of: request)
        do {
            return try prepare(request, at: instant, &subject)
        } catch {
            var problem = error
            problem.subject = subject
            throw problem
        }
    }

    /// - Parameter subject: gets what is found, for the log of a request that is refused.
    private func prepare(
        _ request: FlowActionRequest,
        at instant: Instant,
        _ subject: inout Subject
    ) throws(Problem) -> FlowAction {
        let webhook = try webhook(named: request.webhook, &subject)
        try request.requireTriggerCampaign()
        let folder =
            try request.program.map { program throws(Problem) in
                try snapshot.tree.requireFolder(for: program)
            } ?? 0
        subject.name(snapshot.tree.program(of: folder))
        try webhook.requireStoredAuthority(request.tokens)
        let scope = try TokenScope(request: request, snapshot: snapshot, folder: folder, instant: instant)
        return FlowAction(
            request: request,
            webhook: webhook,
            scope: scope,
            snapshot: snapshot,
            folder: folder,
            subject: subject
        )
    }

    private func webhook(named name: String, _ subject: inout Subject) throws(Problem) -> Webhook {
        guard let webhook = snapshot.webhooks[name.lowercased()] else {
            let near = NearestWord.find(name, among: snapshot.webhooks.values.map(\.name))
            throw Problem(
                .unknownWebhook,
                detail: """
                    The store has no webhook of the name in "webhook"\(near.map { "; did you mean \"\($0)\"?" } ?? ".")
                    """
            )
        }
        subject.webhook = webhook.name
        guard webhook.isEnabled else {
            throw Problem(
                .webhookDisabled,
                detail: "The webhook \"\(webhook.name)\" is switched off; set \"enabled: true\" in \(webhook.file)."
            )
        }
        return webhook
    }
}

extension FlowActionRequest {
    /// - Throws: `batch-campaign` where the campaign is of another type than `trigger`.
    fileprivate func requireTriggerCampaign() throws(Problem) {
        guard let type = campaign.first(where: { $0.name == "type" })?.value, !type.isEmpty else { return }
        guard type.text.lowercased() == "trigger" else {
            throw Problem(
                .batchCampaign,
                detail: "\"campaign.type\" is not \"trigger\"; call the webhook from a trigger campaign.",
                code: FlowActionAnswer.batchCampaignCode
            )
        }
    }
}

extension Webhook {
    /// A caller may not choose the host: the tokens of the URL's authority come from the store alone.
    ///
    /// - Throws: `malformed-request` where the request overrides one of them.
    fileprivate func requireStoredAuthority(_ overrides: [FlowActionRequest.Member]) throws(Problem) {
        guard !overrides.isEmpty else { return }
        for (token, part) in url.tokens where token.family == .my && (part == .authority || part == .userInfo) {
            guard !overrides.contains(where: { $0.name.lowercased() == token.key }) else {
                throw Problem(
                    .malformedRequest,
                    detail: """
                        "tokens" overrides {{\(token.spelling)}}, which stands before the path of the webhook's URL; \
                        such a token comes from the store alone.
                        """
                )
            }
        }
    }
}
