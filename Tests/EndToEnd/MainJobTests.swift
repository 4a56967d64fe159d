import Glibc
import JSON
import TestSupport
import Testing

/// What users see. Everything below runs one suite after another: each starts real servers.
@Suite(.serialized) enum EndToEnd {}

/// What operators see: starts and stops, faults, reloads, files, certificates. It runs beside ``EndToEnd``, one suite after
/// another likewise: most of either is waiting.
@Suite(.serialized) enum Operation {}

extension EndToEnd {
    /// A flow action request from nginx to mapped lead fields.
    @Suite(.serialized) struct MainJobTests {
        private let sample = Sample()
        private var service: RawServer { sample.service }
        private var installation: Installation { sample.installation }

        private func answer(_ request: String) throws -> JSONValue {
            let response = installation.call(request)
            #expect(response.status == 200)
            #expect(response.header("Content-Type") == "application/json")
            return try JSONValue(parsing: Array(response.body.utf8))
        }

        @Test func enrichesALead() throws {
            let answer = try answer(SampleStore.enrich)
            #expect(answer["webhook"] == .string("Enrich Lead"))
            #expect(answer["outcome"] == .string("updated"))
            #expect(answer["lead"]?["id"] == .number("318581"))
            #expect(
                answer["fields"]
                    == .object([
                        "NumberOfEmployees": .number("250"), "Title": .string("CTO"), "Rating": .null,
                        "AnnualRevenue": .number("12.750"),
                    ])
            )
            #expect(
                answer["skipped"]
                    == .array([
                        .object([
                            "field": .string("Website"), "attribute": .string("company.website"),
                            "reason": .string("absent"),
                        ])
                    ])
            )
            #expect(answer["unresolvedTokens"] == .array([.string("lead.Shoe Size")]))
            #expect(answer["activity"]?["responseCode"] == .number("200"))
            #expect(answer["activity"]?["errorType"] == .string("OK"))
            #expect(answer["activity"]?["response"] == .string(SampleStore.json))
            #expect(answer["timing"]?["attempts"] == .number("1"))
            #expect(answer["error"] == .null)
            let payload =
                #"{"email": "jane@example.com", "hello": "Dear J\"\\\n& {{lead.Id}}","# + "\n"
                + #" "program": 1027, "speaker": "Grace", "missing": ""}"# + "\n"
            let head = [
                "POST /v1/people?campaign=77&name=J%22%5C%0A%26%20%7B%7Blead.Id%7D%7D HTTP/1.1",
                "Host: 127.0.0.1:\(service.port)", "Authorization: Bearer marked-secret-value", "X-Two: one",
                "X-Two: two", "User-Agent: flowhook/0.1.0", "Accept: application/json",
                "Accept-Encoding: gzip, deflate", "Content-Type: application/json",
                "Content-Length: \(payload.utf8.count)",
            ]
            #expect(service.received == ["\(head.joined(separator: "\r\n"))\r\n\r\n\(payload)"])
        }

        @Test func postsAForm() throws {
            let answer = try answer(#"{"webhook": "form", "program": "1027", "lead": {"firstName": "a b&c=d+é\n"}}"#)
            #expect(answer["outcome"] == .string("sent"))
            #expect(answer["fields"] == .object([:]))
            let request = try #require(service.received.first)
            #expect(request.contains("\r\nContent-Type: application/x-www-form-urlencoded\r\n"))
            #expect(request.hasSuffix("\r\n\r\na=a+b%26c%3Dd%2B%C3%A9%0A&b=Spring+%222026%22"))
        }

        @Test func talksXML() throws {
            let answer = try answer(#"{"webhook": "xml", "lead": {"firstName": "<a & \"b\">\n"}}"#)
            #expect(
                answer["fields"]
                    == .object([
                        "NumberOfEmployees": .number("8"), "Rating": .string("A+"), "Title": .string("x<y"),
                    ])
            )
            let request = try #require(service.received.first)
            #expect(request.contains("\r\nAccept: application/xml\r\n"))
            #expect(
                request.hasSuffix(
                    "\r\n\r\n<p a=\"&lt;a &amp; &quot;b&quot;&gt;&#10;\">&lt;a &amp; &quot;b&quot;&gt;\n</p>"
                )
            )
        }

        @Test func sendsValuesAsTheyAreUnderNone() throws {
            _ = try answer(#"{"webhook": "plain", "lead": {"firstName": "a/b c%41\"x"}}"#)
            let request = try #require(service.received.first)
            #expect(request.hasPrefix("POST /plain/%C3%A9/a/b%20c%41%22x?%C3%BC=%C3%A9 HTTP/1.1\r\n"))
            #expect(request.hasSuffix("\r\n\r\na/b c%41\"x"))
        }

        @Test(arguments: ["GET", "POST", "PUT", "PATCH", "DELETE"])
        func sendsEveryMethod(method: String) throws {
            let answer = try answer(#"{"webhook": "\#(method)", "lead": {"firstName": "x"}}"#)
            #expect(answer["outcome"] == .string("sent"))
            let request = try #require(service.received.first)
            #expect(request.hasPrefix("\(method) /methods?q=x HTTP/1.1\r\n"))
            #expect(request.hasSuffix("\r\n\r\n"))
        }

        @Test func previewShowsWhatACallSends() throws {
            let response = installation.client.post("/flow/preview", SampleStore.enrich)
            #expect(response.status == 200)
            #expect(service.received.isEmpty)
            #expect(!response.body.contains("marked-secret-value"))
            let preview = try JSONValue(parsing: Array(response.body.utf8))
            _ = try answer(SampleStore.enrich)
            let sent = try #require(service.received.first)
            let request = try #require(preview["request"])
            let method = try #require(request["method"]?.stringValue)
            let url = try #require(request["url"]?.stringValue)
            let path = try #require(url.firstRange(of: ":\(service.port)").map { url[$0.upperBound...] })
            #expect(sent.hasPrefix("\(method) \(path) HTTP/1.1\r\n"))
            #expect(sent.hasSuffix("\r\n\r\n\(request["body"]?.stringValue ?? "-")"))
            guard case .array(let headers) = request["headers"] else {
                Issue.record("the preview has no headers")
                return
            }
            let masked = sent.replacing("marked-secret-value", with: "••••••")
            for header in headers {
                let line = "\r\n\(header["name"]?.stringValue ?? "-"): \(header["value"]?.stringValue ?? "-")\r\n"
                #expect(masked.contains(line))
            }
            guard case .array(let tokens) = preview["tokens"] else {
                Issue.record("the preview has no tokens")
                return
            }
            let speaker = try #require(tokens.first { $0["token"] == .string("my.Speaker") })
            #expect(speaker["value"] == .string("Grace"))
            #expect(speaker["origin"] == .string("overridden"))
            #expect(speaker["file"] == .string("marketing-activities/Webinars/Spring/my-tokens.yaml"))
            let campaign = try #require(tokens.first { $0["token"] == .string("my.Campaign") })
            #expect(campaign["origin"] == .string("inherited"))
        }

        @Test func listsProgramsAndTheirTokens() throws {
            func get(_ path: String) throws -> JSONValue {
                let response = installation.client.get(path)
                #expect(response.status == 200)
                return try JSONValue(parsing: Array(response.body.utf8))
            }
            guard case .array(let programs) = try get("/flow/programs")["programs"] else {
                Issue.record("there is no list")
                return
            }
            #expect(programs.map { $0["id"] } == [.number("1"), .number("2"), .number("1027")])
            #expect(programs.last?["path"] == .string("Webinars/Spring"))
            #expect(try get("/flow/programs?after=2")["programs"]?[0]?["id"] == .number("1027"))
            #expect(installation.client.get("/flow/programs?after=99").status == 404)
            for name in ["1027", "Webinars%2FSpring", "Spring%20%222026%22"] {
                let listing = try get("/flow/programs/\(name)/tokens")
                #expect(listing["program"]?["name"] == .string("Spring \"2026\""))
                guard case .array(let tokens) = listing["tokens"] else {
                    Issue.record("there are no tokens")
                    return
                }
                #expect(tokens.map { $0["name"]?.stringValue } == ["API Key", "Campaign", "Service URL", "Speaker"])
                #expect(
                    tokens.map { $0["origin"]?.stringValue } == ["inherited", "inherited", "inherited", "overridden"]
                )
                #expect(tokens[0]["value"] == .string("••••••"))
                #expect(tokens[0]["secret"] == .boolean(true))
                #expect(tokens[1]["type"] == .string("number"))
                #expect(tokens[3]["file"] == .string("marketing-activities/Webinars/Spring/my-tokens.yaml"))
            }
            #expect(installation.client.get("/flow/programs/4711/tokens").status == 404)
        }

        @Test func saysThatItIsAliveAndReady() throws {
            #expect(installation.client.get("/flow/healthz").body == #"{"status":"alive"}"#)
            let ready = try JSONValue(parsing: Array(installation.client.get("/flow/readyz").body.utf8))
            #expect(ready["status"] == .string("ready"))
            #expect(ready["store"] == .string("current"))
        }

        /// The line of a request has its facts, and no value of the lead, the payload or a secret.
        @Test func logsALineARequest() throws {
            _ = try answer(
                #"{"webhook": "enrich lead", "program": 1027, "lead": {"id": 7, "email": "marked@example.com"}}"#
            )
            // The log's writer has a thread of its own: the answer does not wait for the line.
            let line = #""webhook":"Enrich Lead","program":"1027","leadId":"7""#
            #expect(Installation.waitUntil { installation.log.contains(line) }, "\(installation.log)")
            #expect(!installation.log.contains("marked"))
        }
    }
}
