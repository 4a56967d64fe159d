/// The answer to a flow action request that ran to an outcome.
package struct FlowActionAnswer: Sendable {
    /// The request's id.
    package var requestID: String
    /// The webhook's name as the store writes it.
    package var webhook: String
    /// What came of the call.
    package var outcome: Outcome
    /// The lead's `id`, where the request had one.
    package var leadID: Scalar?
    /// What the mapping gave; empty unless the outcome is `updated`.
    package var mapping: MappingResult
    /// The tokens that resolved to nothing, as the templates spell them.
    package var unresolvedTokens: [String]
    /// What the campaign's activity shows.
    package var activity: Activity
    /// How long the parts took.
    package var timing: CallTiming
    /// How long the whole request took, in microseconds.
    package var totalMicroseconds: Int64
    /// Why there is no update, unless the outcome is `updated` or `sent`.
    package var error: CallFailure?
    /// Whom and what the flow action is about; for the logs, not for the caller.
    package var subject = Subject.unknown
    /// How many bytes the payload had; for the log.
    package var requestBytes = 0
    /// How many bytes the response's body had; for the log.
    package var responseBytes = 0

    /// What came of a call.
    package enum Outcome: String, Sendable, CaseIterable {
        /// 2xx, and the mapping ran.
        case updated
        /// 2xx, and the webhook maps nothing.
        case sent
        /// An answer outside 2xx.
        case rejected
        /// No usable answer.
        case failed
    }

    /// The id of the request's program, where it has one; for the logs, not for the caller.
    package var programID: Scalar? { subject.programID }

    /// The *Call Webhook* activity.
    package struct Activity: Sendable, Hashable {
        /// The service's status; 1001 for an empty response; `nil` where no answer came.
        package var responseCode: Int?
        /// The reason phrase, or the standard one for the status, or the error type.
        package var errorType: String
        /// The body as text, at most ``maximumResponseBytes``; `nil` where no answer came.
        package var response: String?
        /// Whether the body was longer.
        package var isResponseTruncated: Bool

        /// How many bytes of the body an activity shows.
        package static let maximumResponseBytes = 8192

        /// Describes an activity.
        package init(responseCode: Int?, errorType: String, response: String?, isResponseTruncated: Bool = false) {
            self.responseCode = responseCode
            self.errorType = errorType
            self.response = response
            self.isResponseTruncated = isResponseTruncated
        }
    }

    /// The code of the error: 1001 for an empty response, the status for one outside 2xx.
    package var errorCode: Int? {
        switch error?.type {
        case .emptyResponse: Self.emptyResponseCode
        case .httpStatus: activity.responseCode
        default: nil
        }
    }

    /// The original's response code for an answer without a body where a mapping was wanted.
    package static let emptyResponseCode = 1001

    /// The original's response code for a call from a batch campaign.
    package static let batchCampaignCode = 1000
}
