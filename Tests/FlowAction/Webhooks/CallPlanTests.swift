import FlowAction
import Testing

@Suite struct CallPlanTests {
    private static let now = Instant(seconds: 1_795_629_600)

    private func request(
        _ retry: CallPolicy.RetryPolicy? = nil,
        timeout: Duration = .seconds(10),
        redirects: Int = 0
    ) -> OutgoingRequest {
        OutgoingRequest(
            method: .post,
            url: "https://a.example/p",
            host: "a.example",
            port: 443,
            isSecure: true,
            headers: [],
            body: [1],
            policy: CallPolicy(timeout: timeout, retry: retry, redirects: redirects)
        )
    }

    private func retry(
        _ attempts: Int = 5,
        connect: Bool = false,
        timeout: Bool = false,
        statuses: Set<Int> = [],
        backoff: Duration = .milliseconds(100)
    ) -> CallPolicy.RetryPolicy {
        CallPolicy.RetryPolicy(
            attempts: attempts,
            onConnect: connect,
            onTimeout: timeout,
            statuses: statuses,
            backoff: backoff,
            tryTimeout: timeout ? .seconds(1) : nil
        )
    }

    private func answer(
        _ status: Int,
        retryAfter: String? = nil,
        location: String? = nil
    ) -> Result<ServiceAnswer, CallFailure> {
        .success(
            ServiceAnswer(
                status: status,
                reasonPhrase: "",
                contentType: nil,
                body: [],
                retryAfter: retryAfter,
                location: location
            )
        )
    }

    private func failure(_ type: CallFailure.Kind, _ sent: CallFailure.Sent) -> Result<ServiceAnswer, CallFailure> {
        .failure(CallFailure(type, detail: "", sent: sent))
    }

    /// A step as a word: `send`, the milliseconds of a wait, or the status or type and `sent` of the end.
    private func word(
        _ plan: inout CallPlan,
        _ outcome: Result<ServiceAnswer, CallFailure>,
        elapsed: Duration = .zero,
        random: Double = 0.5
    ) -> String {
        switch plan.next(after: outcome, elapsed: elapsed, instant: Self.now, random: random) {
        case .send: "send"
        case .wait(let delay): "\(Int(delay / .milliseconds(1)))"
        case .finish(.success(let answer)): "\(answer.status)"
        case .finish(.failure(let failure)): "\(failure.type.rawValue) \(failure.sent.rawValue)"
        }
    }

    @Test func triesOnceWhereNothingIsAsked() {
        var plan = CallPlan(request())
        #expect(word(&plan, answer(503, retryAfter: "1")) == "503")
        #expect(plan.attempts == 1)
        plan = CallPlan(request())
        #expect(word(&plan, failure(.connectFailure, .no)) == "connect-failure no")
    }

    @Test func doublesTheDelayWithFullJitterUpToAllTries() {
        var plan = CallPlan(request(retry(statuses: [503])))
        #expect(word(&plan, answer(503), random: 0) == "0")
        #expect(word(&plan, answer(503), random: 0.5) == "100")
        #expect(word(&plan, answer(503), random: 0.999) == "399")
        #expect(word(&plan, answer(503), random: 0.75) == "600")
        #expect(word(&plan, answer(503)) == "503")
        #expect(plan.attempts == 5)
    }

    @Test(
        arguments: [
            ("connect", "connect-failure", "no", true), ("connect", "dns-failure", "no", true),
            ("connect", "tls-failure", "no", true), ("connect", "timeout", "no", true),
            ("connect", "connection-lost", "maybe", false), ("connect", "timeout", "maybe", false),
            ("connect", "tls-failure", "maybe", false), ("connect", "blocked-address", "no", false),
            ("connect", "circuit-open", "no", false), ("connect", "rate-limited", "no", false),
            ("timeout", "timeout", "no", true), ("timeout", "timeout", "maybe", true),
            ("timeout", "timeout", "yes", true),
            ("timeout", "connect-failure", "no", false), ("503", "timeout", "maybe", false),
            ("503", "connect-failure", "no", false),
        ]
    )
    func repeatsWhatIsListed(on: String, type: String, sent: String, isRepeated: Bool) throws {
        let policy = retry(2, connect: on == "connect", timeout: on == "timeout", statuses: on == "503" ? [503] : [])
        var plan = CallPlan(request(policy))
        let kind = try #require(CallFailure.Kind(rawValue: type))
        let step = word(&plan, failure(kind, try #require(.init(rawValue: sent))))
        #expect(step == (isRepeated ? "50" : "\(type) \(sent)"))
    }

    @Test func repeatsListedStatusesAlone() {
        for status in [200, 301, 404, 429, 500, 503] {
            var plan = CallPlan(request(retry(statuses: [429, 500])))
            #expect(word(&plan, answer(status)) == (status == 429 || status == 500 ? "50" : "\(status)"))
        }
    }

    @Test(
        arguments: [
            // Asked for and jitter, then without jitter where that would be too long, then the outcome at once.
            ("2", .zero, "2050"), ("2", .milliseconds(7_970), "2000"), ("2", .seconds(8), "503"),
            ("3600", .zero, "503"),
            ("0", .zero, "50"), ("Wed, 25 Nov 2026 18:00:03 GMT", .zero, "3050"),
            ("Wednesday, 25-Nov-26 18:00:03 GMT", .zero, "3050"), ("Wed Nov 25 18:00:03 2026", .zero, "3050"),
            ("Wed, 25 Nov 2026 19:00:00 GMT", .zero, "503"), ("Sun, 06 Nov 1994 08:49:37 GMT", .zero, "50"),
            // No Retry-After that can be read: the backoff.
            ("soon", .zero, "50"), ("soon", .milliseconds(9_960), "503"),
        ] as [(String, Duration, String)]
    )
    func honoursRetryAfterWhereItFits(header: String, elapsed: Duration, step: String) {
        var plan = CallPlan(request(retry(statuses: [503])))
        #expect(word(&plan, answer(503, retryAfter: header), elapsed: elapsed) == step)
    }

    @Test func startsNoTryBehindTheDeadline() {
        var plan = CallPlan(request(retry(timeout: true)))
        #expect(word(&plan, failure(.timeout, .maybe), elapsed: .seconds(10)) == "timeout maybe")
        plan = CallPlan(request(retry(timeout: true)))
        #expect(word(&plan, failure(.timeout, .maybe), elapsed: .seconds(1)) == "50")
    }

    /// What one try has sent cannot be taken back by the next.
    @Test func speaksForAllTries() {
        var plan = CallPlan(request(retry(connect: true, timeout: true, statuses: [503])))
        #expect(word(&plan, failure(.timeout, .maybe)) == "50")
        #expect(word(&plan, failure(.connectFailure, .no)) == "100")
        #expect(word(&plan, failure(.connectionLost, .maybe)) == "connection-lost maybe")
        plan = CallPlan(request(retry(3, connect: true, statuses: [503])))
        #expect(word(&plan, answer(503)) == "50")
        #expect(word(&plan, failure(.connectFailure, .no)) == "100")
        #expect(word(&plan, failure(.connectFailure, .no)) == "connect-failure yes")
        #expect(plan.attempts == 3)
    }

    /// A try that we kept back ourselves leaves the outcome of the one before.
    @Test(arguments: [CallFailure.Kind.circuitOpen, .rateLimited])
    func aTryThatIsKeptBackChangesNothing(type: CallFailure.Kind) {
        var plan = CallPlan(request(retry(statuses: [503])))
        #expect(word(&plan, failure(type, .no)) == "\(type.rawValue) no")
        #expect(plan.attempts == 0)
        plan = CallPlan(request(retry(statuses: [503])))
        #expect(word(&plan, answer(503)) == "50")
        #expect(word(&plan, failure(type, .no)) == "503")
        #expect(plan.attempts == 1)
    }

    @Test func followsRedirectsWithinATry() {
        var plan = CallPlan(request(retry(connect: true, statuses: [503]), redirects: 2))
        #expect(word(&plan, answer(307, location: "/q")) == "send")
        #expect(plan.request.url == "https://a.example/q")
        #expect(plan.request.method == .post)
        #expect(word(&plan, answer(303, location: "r")) == "send")
        #expect(plan.request.method == .get)
        #expect(word(&plan, answer(503)) == "50")
        // The next try begins anew.
        #expect(plan.request.url == "https://a.example/p")
        #expect(plan.request.method == .post)
        #expect(plan.attempts == 1)
        #expect(word(&plan, answer(302, location: "/q")) == "send")
        #expect(word(&plan, answer(302, location: "/q")) == "send")
        // Past the limit it is the answer.
        #expect(word(&plan, answer(302, location: "/q")) == "302")
        #expect(plan.attempts == 2)
    }

    /// Behind a redirect something was sent already.
    @Test(arguments: [CallFailure.Kind.connectFailure, .blockedAddress, .circuitOpen])
    func aRedirectThatLeadsNowhereWasAnswered(type: CallFailure.Kind) {
        var plan = CallPlan(request(retry(connect: true), redirects: 1))
        #expect(word(&plan, answer(303, location: "/q")) == "send")
        #expect(word(&plan, failure(type, .no)) == "\(type.rawValue) yes")
        #expect(plan.attempts == 1)
    }
}
