/// The call of a flow action: what is to be sent, and what is made of the result.
///
/// An object, since it outlives the call and its parts are many.
package final class FlowActionCall: Sendable {
    private let action: FlowAction
    private let rendered: RenderedRequest?
    /// Why nothing could be rendered.
    private let failure: CallFailure?
    private let unresolvedTokens: [String]

    /// Renders the request of a flow action.
    init(_ action: FlowAction, _ context: Pipeline.Context) {
        self.action = action
        do {
            let rendered = try action.render(context)
            unresolvedTokens = rendered.unresolvedTokens
            self.rendered = rendered
            failure = nil
        } catch {
            let renderer = action.renderer(context)
            unresolvedTokens = renderer.tokens(of: action.webhook, resolve: action.scope.resolve).unresolved
            rendered = nil
            failure = error
        }
    }

    /// The request to send; `nil` where none could be rendered.
    package var request: OutgoingRequest? { rendered?.outgoing }

    /// The answer where there was no request to send.
    package func answer(_ context: Pipeline.Context) -> FlowActionAnswer {
        let failure = failure ?? CallFailure(.renderFailure, detail: "The request was not sent.", sent: .no)
        return answer(CallResult(outcome: .failure(failure), timing: CallTiming()), context)
    }

    /// The answer to the call: its outcome, and what the mapping gives.
    ///
    /// - Parameter result: what came of sending ``request``.
    package func answer(_ result: CallResult, _ context: Pipeline.Context) -> FlowActionAnswer {
        var answer = FlowActionAnswer(
            requestID: context.requestID,
            webhook: action.webhook.name,
            outcome: .failed,
            leadID: action.subject.leadID,
            mapping: MappingResult(),
            unresolvedTokens: unresolvedTokens,
            activity: .init(responseCode: nil, errorType: "", response: nil),
            timing: result.timing,
            totalMicroseconds: 0,
            error: nil,
            subject: action.subject,
            requestBytes: rendered?.outgoing.body?.count ?? 0
        )
        switch result.outcome {
        case .failure(let failure): answer.fail(failure, hiding: rendered?.secrets ?? [])
        case .success(let service): map(service, into: &answer)
        }
        answer.totalMicroseconds = context.elapsed()
        return answer
    }

    private func map(_ service: ServiceAnswer, into answer: inout FlowActionAnswer) {
        answer.responseBytes = service.body.count
        answer.activity = .init(of: service, hiding: rendered?.secrets ?? [])
        guard (200...299).contains(service.status) else {
            answer.outcome = .rejected
            answer.error = CallFailure(
                .httpStatus,
                detail: "The service answered \(service.status), which is outside 2xx; no field is written.",
                sent: .yes
            )
            return
        }
        guard !action.webhook.mapper.isEmpty else {
            answer.outcome = .sent
            return
        }
        do {
            answer.mapping = try action.webhook.mapper.map(service)
            answer.outcome = .updated
        } catch {
            answer.outcome = .failed
            answer.error = error
            answer.activity.errorType = error.type.rawValue
            if error.type == .emptyResponse { answer.activity.responseCode = FlowActionAnswer.emptyResponseCode }
        }
    }
}

extension FlowActionAnswer {
    /// Turns the answer into one without an answer of the service.
    ///
    /// - Parameter secrets: what a redirect may have brought into the host's name.
    fileprivate mutating func fail(_ failure: CallFailure, hiding secrets: [String]) {
        var failure = failure
        if !secrets.isEmpty { failure.detail = SecretMask(secrets).masked(failure.detail) }
        outcome = .failed
        error = failure
        activity.errorType = failure.type.rawValue
    }
}
