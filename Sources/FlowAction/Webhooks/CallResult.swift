/// What came of a call: an answer or a failure, and how long its parts took.
package struct CallResult: Sendable {
    /// An answer of any status, or why there is none.
    package var outcome: Result<ServiceAnswer, CallFailure>
    /// How long the parts took.
    package var timing: CallTiming

    /// Joins an outcome and its timing.
    package init(outcome: Result<ServiceAnswer, CallFailure>, timing: CallTiming) {
        self.outcome = outcome
        self.timing = timing
    }
}

/// The third-party service's answer.
package struct ServiceAnswer: Sendable {
    /// The HTTP status, 200 to 599.
    package var status: Int
    /// The reason phrase; empty where none came, as in HTTP/2.
    package var reasonPhrase: String
    /// The value of `Content-Type`, where there was one.
    package var contentType: String?
    /// The body, decompressed, at most `max_response_bytes`.
    package var body: [UInt8]

    /// Makes an answer.
    package init(status: Int, reasonPhrase: String, contentType: String?, body: [UInt8]) {
        self.status = status
        self.reasonPhrase = reasonPhrase
        self.contentType = contentType
        self.body = body
    }
}

/// The parts of a call's time, in microseconds; 0 where a part did not take place.
package struct CallTiming: Sendable, Hashable {
    /// Waiting for a turn under the webhook's limits.
    package var queue: Int64 = 0
    /// Looking the name up.
    package var lookUp: Int64 = 0
    /// Connecting.
    package var connect: Int64 = 0
    /// The TLS handshake.
    package var tls: Int64 = 0
    /// From the start of the last try to its answer's first byte.
    package var firstByte: Int64 = 0
    /// The whole call, retries and waits included.
    package var total: Int64 = 0
    /// How many tries were made; 0 where nothing was sent.
    package var attempts: Int = 0

    /// Makes a timing of zeros.
    package init() {}
}
