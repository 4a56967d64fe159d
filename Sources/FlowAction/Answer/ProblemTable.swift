internal import JSON

extension Problem {
    /// The HTTP status of the answer.
    package var status: Int { name.entry.status }

    /// The problem as `application/problem+json` (RFC 9457, section 3).
    package var serialized: [UInt8] {
        var bytes = ByteBuffer(capacity: 512)
        bytes.append("{\"type\":")
        bytes.append(jsonString: "urn:flowhook:problem:\(name.rawValue)")
        bytes.append(",\"title\":")
        bytes.append(jsonString: name.entry.title)
        bytes.append(text: ",\"status\":\(status),\"detail\":")
        bytes.append(jsonString: detail)
        if let code { bytes.append(text: ",\"code\":\(code)") }
        bytes.append(UInt8(ascii: "}"))
        return bytes.bytes
    }
}

extension Problem.Name {
    /// The one table of what each problem becomes.
    fileprivate var entry: (status: Int, title: String) {
        switch self {
        case .malformedRequest: (400, "The request is malformed")
        case .unknownMember: (400, "The request has an unknown member")
        case .unknownWebhook: (404, "There is no such webhook")
        case .unknownProgram: (404, "There is no such program")
        case .notFound: (404, "There is nothing at this path")
        case .methodNotAllowed: (405, "The path takes another method")
        case .webhookDisabled: (409, "The webhook is disabled")
        case .payloadTooLarge: (413, "The request body is too large")
        case .unsupportedMediaType: (415, "The request body is not declared as JSON")
        case .ambiguousProgram: (422, "Several programs have this name")
        case .batchCampaign: (422, "Call Webhook works in trigger campaigns alone")
        case .overloaded: (503, "Too many requests are in flight")
        case .draining: (503, "The service is stopping")
        case .storeInvalid: (503, "The store does not load")
        case .serverMisconfigured: (500, "The web server is misconfigured")
        case .internalError: (500, "Internal error")
        }
    }
}
