/// The call of a flow action: what is to be sent, and what is made of the result.
///
/// An object, since it outlives the call and its parts are many.
package final class FlowActionCall: Sendable {
    private let action: FlowAction
    /// The request to send, or why none could be rendered.
    package let request: Result<OutgoingRequest, CallFailure>
    private let unresolvedTokens: [String]
    /// What the service's answer may repeat and nobody is to read.
    private let secrets: [String]
    /// How many bytes of payload are sent.
    private let requestBytes: Int

    /// Renders the request of a flow action.
    init(_ action: FlowAction, _ context: Pipeline.Context) {
        self.action = action
        do {
            let rendered = try action.render(context)
            request = .success(rendered.outgoing)
            unresolvedTokens = rendered.unresolvedTokens
            secrets = rendered.secrets
            requestBytes = rendered.outgoing.body?.count ?? 0
        } catch {
            request = .failure(error)
            let renderer = action.renderer(context)
            unresolvedTokens = renderer.tokens(of: action.webhook, resolve: action.scope.resolve).unresolved
            secrets = []
            requestBytes = 0
        }
    }

    /// The answer to the call: its outcome, and what the mapping gives.
    ///
    /// - Parameter result: what came of sending ``request``; the request's own failure where there was none to send.
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
            requestBytes: requestBytes
        )
        switch result.outcome {
        case .failure(let failure): answer.fail(failure)
        case .success(let service): map(service, into: &answer)
        }
        answer.totalMicroseconds = context.elapsed()
        return answer
    }

    private func map(_ service: ServiceAnswer, into answer: inout FlowActionAnswer) {
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
    fileprivate mutating func fail(_ failure: CallFailure) {
        outcome = .failed
        error = failure
        activity.errorType = failure.type.rawValue
    }
}
