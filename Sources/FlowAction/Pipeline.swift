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
        /// The caller's own `Idempotency-Key`, where it sent one; else the request's id stands in for it.
        package var idempotencyKey: String?
        /// How long the service still runs, where it is stopping; `nil` where it is not.
        package var timeLeft: Duration?

        /// Joins an id, a moment and a stopwatch, and what the caller sent along.
        package init(
            requestID: String,
            instant: Instant,
            trace: TraceContext? = nil,
            elapsed: @escaping @Sendable () -> Int64,
            idempotencyKey: String? = nil
        ) {
            self.requestID = requestID
            self.instant = instant
            self.trace = trace
            self.elapsed = elapsed
            self.idempotencyKey = idempotencyKey
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
        let call = try begin(body, context)
        guard let request = call.request else { return call.answer(context) }
        return call.answer(await send(request), context)
    }

    /// Does what comes before the call: the first half of ``callWebhook(_:_:send:)``, for whoever sends himself.
    ///
    /// - Throws: a problem where the request is wrong.
    package func begin(_ body: [UInt8], _ context: Context) throws(Problem) -> FlowActionCall {
        let action = try prepare(body, context)
        try action.webhook.requireTime(context.timeLeft)
        return FlowActionCall(action, context)
    }

    /// Shows what a flow action would send, and sends nothing.
    ///
    /// - Throws: a problem where the request is wrong.
    package func preview(_ body: [UInt8], _ context: Context) throws(Problem) -> Preview {
        let action = try prepare(body, context)
        return action.preview(context)
    }

    /// Decodes a request, finds what it names and opens the scope of its tokens.
    private func prepare(_ body: [UInt8], _ context: Context) throws(Problem) -> FlowAction {
        guard body.count <= snapshot.settings.maxRequestBytes else { throw .requestTooLarge(snapshot.settings) }
        let request = try FlowActionRequest(decoding: body)
        var webhook: Webhook?
        var program: Program?
        let found: (webhook: Webhook, folder: Int)
        do {
            found = try find(request, context, &webhook, &program)
        } catch {
            throw error.about(Subject(of: request, webhook: webhook, program: program))
        }
        let subject = Subject(of: request, webhook: webhook, program: program)
        let scope: TokenScope
        do {
            scope = try TokenScope(
                request: request,
                snapshot: snapshot,
                folder: found.folder,
                instant: context.instant
            )
        } catch {
            throw error.about(subject)
        }
        return FlowAction(
            webhook: found.webhook,
            scope: scope,
            snapshot: snapshot,
            folder: found.folder,
            subject: subject
        )
    }

    /// Finds what a request names, and checks that it may be called.
    ///
    /// - Parameters:
    ///   - found: gets the webhook as soon as there is one, for the log of a request that is refused.
    ///   - program: gets the program, where the request names one.
    /// - Returns: the webhook, and the folder of the program, 0 without one.
    private func find(
        _ request: FlowActionRequest,
        _ context: Context,
        _ found: inout Webhook?,
        _ program: inout Program?
    ) throws(Problem) -> (webhook: Webhook, folder: Int) {
        let webhook = try snapshot.requireWebhook(named: request.webhook, in: "\"webhook\"")
        found = webhook
        try webhook.requireEnabled()
        try request.requireTriggerCampaign()
        let folder = if let named = request.program { try snapshot.tree.requireFolder(for: named) } else { 0 }
        program = snapshot.tree.program(of: folder)
        try webhook.requireStoredAuthority(request.tokens)
        try webhook.requireUsableKey(context.idempotencyKey)
        return (webhook, folder)
    }
}

extension Webhook {
    /// - Throws: `webhook-disabled`.
    fileprivate func requireEnabled() throws(Problem) {
        guard isEnabled else {
            throw Problem(
                .webhookDisabled,
                detail: "The webhook \"\(name)\" is switched off; set \"enabled: true\" in \(file)."
            )
        }
    }
}

extension Problem {
    /// The problem, of a request about this.
    fileprivate func about(_ subject: Subject) -> Problem {
        var problem = self
        problem.subject = subject
        return problem
    }
}

extension FlowActionRequest {
    /// - Throws: `batch-campaign` where the campaign is of another type than `trigger`.
    fileprivate func requireTriggerCampaign() throws(Problem) {
        guard let type = campaign.value(of: "type"), !type.isEmpty else { return }
        guard type == .text("trigger") || type.text.lowercased() == "trigger" else {
            throw Problem(
                .batchCampaign,
                detail: "\"campaign.type\" is not \"trigger\"; call the webhook from a trigger campaign.",
                code: FlowActionAnswer.batchCampaignCode
            )
        }
    }
}

extension Webhook {
    /// A call that could be cut off by the service's end is not begun.
    ///
    /// - Throws: `draining`.
    fileprivate func requireTime(_ timeLeft: Duration?) throws(Problem) {
        guard let timeLeft, timeLeft < policy.timeout else { return }
        throw Problem(
            .draining,
            detail: """
                The service is stopping in \(timeLeft.components.seconds) s, before the webhook's timeout; nothing was \
                sent. Try again in a second.
                """
        )
    }

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

    /// The most characters that a caller's `Idempotency-Key` may have.
    private static let maximumKeyLength = 255

    /// A caller's key goes out as it came, or not at all: another one in its place would repeat what it guards.
    ///
    /// - Throws: `malformed-request` where the webhook retries and the key is too long or more than printable ASCII.
    fileprivate func requireUsableKey(_ key: String?) throws(Problem) {
        guard let key, policy.retry != nil, !headers.contains(where: { $0.name.lowercased() == "idempotency-key" })
        else {
            return
        }
        guard (1...Self.maximumKeyLength).contains(key.utf8.count), key.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else {
            throw Problem(
                .malformedRequest,
                detail: "The header Idempotency-Key has 1 to \(Self.maximumKeyLength) printable ASCII characters."
            )
        }
    }
}
