import JSON
import TestSupport
import Testing

extension EndToEnd {
    /// Requests that are wrong: each gets its problem, and nothing is sent.
    @Suite(.serialized) struct RefusalTests {
        private let sample = Sample()
        private var service: RawServer { sample.service }
        private var installation: Installation { sample.installation }

        private static let wrong: [(body: String, status: Int, name: String)] = [
            ("", 400, "malformed-request"),
            ("{", 400, "malformed-request"),
            ("[]", 400, "malformed-request"),
            (#"{"webhook": "GET"}"#, 400, "malformed-request"),
            (#"{"webhook": "GET", "lead": {"a": {"b": 1}}}"#, 400, "malformed-request"),
            (#"{"webhook": "GET", "lead": {"a": 1, "a": 2}}"#, 400, "malformed-request"),
            (#"{"webhook": "GET", "lead": {"firstName": "a", "First Name": "b"}}"#, 400, "malformed-request"),
            (#"{"webhook": "GET", "lead": {}, "leads": []}"#, 400, "unknown-member"),
            (#"{"webhook": "nobody", "lead": {}}"#, 404, "unknown-webhook"),
            (#"{"webhook": "GET", "lead": {}, "program": 4711}"#, 404, "unknown-program"),
            (#"{"webhook": "GET", "lead": {}, "program": "Twin"}"#, 422, "ambiguous-program"),
            (#"{"webhook": "disabled", "lead": {}}"#, 409, "webhook-disabled"),
            (#"{"webhook": "GET", "lead": {}, "campaign": {"type": "batch"}}"#, 422, "batch-campaign"),
            (
                #"{"webhook": "GET", "lead": {}, "tokens": [{"name": "Service URL", "value": "http://evil.example"}]}"#,
                400, "malformed-request"
            ),
        ]

        @Test func answersWithAProblemAndSendsNothing() throws {
            for (body, status, name) in Self.wrong {
                let response = installation.call(body)
                #expect(response.status == status, "\(body)")
                #expect(response.header("Content-Type") == "application/problem+json", "\(body)")
                let problem = try JSONValue(parsing: Array(response.body.utf8))
                #expect(problem["type"] == .string("urn:flowhook:problem:\(name)"), "\(body)")
                #expect(problem["status"] == .number("\(status)"), "\(body)")
                #expect((problem["detail"]?.stringValue?.utf8.count ?? 0) > 20, "\(body)")
                #expect(problem["code"] == (name == "batch-campaign" ? .number("1000") : nil), "\(body)")
            }
            #expect(service.received.isEmpty)
            #expect(installation.call(#"{"webhook": "GET", "lead": {}}"#).status == 200)
        }

        @Test func answersToTheWrongPathMethodOrType() {
            let client = installation.client
            #expect(client.get("/flow/nothing").status == 404)
            let method = client.get("/flow/call-webhook")
            #expect(method.status == 405)
            #expect(method.header("Allow") == "POST")
            #expect(client.post("/flow/readyz", "").status == 405)
            let type = client.post("/flow/call-webhook", SampleStore.enrich, headers: ["Content-Type: text/plain"])
            #expect(type.status == 415)
            let charset = ["Content-Type: application/json; charset=utf-8"]
            #expect(
                client.post("/flow/call-webhook", #"{"webhook": "GET", "lead": {}}"#, headers: charset).status == 200
            )
            #expect(client.post("/flow/call-webhook", #"{"webhook": "GET", "lead": {}}"#, headers: []).status == 200)
        }

        /// A body at the bound is taken, whatever way it goes through the gateway; one past it is refused by nginx.
        @Test(arguments: [1_000, 30_000, 200_000, 1_000_000])
        func takesLargeBodies(count: Int) {
            let note = String(repeating: "x", count: count)
            let response = installation.call(#"{"webhook": "second", "lead": {"Person Notes": "\#(note)"}}"#)
            #expect(response.status == 200)
            #expect(response.body.contains(#""outcome":"updated""#))
            #expect(service.received.last?.hasSuffix(#""note": "\#(note)"}"#) == true)
        }

        /// What a client sends as a header does not take the place of what the web server sets.
        @Test func headersCannotPassForParameters() {
            let headers = [
                "Content-Type: application/json", "FLOWHOOK_MOUNT: /elsewhere", "Flowhook-Mount: /elsewhere",
                "REQUEST_ID: forged", "Request-Id: forged", "X-Request-Id: forged",
            ]
            let response = installation.client.post(
                "/flow/call-webhook",
                #"{"webhook": "GET", "lead": {}}"#,
                headers: headers
            )
            #expect(response.status == 200)
            #expect(!response.body.contains("forged"))
        }

        /// The application reaches the calls and the health; the rest is for the machine itself, which is 127.0.0.1.
        @Test func keepsTheRestToTheMachineItself() {
            var other = installation.client
            other.source = 2
            #expect(other.get("/flow/healthz").status == 200)
            #expect(other.post("/flow/call-webhook", #"{"webhook": "GET", "lead": {}}"#).status == 200)
            #expect(other.get("/flow/readyz").status == 403)
            #expect(other.post("/flow/preview", #"{"webhook": "GET", "lead": {}}"#).status == 403)
            #expect(installation.client.get("/flow/readyz").status == 200)
        }
    }
}
