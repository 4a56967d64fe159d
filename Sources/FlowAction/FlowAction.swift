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

    private func renderer(_ context: Pipeline.Context) -> Renderer {
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

    /// The answer where nothing could be sent.
    func answer(failure: CallFailure, _ context: Pipeline.Context) -> FlowActionAnswer {
        var answer = emptyAnswer(context)
        answer.unresolvedTokens = renderer(context).tokens(of: webhook, resolve: scope.resolve).unresolved
        answer.fail(failure)
        return answer
    }

    /// The answer to a call: its outcome, and what the mapping gives.
    func answer(_ rendered: RenderedRequest, _ result: CallResult, _ context: Pipeline.Context) -> FlowActionAnswer {
        var answer = emptyAnswer(context)
        answer.unresolvedTokens = rendered.unresolvedTokens
        answer.timing = result.timing
        answer.requestBytes = rendered.outgoing.body?.count ?? 0
        switch result.outcome {
        case .failure(let failure): answer.fail(failure)
        case .success(let service): map(service, secrets: rendered.secrets, into: &answer)
        }
        answer.totalMicroseconds = context.elapsed()
        return answer
    }

    private func map(_ service: ServiceAnswer, secrets: [String], into answer: inout FlowActionAnswer) {
        answer.responseBytes = service.body.count
        answer.activity = .init(of: service, hiding: secrets)
        guard (200...299).contains(service.status) else {
            answer.outcome = .rejected
            answer.error = CallFailure(
                .httpStatus,
                detail: "The service answered \(service.status), which is outside 2xx; no field is written.",
                sent: .yes
            )
            return
        }
        guard !webhook.mapper.isEmpty else {
            answer.outcome = .sent
            return
        }
        do {
            answer.mapping = try webhook.mapper.map(service)
            answer.outcome = .updated
        } catch {
            answer.outcome = .failed
            answer.error = error
            answer.activity.errorType = error.type.rawValue
            if error.type == .emptyResponse { answer.activity.responseCode = FlowActionAnswer.emptyResponseCode }
        }
    }

    private func emptyAnswer(_ context: Pipeline.Context) -> FlowActionAnswer {
        FlowActionAnswer(
            requestID: context.requestID,
            webhook: webhook.name,
            outcome: .failed,
            leadID: subject.leadID,
            mapping: MappingResult(),
            unresolvedTokens: [],
            activity: .init(responseCode: nil, errorType: "", response: nil),
            timing: CallTiming(),
            totalMicroseconds: context.elapsed(),
            error: nil,
            subject: subject
        )
    }
}

extension FlowActionAnswer {
    /// Turns the answer into one without an answer of the service.
    fileprivate mutating func fail(_ failure: CallFailure) {
        outcome = .failed
        error = failure
        activity.errorType = failure.type.rawValue
    }
}

extension FlowActionRequest {
    /// The lead's `id`, where it is given.
    var leadID: Scalar? {
        guard let id = lead.first(where: { $0.name == "id" }) ?? lead.first(where: { $0.name.lowercased() == "id" })
        else { return nil }
        return id.value == .null ? nil : id.value
    }
}
