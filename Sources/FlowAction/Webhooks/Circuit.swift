/// The circuit breaker of one host and port: a state machine without clock or lock.
///
/// Closed, it lets every request through and counts failures in a row. At the rule's count it opens and lets nothing
/// through for a while; then one request goes through as a probe (half-open), whose success closes it and whose failure
/// opens it again. What was let through before it opened changes nothing any more when it ends.
package struct Circuit: Sendable {
    /// When a circuit opens, and for how long.
    package struct Rule: Sendable {
        /// Failures in a row, above 0.
        package var failures: Int
        /// How long it stays open.
        package var openFor: Duration
        /// Whether every 5xx is a failure, not 502, 503 and 504 alone.
        package var countsServerErrors: Bool

        /// Sets out a rule.
        package init(failures: Int, openFor: Duration, countsServerErrors: Bool) {
            self.failures = failures
            self.openFor = openFor
            self.countsServerErrors = countsServerErrors
        }

        /// The rule of the settings; `nil` where they turn the breaker off.
        package init?(_ settings: Settings) {
            guard settings.circuitFailures > 0 else { return nil }
            self.init(
                failures: settings.circuitFailures,
                openFor: settings.circuitOpenFor,
                countsServerErrors: settings.circuitCountsServerErrors
            )
        }
    }

    /// What a circuit does with the next request.
    package enum State: Int, Sendable {
        /// Lets it through.
        case closed = 0
        /// Waits for its probe.
        case halfOpen = 1
        /// Refuses it, or makes it the probe once its time is over.
        case open = 2
    }

    /// What a request tells of its host.
    package enum Verdict: Sendable {
        /// It answered.
        case success
        /// It did not, or said itself that it cannot.
        case failure
        /// Nothing: the request was kept back on our side.
        case nothing
    }

    /// Leave for one request; handed back with its verdict.
    package struct Pass: Sendable, Hashable {
        fileprivate var generation: UInt32
        fileprivate var isProbe: Bool

        /// The pass of a circuit that has counted nothing.
        package static let ofUntouchedCircuit = Pass(generation: 0, isProbe: false)
    }

    private var failures = 0
    /// When the circuit opened; `nil` while it is closed.
    private var openedAt: UInt64?
    /// When the probe was let through; `nil` while none is under way.
    private var probedAt: UInt64?
    /// Grows with each change between open and closed, and with each probe.
    private var generation: UInt32 = 0

    /// A probe that is not heard of for so long is given up, in nanoseconds: longer than any call may take.
    private static let longestProbe: UInt64 = 60_000_000_000

    /// Makes a closed circuit.
    package init() {}

    /// What the circuit does now.
    package var state: State {
        openedAt == nil ? .closed : probedAt == nil ? .open : .halfOpen
    }

    /// When it opened last, while it is not closed.
    package var openSince: UInt64? { openedAt }

    /// Whether a request would be refused at a moment, in nanoseconds of a monotonic clock.
    package func refuses(at now: UInt64, _ rule: Rule) -> Bool {
        guard let openedAt else { return false }
        if let probedAt { return now < probedAt + Self.longestProbe }
        return now < openedAt.addingClamped(rule.openFor)
    }

    /// Asks for leave; `nil` where the request is not to be sent.
    package mutating func admit(at now: UInt64, _ rule: Rule) -> Pass? {
        if refuses(at: now, rule) { return nil }
        guard openedAt != nil else { return Pass(generation: generation, isProbe: false) }
        probedAt = now
        generation &+= 1
        return Pass(generation: generation, isProbe: true)
    }

    /// Takes what came of a request that had leave.
    package mutating func record(_ verdict: Verdict, of pass: Pass, at now: UInt64, _ rule: Rule) {
        guard pass.generation == generation, pass.isProbe == (openedAt != nil) else { return }
        switch verdict {
        case .success:
            failures = 0
            guard pass.isProbe else { return }
            openedAt = nil
            probedAt = nil
            generation &+= 1
        case .failure:
            failures += 1
            guard pass.isProbe || failures >= rule.failures else { return }
            openedAt = now
            probedAt = nil
            failures = 0
            generation &+= 1
        case .nothing:
            // The next request is the probe.
            probedAt = nil
        }
    }
}

extension Circuit.Verdict {
    /// The verdict of an outcome, by a rule.
    package init(_ outcome: Result<ServiceAnswer, CallFailure>, _ rule: Circuit.Rule) {
        switch outcome {
        case .success(let answer):
            switch answer.status {
            case 502, 503, 504: self = .failure
            case 500...599: self = rule.countsServerErrors ? .failure : .success
            default: self = .success
            }
        case .failure(let failure):
            switch failure.type {
            case .blockedAddress, .circuitOpen, .rateLimited, .renderFailure: self = .nothing
            // It answered; the answer is more than we take.
            case .responseTooLarge, .emptyResponse, .unparsableResponse, .httpStatus: self = .success
            case .timeout, .lookUpFailure, .connectFailure, .tlsFailure, .connectionLost, .protocolError:
                self = .failure
            }
        }
    }
}

extension UInt64 {
    /// A moment in nanoseconds, a duration later; the last moment there is where that is past it.
    package func addingClamped(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        let (product, isProductTooLarge) = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let nanoseconds = isProductTooLarge ? .max : product + UInt64(clamping: attoseconds / 1_000_000_000)
        let (sum, isTooLarge) = addingReportingOverflow(nanoseconds)
        return isTooLarge ? .max : sum
    }
}
