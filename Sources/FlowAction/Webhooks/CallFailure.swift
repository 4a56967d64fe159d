/// Why a call gave no usable answer.
package struct CallFailure: Error, Sendable, Hashable {
    /// What went wrong, from a closed list.
    package var type: Kind
    /// A sentence for people; it names no value of a lead, a payload or a secret.
    package var detail: String
    /// Whether the service may have got the request.
    package var sent: Sent
    /// Whether it came about before the host had a part in it: in a look-up that took too long, or for want of a thread, of
    /// memory or of a descriptor.
    package var isBeforeHost = false

    /// The types of errors, by the names that the answer, the log and the metrics carry.
    package enum Kind: String, Sendable, CaseIterable {
        /// The deadline passed.
        case timeout
        /// The host's name has no address, or the look-up failed.
        case lookUpFailure = "dns-failure"
        /// No connection could be made.
        case connectFailure = "connect-failure"
        /// The TLS handshake failed or the certificate was not accepted.
        case tlsFailure = "tls-failure"
        /// The connection broke after it was made.
        case connectionLost = "connection-lost"
        /// The body or the headers passed their bound.
        case responseTooLarge = "response-too-large"
        /// A mapping was wanted and the body has no byte; code 1001.
        case emptyResponse = "empty-response"
        /// The body is not what the response type says.
        case unparsableResponse = "unparsable-response"
        /// What came is no valid HTTP, or its compression is broken.
        case protocolError = "protocol-error"
        /// The address may not be called.
        case blockedAddress = "blocked-address"
        /// The host's circuit is open.
        case circuitOpen = "circuit-open"
        /// The webhook's limits left no turn in time.
        case rateLimited = "rate-limited"
        /// The request could not be rendered.
        case renderFailure = "render-failure"
        /// The answer's status is outside 2xx.
        case httpStatus = "http-status"
    }

    /// Whether the request left.
    package enum Sent: String, Sendable, CaseIterable {
        /// Nothing left: safe to repeat.
        case no
        /// It may have arrived.
        case maybe
        /// An answer came.
        case yes
    }

    /// Describes a failure.
    package init(_ type: Kind, detail: String, sent: Sent) {
        self.type = type
        self.detail = detail
        self.sent = sent
    }

    /// The same failure of several tries, of which the service may have got as much.
    package consuming func with(sent: Sent) -> CallFailure {
        self.sent = sent
        return self
    }

    /// The address may not be called.
    package static func blocked(_ request: OutgoingRequest) -> CallFailure {
        CallFailure(
            .blockedAddress,
            detail: """
                \(request.host) leads to an address that is not globally reachable; list its network under \
                "allow_networks" if it is meant to be called.
                """,
            sent: .no
        )
    }
}
