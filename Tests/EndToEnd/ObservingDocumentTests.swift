import JSON
import TestSupport
import Testing

extension EndToEnd {
    /// The page on what the service tells, held against what happens.
    @Suite(.serialized) struct ObservingDocumentTests {
        /// The words in backquotes in the first cells of the tables of a section.
        private static func firstCells(_ section: String, of page: String) -> Set<String> {
            let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
            let rows = lines.drop { $0 != "## \(section)" }.dropFirst().prefix { !$0.hasPrefix("## ") }
                .filter { $0.hasPrefix("| `") }
            return Set(
                rows.flatMap { row in
                    row.split(separator: "|", maxSplits: 1).first.map { cell in
                        cell.split(separator: "`").map(String.init).filter { $0.first?.isLetter == true }
                    } ?? []
                }
            )
        }

        @Test func namesWhatIsTold() throws {
            let sample = Sample {
                $0["flowhook.yaml"] = "allow_networks: [127.0.0.0/8]\nlog_level: debug\n"
            }
            let (service, installation) = (sample.service, sample.installation)
            let client = installation.client
            let page = DocumentationPage(named: "Observing").text
            let trace = "0af7651916cd43dd8448eb211c80319c"
            let headers = [
                "Content-Type: application/json", "traceparent: 00-\(trace)-b7ad6b7169203331-01", "tracestate: a=1",
            ]
            #expect(client.post("/flow/call-webhook", SampleStore.enrich, headers: headers).status == 200)
            #expect(
                client.post(
                    "/flow/call-webhook",
                    """
                    {"webhook": "disabled", "program": 1027,
                     "lead": {"id": "l-7\(String(repeating: "e\u{301}", count: 300))", "Email Address": "no@example.com"}}
                    """,
                    headers: headers
                ).status == 409
            )
            #expect(client.post("/flow/call-webhook", #"{"webhook": "500", "lead": {}}"#).status == 200)
            _ = client.post("/flow/preview", SampleStore.enrich)

            // The metrics, both ways.
            let told = Set(
                client.get("/flow/metrics").body.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
                    .map { String($0.split(separator: " ")[2]) }
            )
            #expect(Self.firstCells("Metrics", of: page) == told)

            // The log.
            #expect(Installation.waitUntil { installation.log.contains(#""endpoint":"metrics""#) })
            let lines = try installation.log.split(separator: "\n").filter { $0.hasPrefix("{") }
                .map { try JSONValue(parsing: Array($0.utf8)) }
            func names(_ line: JSONValue) -> Set<String> {
                if case .object(let object) = line { Set(object.members.map(\.name)) } else { [] }
            }
            let members = Self.firstCells("The log", of: page)
            let actions = lines.filter { $0["message"] == .string("flow action") }
            try #require(actions.count == 2)
            #expect(names(actions[0]) == members.subtracting(["problem"]))
            #expect(actions[0]["level"] == .string("info"))
            #expect(actions[0]["traceId"] == .string(trace))
            #expect(actions[0]["program"] == .string("1027"))
            #expect(actions[0]["leadId"] == .string("318581"))
            #expect(actions[1]["level"] == .string("warning"))
            #expect(names(actions[1]) == members.subtracting(["problem", "program", "leadId", "traceId"]))
            let refused = try #require(lines.first { $0["message"] == .string("request refused") })
            #expect(refused["problem"] == .string("webhook-disabled"))
            #expect(refused["webhook"] == .string("disabled"))
            #expect(refused["leadId"] == .string("l-7\(String(repeating: "e\u{301}", count: 126))"))
            #expect(lines.contains { $0["endpoint"] == .string("preview") && $0["level"] == .string("debug") })
            for hidden in ["jane@example.com", "no@example.com", "marked-secret-value"] {
                #expect(!installation.log.contains(hidden))
            }

            // The trace: the same id with a new parent, in the call and in a preview; nothing without one.
            let sent = service.received
            try #require(sent.count == 2)
            #expect(sent[0].contains("\r\ntraceparent: 00-\(trace)-"))
            #expect(!sent[0].contains("b7ad6b7169203331"))
            #expect(sent[0].contains("\r\ntracestate: a=1\r\n"))
            #expect(!sent[1].contains("trace"))
            let preview = client.post("/flow/preview", SampleStore.enrich, headers: headers).body
            #expect(preview.contains(#"{"name":"traceparent","value":"00-\#(trace)-"#))
        }

        /// The configuration for Prometheus is one, by its own program.
        @Test func prometheusTakesTheConfiguration() throws {
            let example = try #require(DocumentationPage(named: "Observing").examples.first { $0.language == "yaml" })
            let file = "/tmp/flowhook-prometheus-\(UInt32.random(in: 0...UInt32.max)).yaml"
            defer { _ = Child.run(["rm", "-f", file]) }
            Files.write(example.text, to: file)
            let check = Child.run(["\(Installation.root)/.build/tools/promtool", "check", "config", file])
            #expect(check.status == 0, "\(check.output)")
        }
    }
}
