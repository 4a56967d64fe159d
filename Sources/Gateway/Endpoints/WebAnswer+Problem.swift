package import FlowAction

extension WebAnswer {
    /// The answer to a request that is refused (RFC 9457).
    package init(_ problem: Problem) {
        self.init(
            status: problem.status,
            headers: [("Content-Type", "application/problem+json"), ("Cache-Control", "no-store")],
            body: problem.serialized
        )
        if problem.name == .overloaded || problem.name == .draining { headers.append(("Retry-After", "1")) }
    }

    /// The answer to a request that is refused for want of a store, under the request's id; the log says why, too.
    package init(_ problem: Problem, to request: WebRequest, _ log: Log) {
        self.init(problem)
        let requestID = RequestID.of(request)
        headers.append(("X-Request-Id", requestID))
        log.write(.error, "request refused") { line in
            line.add("requestId", requestID)
            line.add("problem", problem.name.rawValue)
            line.add("detail", problem.detail)
        }
    }
}

extension Pipeline.Context {
    /// The context of a request that comes in now.
    ///
    /// - Parameters:
    ///   - requestID: its id; a new one where it brings none.
    ///   - trace: its place in a distributed trace.
    ///   - idempotencyKey: the caller's own.
    ///   - timeLeft: how long the service still runs, where it is stopping.
    package init(
        requestID: String? = nil,
        trace: TraceContext? = nil,
        idempotencyKey: String? = nil,
        timeLeft: Duration? = nil
    ) {
        let started = microseconds()
        self.init(
            requestID: requestID ?? RequestID.new(),
            instant: .now,
            trace: trace,
            elapsed: { microseconds() - started },
            idempotencyKey: idempotencyKey
        )
        self.timeLeft = timeLeft
    }
}
