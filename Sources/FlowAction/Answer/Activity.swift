extension FlowActionAnswer.Activity {
    /// The activity of an answer that came.
    ///
    /// - Parameter secrets: values that the answer may repeat and nobody is to read.
    init(of service: ServiceAnswer, hiding secrets: [String]) {
        let phrase = service.reasonPhrase.isEmpty ? standardReasonPhrase(of: service.status) : service.reasonPhrase
        let unnamed =
            (200...299).contains(service.status) ? String(service.status) : CallFailure.Kind.httpStatus.rawValue
        let (text, isTruncated) = Self.shown(service, hiding: secrets)
        self.init(
            responseCode: service.status,
            errorType: String(Self.masked(phrase ?? unnamed, secrets).prefix(utf8Bytes: Self.maximumErrorTypeBytes)),
            response: text,
            isResponseTruncated: isTruncated
        )
    }

    /// How many bytes of a reason phrase are kept.
    private static let maximumErrorTypeBytes = 1_024

    private static func masked(_ text: String, _ secrets: [String]) -> String {
        secrets.isEmpty ? text : SecretMask(secrets).masked(text)
    }

    private static func shown(_ service: ServiceAnswer, hiding secrets: [String]) -> (String, Bool) {
        if secrets.isEmpty { return service.text(maximumBytes: maximumResponseBytes) }
        let longest = SecretMask.longestSpelling * (secrets.map(\.utf8.count).max() ?? 0)
        // Masked before it is cut, or half a secret could stay at the end; and where even the longer text ends early,
        // what a secret could begin in is left out.
        let (text, isCut) = service.text(maximumBytes: 8 * maximumResponseBytes + longest)
        let masked = SecretMask(secrets).masked(text)
        let end = isCut ? max(0, masked.utf8.count - longest) : masked.utf8.count
        let shown = masked.prefix(utf8Bytes: min(end, maximumResponseBytes))
        return (String(shown), isCut || shown.endIndex < masked.endIndex)
    }
}
