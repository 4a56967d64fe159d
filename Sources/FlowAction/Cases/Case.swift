package import JSON

/// A case of a store: a flow action request, what the third-party service is to answer, and what is to come of it.
package struct Case: Sendable {
    /// The file, relative to the store.
    package var file: String
    /// What the case shows, in words.
    package var description: String?
    /// The one moment of the request; `nil`: the moment of the run.
    package var instant: Instant?
    /// The flow action request.
    package var request: JSONValue
    /// What comes of each request that goes out.
    package var answers: Answers
    /// What is to come of it: the members of ``Observation`` that are compared. What it does not name is not.
    package var expected: JSONObject

    /// What takes the third-party service's place.
    package enum Answers: Sendable {
        /// Nothing is to be sent.
        case none
        /// The same for every request.
        case always(Result<ServiceAnswer, CallFailure>)
        /// One for each request, in order; a redirect that is followed takes one too.
        case inTurn([Result<ServiceAnswer, CallFailure>])

        /// What comes of a request, counted from 1; `nil` where the case has nothing for it.
        package func outcome(ofTry number: Int) -> Result<ServiceAnswer, CallFailure>? {
            switch self {
            case .none: nil
            case .always(let outcome): outcome
            case .inTurn(let outcomes): outcomes.indices.contains(number - 1) ? outcomes[number - 1] : nil
            }
        }
    }

    /// Joins the parts of a case.
    package init(
        file: String,
        description: String?,
        instant: Instant?,
        request: JSONValue,
        answers: Answers,
        expected: JSONObject
    ) {
        self.file = file
        self.description = description
        self.instant = instant
        self.request = request
        self.answers = answers
        self.expected = expected
    }
}

extension CallFailure.Kind {
    /// The failure that a call may end in before an answer is read, as a case asks for it; `nil` for one that the
    /// answer itself brings about, or the webhook.
    package var canned: CallFailure? {
        switch self {
        case .lookUpFailure, .connectFailure, .tlsFailure, .blockedAddress, .circuitOpen, .rateLimited:
            CallFailure(self, detail: "The case asks for it.", sent: .no)
        case .timeout, .connectionLost: CallFailure(self, detail: "The case asks for it.", sent: .maybe)
        case .responseTooLarge, .protocolError: CallFailure(self, detail: "The case asks for it.", sent: .yes)
        case .emptyResponse, .unparsableResponse, .renderFailure, .httpStatus: nil
        }
    }
}
