/// Why a request was refused before anything was sent (RFC 9457).
package struct Problem: Error, Sendable, Hashable {
    /// Which problem, from a closed list.
    package var name: Name
    /// A sentence that says what to change; it repeats no value of the request but names.
    package var detail: String
    /// The original's own response code where it has one: 1000 for a batch campaign.
    package var code: Int?
    /// Whom and what the request was about, as far as that was known; for the log, not for the caller.
    package var subject = Subject.unknown

    /// Describes a problem.
    package init(_ name: Name, detail: String, code: Int? = nil) {
        self.name = name
        self.detail = detail
        self.code = code
    }

    /// The names of problems; `urn:flowhook:problem:NAME` is the type, and the metrics' label is the name.
    package enum Name: String, Sendable, CaseIterable {
        /// The body is not the JSON that is wanted.
        case malformedRequest = "malformed-request"
        /// A member that no flow action request has.
        case unknownMember = "unknown-member"
        /// No webhook has the name.
        case unknownWebhook = "unknown-webhook"
        /// No program has the id, path or name.
        case unknownProgram = "unknown-program"
        /// No such path.
        case notFound = "not-found"
        /// The path takes another method.
        case methodNotAllowed = "method-not-allowed"
        /// The webhook is switched off.
        case webhookDisabled = "webhook-disabled"
        /// The body is larger than `max_request_bytes`.
        case payloadTooLarge = "payload-too-large"
        /// The body is not declared to be JSON.
        case unsupportedMediaType = "unsupported-media-type"
        /// Several programs have the name.
        case ambiguousProgram = "ambiguous-program"
        /// *Call Webhook* works in trigger campaigns alone.
        case batchCampaign = "batch-campaign"
        /// Too many requests in flight.
        case overloaded
        /// The service is stopping.
        case draining
        /// The store does not load (CGI).
        case storeInvalid = "store-invalid"
        /// The web server leaves out a variable.
        case serverMisconfigured = "server-misconfigured"
        /// A defect of Flowhook.
        case internalError = "internal-error"
    }
}

extension Problem {
    /// The problem of a request that is larger than the settings allow.
    package static func requestTooLarge(_ settings: Settings) -> Problem {
        Problem(
            .payloadTooLarge,
            detail: "The body is larger than \(settings.maxRequestBytes) bytes (max_request_bytes)."
        )
    }
}
