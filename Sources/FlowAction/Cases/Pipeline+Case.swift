internal import JSON

extension Pipeline {
    /// Runs a case through the same stages as a flow action, with its answers in the network's place.
    ///
    /// - Parameter now: the moment of a case that names none.
    /// - Returns: where what came differs from what was expected, secrets masked; nothing where the case passes.
    package func differences(of item: Case, now: Instant) async -> [Difference] {
        let body = item.request.serialized
        let context = Context(requestID: "case", instant: item.instant ?? now, elapsed: { 0 })
        let mask = SecretMask(secrets(of: body))
        let differences: [Difference]
        do throws(Problem) {
            var tries = CannedTries(answers: item.answers, instant: context.instant, settings: snapshot.settings)
            let answer = try await callWebhook(body, context) { outgoing in tries.send(outgoing) }
            // A secret is not the same on every machine: what is compared is what people see.
            let isSent = answer.timing.attempts > 0 || !tries.missing.isEmpty
            let shown = isSent ? try preview(body, context).request : nil
            differences = tries.missing + compare(item, answer, shown, mask)
        } catch {
            differences = compare(item, error)
        }
        return differences.map { difference in
            let (expected, got) = (mask.masked(difference.expected), mask.masked(difference.got))
            // Told apart by a secret that the case has in the clear.
            let hint = expected == got ? " (a secret: write \(ResolvedToken.mask) for it)" : ""
            return Difference(place: difference.place, expected: expected, got: got + hint)
        }
    }

    private func compare(_ item: Case, _ problem: Problem) -> [Difference] {
        guard let expected = item.expected["problem"], expected != .null else {
            return [
                Difference(place: "problem", expected: "nothing", got: "\(problem.name.rawValue): \(problem.detail)")
            ]
        }
        return Difference.list(
            between: .object(item.expected),
            and: .object(Observation(problem).members),
            at: "",
            isWhole: false
        )
    }

    private func compare(
        _ item: Case,
        _ answer: FlowActionAnswer,
        _ sent: OutgoingRequest?,
        _ mask: SecretMask
    ) -> [Difference] {
        var headers: [String] = []
        if case .object(let object)? = item.expected["sent"]?["headers"] { headers = object.members.map(\.name) }
        var answer = answer
        // A service may repeat a secret into a field, which has it as it is.
        for index in answer.mapping.fields.indices {
            guard case .string(let text) = answer.mapping.fields[index].value else { continue }
            answer.mapping.fields[index].value = .string(mask.masked(text))
        }
        let observation = Observation(answer, sent: sent, headers: headers)
        let differences = Difference.list(
            between: .object(item.expected),
            and: .object(observation.members),
            at: "",
            isWhole: false
        )
        let isTold = differences.contains { $0.place == "outcome" || $0.place.hasPrefix("error") }
        return differences.map { $0.explained(by: answer, isErrorTold: isTold) }
    }

    /// The values that nobody is to read: the store's secrets, and what the request puts in their place.
    private func secrets(of body: [UInt8]) -> [String] {
        var names: Set<String> = []
        var values: [String] = []
        for folder in snapshot.tree.folders {
            for (key, token) in folder.tokens where token.isSecret {
                names.insert(key)
                values.append(token.value)
            }
        }
        guard !names.isEmpty, let request = try? FlowActionRequest(decoding: body) else { return values }
        for token in request.tokens where names.contains(token.name.lowercased()) { values.append(token.value.text) }
        return values
    }
}

/// The third-party service of a case: the n-th request gets the n-th answer, of a call that is planned as a real one is.
private struct CannedTries {
    let answers: Case.Answers
    let instant: Instant
    let settings: Settings
    /// How many requests were made, retries and followed redirects included.
    private(set) var count = 0
    /// The request for which the case has no answer.
    private(set) var missing: [Difference] = []

    init(answers: Case.Answers, instant: Instant, settings: Settings) {
        self.answers = answers
        self.instant = instant
        self.settings = settings
    }

    /// Makes a call. Time passes as the plan and the answers say, in no time: a delay is half of what it may be at most, save
    /// one that the service asks for.
    mutating func send(_ request: OutgoingRequest) -> CallResult {
        var plan = CallPlan(request)
        var elapsed = Duration.zero
        while true {
            guard let outcome = outcome(of: plan.request) else {
                let failure = CallFailure(.connectFailure, detail: "The case has no answer for it.", sent: .no)
                return result(.failure(failure), plan)
            }
            if case .failure(let failure) = outcome, failure.type == .timeout {
                elapsed += request.policy.retry?.tryTimeout ?? request.policy.timeout
            }
            let now = Instant(seconds: instant.seconds + elapsed.components.seconds)
            switch plan.next(after: outcome, elapsed: elapsed, instant: now, random: 0.5) {
            case .send: continue
            case .wait(let delay): elapsed += delay
            case .finish(let outcome): return result(outcome, plan)
            }
        }
    }

    /// What comes of one request; `nil` where the case has no answer for it.
    private mutating func outcome(of request: OutgoingRequest) -> Result<ServiceAnswer, CallFailure>? {
        // A name is not looked up here; a redirect may lead to an address.
        let policy = AddressPolicy(allowing: settings.allowNetworks)
        if let address = IPAddress(host: request.host), !policy.permits(address) { return .failure(.blocked(request)) }
        count += 1
        guard let outcome = answers.outcome(ofTry: count) else {
            let place = count == 1 ? "answer" : "answers"
            missing.append(Difference(place: place, expected: "an answer for request \(count)", got: "nothing"))
            return nil
        }
        return received(outcome)
    }

    /// What of a canned answer a call would have got.
    private func received(_ outcome: Result<ServiceAnswer, CallFailure>) -> Result<ServiceAnswer, CallFailure> {
        guard case .success(let answer) = outcome, answer.body.count > settings.maxResponseBytes else { return outcome }
        guard (200...299).contains(answer.status) else { return .success(answer.withoutBody) }
        let detail = "The case's body is larger than allowed (max_response_bytes)."
        return .failure(CallFailure(.responseTooLarge, detail: detail, sent: .yes))
    }

    private func result(_ outcome: Result<ServiceAnswer, CallFailure>, _ plan: CallPlan) -> CallResult {
        var timing = CallTiming()
        timing.attempts = plan.attempts
        return CallResult(outcome: outcome, timing: timing)
    }
}

extension Difference {
    /// The difference with what the answer says of it beside it.
    ///
    /// - Parameter isErrorTold: whether another difference tells the error.
    fileprivate func explained(by answer: FlowActionAnswer, isErrorTold: Bool) -> Difference {
        var difference = self
        let isOfError = place == "outcome" || place.hasPrefix("error")
        let isForWantOfAnswer = !isErrorTold && (place.hasPrefix("fields") || place.hasPrefix("skipped"))
        if isOfError || isForWantOfAnswer, let error = answer.error {
            difference.got += " (\(error.type.rawValue): \(error.detail))"
        }
        if got == "nothing", let skipped = answer.mapping.skipped.first(where: { "fields.\($0.field)" == place }) {
            difference.got += " (skipped: \(skipped.attribute) is \(skipped.reason.rawValue))"
        }
        return difference
    }
}
