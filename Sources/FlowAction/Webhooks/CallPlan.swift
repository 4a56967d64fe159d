/// What one call does from try to try and from redirect to redirect: a state machine without clock, dice or sockets.
///
/// Whoever sends asks for ``request``, sends it, and hands what came of it to ``next(after:elapsed:instant:random:)``,
/// until that says how the call ends:
///
///     var plan = CallPlan(request)
///     while true {
///         let outcome = send(plan.request)
///         switch plan.next(after: outcome, elapsed: …, instant: …, random: …) {
///         case .send: continue
///         case .wait(let delay): sleep(delay)
///         case .finish(let outcome): return outcome
///         }
///     }
///
/// A try is the webhook's request with the redirects that it leads to; a retry begins anew with the webhook's request.
package struct CallPlan: Sendable {
    /// What the call does next.
    package enum Step: Sendable {
        /// Sends ``CallPlan/request`` now: a redirect is followed, within the same try.
        case send
        /// Waits, then sends ``CallPlan/request``: the next try.
        case wait(Duration)
        /// Ends; `error.sent` of a failure speaks for all tries together.
        case finish(Result<ServiceAnswer, CallFailure>)
    }

    /// The request to send.
    package private(set) var request: OutgoingRequest
    /// How many tries were made so far; one that was never let go (circuit open, no turn, blocked address) is none.
    package private(set) var attempts = 0
    /// The webhook's request, while redirects are followed.
    private var original: OutgoingRequest?
    /// How many redirects the present try has followed.
    private var hops = 0
    /// Whether the service may have got anything of any try.
    private var sent = CallFailure.Sent.no
    /// What the try before gave.
    private var last: Result<ServiceAnswer, CallFailure>?

    /// Whether ``request`` goes to another host or port than the webhook's, by a redirect.
    package var isElsewhere: Bool {
        original.map { $0.port != request.port || $0.host.lowercased() != request.host.lowercased() } ?? false
    }

    /// Plans the call of a request, by the request's own policy.
    package init(_ request: consuming OutgoingRequest) {
        self.request = request
    }

    /// Decides on what came of ``request``.
    ///
    /// - Parameters:
    ///   - outcome: an answer of any status, or why none came.
    ///   - elapsed: the time since the call began; its deadline is the policy's timeout.
    ///   - instant: now, against which a date in `Retry-After` is held; asked for only where there is one.
    ///   - random: from 0 up to 1, for the jitter of a delay; asked for only where there is one.
    package mutating func next(
        after outcome: Result<ServiceAnswer, CallFailure>,
        elapsed: Duration,
        instant: @autoclosure () -> Instant,
        random: @autoclosure () -> Double
    ) -> Step {
        // A later try that was not let go changes nothing: the outcome is what the one before gave.
        if case .failure(let failure) = outcome, failure.wasNeverLetGo, hops == 0 {
            return .finish(last ?? outcome)
        }
        if hops == 0 { attempts += 1 }
        switch outcome {
        case .success(let answer):
            sent = .yes
            if hops < request.policy.redirects, let next = request.following(answer) {
                hops += 1
                original = original ?? request
                request = next
                return .send
            }
        case .failure(let failure):
            sent = max(sent, failure.sent)
        }
        let final = spoken(outcome)
        guard let delay = delay(after: outcome, elapsed: elapsed, instant: instant(), random: random()) else {
            return .finish(final)
        }
        last = final
        hops = 0
        request = original ?? request
        original = nil
        return .wait(delay)
    }

    /// The outcome, where it is a failure with `sent` of all tries.
    private func spoken(_ outcome: Result<ServiceAnswer, CallFailure>) -> Result<ServiceAnswer, CallFailure> {
        outcome.mapError { $0.with(sent: sent) }
    }

    /// How long to wait before the next try; `nil` where there is none.
    private func delay(
        after outcome: Result<ServiceAnswer, CallFailure>,
        elapsed: Duration,
        instant: @autoclosure () -> Instant,
        random: @autoclosure () -> Double
    ) -> Duration? {
        guard let retry = request.policy.retry, attempts < retry.attempts, isRepeated(outcome, retry) else {
            return nil
        }
        let left = request.policy.timeout - elapsed
        // Full jitter: anything up to the delay, which doubles each time.
        let jitter = retry.backoff * Double(1 << (attempts - 1)) * random()
        guard case .success(let answer) = outcome, let header = answer.retryAfter,
            let asked = RetryAfter.read(header, now: instant())
        else { return jitter < left ? jitter : nil }
        guard asked < left else { return nil }
        // Those who were sent away together are not to come back together.
        return asked + jitter < left ? asked + jitter : asked
    }

    private func isRepeated(_ outcome: Result<ServiceAnswer, CallFailure>, _ retry: CallPolicy.RetryPolicy) -> Bool {
        switch outcome {
        case .success(let answer): return retry.statuses.contains(answer.status)
        case .failure(let failure):
            if failure.type == .timeout, retry.onTimeout { return true }
            // Behind a redirect the service has had the first request already.
            guard retry.onConnect, hops == 0, failure.sent == .no else { return false }
            switch failure.type {
            case .lookUpFailure, .connectFailure, .tlsFailure, .connectionLost, .timeout: return true
            default: return false
            }
        }
    }
}

extension CallFailure {
    /// Whether we ourselves kept the request back.
    fileprivate var wasNeverLetGo: Bool {
        switch type {
        case .circuitOpen, .rateLimited, .blockedAddress, .renderFailure: sent == .no
        default: false
        }
    }
}

extension CallFailure.Sent: Comparable {
    /// `no` before `maybe` before `yes`: of several tries the greatest holds.
    package static func < (first: Self, second: Self) -> Bool {
        first.rank < second.rank
    }

    private var rank: Int {
        switch self {
        case .no: 0
        case .maybe: 1
        case .yes: 2
        }
    }
}
