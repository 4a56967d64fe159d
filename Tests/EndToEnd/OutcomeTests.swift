import JSON
import TestSupport
import Testing

extension EndToEnd {
    /// A third party that misbehaves: each case gives its outcome, and the next request works.
    @Suite(.serialized) struct OutcomeTests {
        private let sample = Sample()
        private var service: RawServer { sample.service }
        private var installation: Installation { sample.installation }

        private typealias Case = (
            webhook: String, outcome: String, type: String, code: String, sent: String, responseCode: String
        )

        private static let cases: [Case] = [
            ("never", "failed", "timeout", "null", "maybe", "null"),
            ("refused", "failed", "connect-failure", "null", "no", "null"),
            ("reset", "failed", "connection-lost", "null", "maybe", "null"),
            ("close", "failed", "connection-lost", "null", "maybe", "null"),
            ("cut", "failed", "connection-lost", "null", "yes", "null"),
            ("no-http", "failed", "protocol-error", "null", "yes", "null"),
            ("huge", "failed", "response-too-large", "null", "yes", "null"),
            ("500", "rejected", "http-status", "500", "yes", "500"),
            ("empty", "failed", "empty-response", "1001", "yes", "1001"),
            ("rubbish", "failed", "unparsable-response", "null", "yes", "200"),
            ("strict", "failed", "render-failure", "null", "no", "null"),
        ]

        @Test func tellsWhatHappened() throws {
            for item in Self.cases {
                let body = #"{"webhook": "\#(item.webhook)", "lead": {"id": 7, "Person Notes": "marked-note"}}"#
                let response = installation.call(body)
                #expect(response.status == 200, "\(item.webhook)")
                let answer = try JSONValue(parsing: Array(response.body.utf8))
                #expect(answer["outcome"] == .string(item.outcome), "\(item.webhook)")
                #expect(answer["fields"] == .object([:]), "\(item.webhook)")
                let error = try #require(answer["error"])
                #expect(error["type"] == .string(item.type), "\(item.webhook)")
                #expect(
                    error["code"].map { String(decoding: $0.serialized, as: UTF8.self) } == item.code,
                    "\(item.webhook)"
                )
                #expect(error["sent"] == .string(item.sent), "\(item.webhook)")
                #expect(error["detail"]?.stringValue?.contains("marked") == false, "\(item.webhook)")
                let responseCode = answer["activity"]?["responseCode"]
                #expect(
                    responseCode.map { String(decoding: $0.serialized, as: UTF8.self) } == item.responseCode,
                    "\(item.webhook)"
                )
                let good = installation.call(#"{"webhook": "GET", "lead": {}}"#)
                #expect(good.body.contains(#""outcome":"sent""#), "after \(item.webhook)")
            }
            #expect(!installation.finalLog().contains("marked"))
        }

        @Test func carriesTheReasonPhraseAndTheBody() throws {
            let answer = try JSONValue(
                parsing: Array(installation.call(#"{"webhook": "500", "lead": {}}"#).body.utf8)
            )
            #expect(answer["activity"]?["errorType"] == .string("Out Of Order"))
            #expect(answer["activity"]?["response"] == .string("boom"))
        }
    }
}
