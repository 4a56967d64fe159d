import FlowAction
import JSON
import Testing

@Suite struct PipelineTests {
    /// A store of one webhook, and what is asked of it.
    private struct Fixture {
        var url = "https://api.example.com/p?k={{my.Key}}"
        var payload: String? = #"{"n": {{lead.First Name}}}"#
        var mappings: [(String, String)] = [("Title", "title")]
        var isEnabled = true
        var failsOnUnresolvedTokens = false
        var key = "hush-hush"

        func pipeline() throws -> Pipeline {
            let leadFields = FieldCatalog(fields: StandardFields.lead)
            let companyFields = FieldCatalog(fields: StandardFields.company)
            let compiler = TemplateCompiler(leadFields: leadFields, companyFields: companyFields)
            let url = compiler.url(url, encoding: .json)
            let payload = payload.map { compiler.payload($0, encoding: .json, contentType: nil) }
            try #require((url.findings + (payload?.findings ?? [])).allSatisfy { $0.severity == .warning })
            let webhook = Webhook(
                name: "Enrich",
                description: nil,
                isEnabled: isEnabled,
                file: "webhooks/enrich.yaml",
                url: url.template,
                requestType: .post,
                payload: payload?.template,
                encoding: .json,
                headers: [],
                responseType: .json,
                mappings: try mappings.map { field, attribute in
                    ResponseMapping(
                        field: try #require(leadFields.field(named: field)),
                        attribute: try ResponseAttribute(attribute, responseType: .json)
                    )
                },
                failsOnUnresolvedTokens: failsOnUnresolvedTokens,
                policy: CallPolicy()
            )
            let token = MyToken(name: "Key", type: .text, value: key, isSecret: true, file: "my-tokens.yaml")
            let tree = ProgramTree(
                folders: [.init(path: "", parent: nil, tokens: ["key": token])],
                programs: []
            )
            return Pipeline(
                snapshot: Snapshot(
                    webhooks: ["enrich": webhook],
                    tree: tree,
                    leadFields: leadFields,
                    companyFields: companyFields,
                    settings: Settings(),
                    timeZone: .utc,
                    loadedAt: Instant(seconds: 0)
                )
            )
        }
    }

    private let context = Pipeline.Context(requestID: "id-1", instant: Instant(seconds: 0), elapsed: { 51_234 })

    private func call(
        _ fixture: Fixture,
        _ request: String = #"{"webhook": "ENRICH", "lead": {"id": 7, "firstName": "Jane"}}"#,
        answering outcome: Result<ServiceAnswer, CallFailure>
    ) async throws -> (answer: FlowActionAnswer, sent: OutgoingRequest?) {
        var sent: OutgoingRequest?
        let answer = try await fixture.pipeline().callWebhook(Array(request.utf8), context) { outgoing in
            sent = outgoing
            var timing = CallTiming()
            timing.total = 50_400
            timing.attempts = 1
            return CallResult(outcome: outcome, timing: timing)
        }
        return (answer, sent)
    }

    private func service(_ body: String, status: Int = 200, reason: String = "OK") -> Result<ServiceAnswer, CallFailure>
    {
        .success(
            ServiceAnswer(status: status, reasonPhrase: reason, contentType: "application/json", body: Array(body.utf8))
        )
    }

    @Test func writesTheWholeAnswer() async throws {
        let (answer, sent) = try await call(Fixture(), answering: service(#"{"title": "CTO"}"#))
        #expect(sent?.url == "https://api.example.com/p?k=hush-hush")
        #expect(
            String(decoding: answer.serialized, as: UTF8.self)
                == #"{"requestId":"id-1","webhook":"Enrich","outcome":"updated","lead":{"id":7},"fields":{"Title":"CTO"},"#
                + #""skipped":[],"unresolvedTokens":[],"activity":{"type":"Call Webhook","webhook":"Enrich","#
                + #""responseCode":200,"errorType":"OK","response":"{\"title\": \"CTO\"}"},"#
                + #""timing":{"totalMilliseconds":51.2,"callMilliseconds":50.4,"attempts":1},"error":null}"#
        )
    }

    @Test func masksASecretThatTheServiceRepeats() async throws {
        let body = #"{"title": "x", "key": "hush-hush", "again": "hush-hush-hush"}"#
        let (answer, _) = try await call(Fixture(), answering: service(body, reason: "hush-hush"))
        #expect(answer.activity.response == #"{"title": "x", "key": "••••••", "again": "••••••-hush"}"#)
        #expect(answer.activity.errorType == "••••••")
    }

    @Test func cutsALongReasonPhrase() async throws {
        let reason = String(repeating: "r", count: 5_000)
        let (answer, _) = try await call(Fixture(), answering: service("{}", status: 500, reason: reason))
        #expect(answer.activity.errorType == String(reason.prefix(1_024)))
    }

    /// Wherever a body is cut, no part of a secret stays at the end.
    @Test func masksASecretAtTheCut() async throws {
        for shift in 0..<24 {
            let body =
                String(repeating: "x", count: 8_192 - shift) + "hush-hush" + String(repeating: "y", count: 90_000)
            let (answer, _) = try await call(Fixture(mappings: []), answering: service(body))
            let response = try #require(answer.activity.response)
            #expect(answer.activity.isResponseTruncated)
            #expect(response.utf8.count <= 8_192)
            #expect(!response.contains("h"))
        }
    }

    /// So long a text is read to its end no more: what a secret could begin in is left out.
    @Test func masksALongSecretAtTheCut() async throws {
        let secret = "hush" + String(repeating: "s", count: 300)
        for shift in stride(from: 0, to: 2_400, by: 97) {
            // Masks are shorter than what they stand for: the end of what is looked at comes within what is shown.
            let body = String(repeating: secret, count: 216) + String(repeating: "x", count: shift) + secret
            let (answer, _) = try await call(Fixture(mappings: [], key: secret), answering: service(body))
            let response = try #require(answer.activity.response)
            #expect(!response.contains("h") && !response.contains("s"), "\(shift)")
        }
    }

    @Test func cutsABodyBetweenCharacters() async throws {
        let (answer, _) = try await call(
            Fixture(mappings: []),
            answering: service("x" + String(repeating: "é", count: 5_000))
        )
        let response = try #require(answer.activity.response)
        #expect(response == "x" + String(repeating: "é", count: 4_095))
        #expect(String(decoding: answer.serialized, as: UTF8.self).contains(#","responseTruncated":true}"#))
    }

    @Test(arguments: [
        (200, "", "OK"), (404, "", "Not Found"), (404, "Gone Fishing", "Gone Fishing"), (299, "", "299"),
    ])
    func namesTheStatus(status: Int, reason: String, errorType: String) async throws {
        let (answer, _) = try await call(
            Fixture(mappings: []),
            answering: service("{}", status: status, reason: reason)
        )
        #expect(answer.activity.errorType == errorType)
        #expect(answer.activity.responseCode == status)
    }

    @Test(
        arguments: [
            (Fixture(), "", 204, "failed", CallFailure.Kind.emptyResponse, 1001),
            (Fixture(), "<html>", 200, "failed", .unparsableResponse, nil),
            (Fixture(), "{}", 500, "rejected", .httpStatus, 500),
            (Fixture(), "{}", 302, "rejected", .httpStatus, 302),
        ] as [(Fixture, String, Int, String, CallFailure.Kind, Int?)]
    )
    private func tellsWhyThereIsNoUpdate(
        fixture: Fixture,
        body: String,
        status: Int,
        outcome: String,
        type: CallFailure.Kind,
        code: Int?
    ) async throws {
        let (answer, _) = try await call(fixture, answering: service(body, status: status, reason: ""))
        #expect(answer.outcome.rawValue == outcome)
        #expect(answer.error?.type == type)
        #expect(answer.error?.sent == .yes)
        #expect(answer.errorCode == code)
        let phrase = standardReasonPhrase(of: status)
        #expect(answer.activity.errorType == (answer.outcome == .failed ? type.rawValue : phrase))
        #expect(answer.mapping.fields.isEmpty)
    }

    @Test func anEmptyBodyIsNothingWhereNothingIsMapped() async throws {
        let (answer, _) = try await call(Fixture(mappings: []), answering: service("", status: 204, reason: ""))
        #expect(answer.outcome == .sent)
        #expect(answer.error == nil)
        #expect(answer.activity.responseCode == 204)
    }

    @Test func carriesAFailureOn() async throws {
        let failure = CallFailure(.timeout, detail: "late", sent: .maybe)
        let (answer, _) = try await call(Fixture(), answering: .failure(failure))
        #expect(answer.outcome == .failed)
        #expect(answer.error == failure)
        #expect(answer.activity.errorType == "timeout")
        #expect(answer.activity.response == nil)
        let json = String(decoding: answer.serialized, as: UTF8.self)
        #expect(json.contains(#""error":{"type":"timeout","code":null,"detail":"late","sent":"maybe"}"#))
    }

    /// A redirect may lead to a host whose name repeats what was sent.
    @Test func masksASecretInTheReasonOfAFailure() async throws {
        let detail = "No connection to hush-hush.example could be made."
        let failure = CallFailure(.connectFailure, detail: detail, sent: .yes)
        let (answer, _) = try await call(Fixture(), answering: .failure(failure))
        #expect(answer.error?.detail == "No connection to ••••••.example could be made.")
    }

    @Test func sendsNothingWhereTheRenderFails() async throws {
        let fixture = Fixture(payload: #"{"n": {{lead.Shoe Size}}}"#, failsOnUnresolvedTokens: true)
        let (answer, sent) = try await call(fixture, answering: service("{}"))
        #expect(sent == nil)
        #expect(answer.outcome == .failed)
        #expect(answer.error?.type == .renderFailure)
        #expect(answer.error?.sent == .no)
        #expect(answer.timing.attempts == 0)
    }

    @Test func reportsTokensThatResolveToNothing() async throws {
        let fixture = Fixture(payload: #"{"n": {{Lead.Shoe size}}, "p": {{my.Nothing:default=x}}}"#)
        let (answer, sent) = try await call(fixture, answering: service("{}"))
        #expect(sent?.body.map { String(decoding: $0, as: UTF8.self) } == #"{"n": "", "p": "x"}"#)
        #expect(answer.unresolvedTokens == ["Lead.Shoe size", "my.Nothing"])
    }

    @Test(arguments: [
        (#"{"webhook": "other", "lead": {}}"#, true, Problem.Name.unknownWebhook),
        (#"{"webhook": "enrich", "lead": {}}"#, false, .webhookDisabled),
        (#"{"webhook": "enrich", "lead": {}, "program": "x"}"#, true, .unknownProgram),
        (#"{"webhook": "enrich", "lead": {}, "campaign": {"type": "batch"}}"#, true, .batchCampaign),
    ])
    func refuses(request: String, isEnabled: Bool, problem: Problem.Name) async throws {
        var sent = false
        let pipeline = try Fixture(isEnabled: isEnabled).pipeline()
        do {
            _ = try await pipeline.callWebhook(Array(request.utf8), context) { _ in
                sent = true
                return CallResult(outcome: service("{}"), timing: CallTiming())
            }
            Issue.record("the request is taken")
        } catch {
            #expect(error.name == problem)
        }
        #expect(!sent)
    }

    @Test func previewsWithoutSecrets() throws {
        let request =
            #"{"webhook": "enrich", "lead": {"firstName": "Jane"}, "tokens": [{"name": "Key", "value": "other-secret"}]}"#
        let preview = try Fixture().pipeline().preview(Array(request.utf8), context)
        let json = String(decoding: preview.serialized, as: UTF8.self)
        #expect(!json.contains("other-secret"))
        #expect(json.contains("https://api.example.com/p?k=••••••"))
        #expect(preview.tokens.map(\.source) == ["tokens", "lead"])
    }
}
