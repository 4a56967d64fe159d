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
///
/// An object, since it is handed on from stage to stage and its parts are many.
package final class ServiceAnswer: Sendable {
    /// The HTTP status, from 200 on, as the service sent it.
    package let status: Int
    /// The reason phrase; empty where none came.
    package let reasonPhrase: String
    /// The value of `Content-Type`, where there was one.
    package let contentType: String?
    /// The body, decompressed, at most `max_response_bytes`.
    package let body: [UInt8]
    /// The value of `Retry-After`, where there was one.
    package let retryAfter: String?
    /// The value of `Location`, where there was one.
    package let location: String?

    /// Makes an answer.
    package init(
        status: Int,
        reasonPhrase: String,
        contentType: String?,
        body: [UInt8],
        retryAfter: String? = nil,
        location: String? = nil
    ) {
        self.status = status
        self.reasonPhrase = reasonPhrase
        self.contentType = contentType
        self.body = body
        self.retryAfter = retryAfter
        self.location = location
    }

    /// The answer's head alone.
    var withoutBody: ServiceAnswer {
        ServiceAnswer(
            status: status,
            reasonPhrase: reasonPhrase,
            contentType: contentType,
            body: [],
            retryAfter: retryAfter,
            location: location
        )
    }
}

/// The parts of a call's time, in microseconds, summed over its tries and redirects; 0 where a part did not take place.
package struct CallTiming: Sendable, Hashable {
    /// Waiting for a turn under the webhook's limits.
    package var queue: Int64 = 0
    /// Looking the name up.
    package var lookUp: Int64 = 0
    /// Connecting.
    package var connect: Int64 = 0
    /// The TLS handshake.
    package var tls: Int64 = 0
    /// From the start of the last request to its answer's first byte.
    package var firstByte: Int64 = 0
    /// The whole call, retries and waits included.
    package var total: Int64 = 0
    /// How many tries were made; 0 where none was let go: circuit open, no turn, blocked address, render failed.
    package var attempts: Int = 0

    /// Makes a timing of zeros.
    package init() {}
}
