/// The media types that a webhook's settings imply, where no custom header says otherwise.
extension ResponseType {
    /// The value of `Accept`.
    package var mediaRange: String {
        switch self {
        case .none: "*/*"
        case .json: "application/json"
        case .xml: "application/xml"
        }
    }
}

/// The media types of payloads.
extension TokenEncoding? {
    /// The value of `Content-Type`.
    package var mediaType: String {
        switch self {
        case .json: "application/json"
        case .formURL: "application/x-www-form-urlencoded"
        case .xml: "application/xml"
        case .some(.none), nil: "text/plain; charset=utf-8"
        }
    }
}
