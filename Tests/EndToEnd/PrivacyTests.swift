import Glibc
import JSON
import TestSupport
import Testing

extension EndToEnd {
    /// Marked values go in everywhere, by every path and into every error; then everything that comes out is searched.
    @Suite(.serialized) struct PrivacyTests {
        /// A secret with a character for every escape.
        private static let secret = #"S3CRET"q\b/s&a<l>g+p%c é"#
        /// The spellings that somebody who has it may write it in.
        private static let spellings = [
            secret, #"S3CRET\"q\\b/s&a<l>g+p%c é"#, #"S3CRET\u0022q\u005cb\/s\u0026a\u003cl\u003eg+p%c \u00e9"#,
            "S3CRET%22q%5Cb%2Fs%26a%3Cl%3Eg%2Bp%25c%20%C3%A9", "S3CRET%22q%5cb%2fs%26a%3cl%3eg%2bp%25c+%c3%a9",
            "S3CRET&quot;q\\b/s&amp;a&lt;l&gt;g+p%c é",
        ]
        /// What is left of a secret where it shows: the mark without what an escape could change.
        private static let secretMarks = ["S3CRET", "0VERR1DE", "PASSW0RD", "dXNlcjpQQVNTVzBSRA"]
        private static let leadMarks = ["L3AD", "C0MPANY", "TR1GGER", "MEMB3R", "T0KEN", "URLM4RK", "HEAD3R"]

        /// A service that repeats all that it may have got, as `how` says.
        private static func service() -> RawServer {
            RawServer { request, _ in
                let path = request.split(separator: " ").dropFirst().first.map(String.init) ?? ""
                let echoes = spellings + ["0VERR1DE-value", "user:PASSW0RD", "dXNlcjpQQVNTVzBSRA=="]
                let status =
                    path.hasPrefix("/bad")
                    ? "500 S3CRET\"q\\b/s&a<l>g+p%c \u{E9} PASSW0RD" : "200 Found L3AD-first"
                if path.hasPrefix("/lost") { return [.text("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"), .close] }
                if path.hasPrefix("/noise") { return [.text("\(secret) PASSW0RD\r\n\r\n"), .close] }
                let body = "{\"echo\": [\(echoes.joined(separator: "\n"))]"
                return [.text("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")]
            }
        }

        private static func adjust(_ store: inout [String: String], port: Int, level: String, activityLog: String) {
            store = [
                "flowhook.yaml": """
                allow_networks: [127.0.0.0/8]
                log_level: \(level)
                activity_log: \(activityLog)
                """,
                "secret": secret,
                "marketing-activities/my-tokens.yaml": """
                Key: {secret: true, file: secret}
                Other Key: {secret: true, value: 0VERR1DE-stored}
                Userinfo: {secret: true, value: PASSW0RD}
                Plain: T0KEN-stored
                """,
                "marketing-activities/p/program.yaml": "id: 1\n",
            ]
            let paths = [
                ("good", "None", ""), ("bad", "None", ""), ("lost", "None", ""), ("noise", "None", ""),
                ("mapped", "JSON", "response_mappings: {Title: echo}"),
            ]
            for (name, type, mappings) in paths {
                store["webhooks/\(name).yaml"] = """
                    url: "http://user:{{my.Userinfo}}@127.0.0.1:\(port)/\(name)?k={{my.Key}}&l={{lead.First Name}}"
                    request_token_encoding: JSON
                    payload_template: |
                      {"lead": {{lead.First Name}}, "company": {{company.Company Name}}, "key": {{my.Key}},
                       "trigger": {{trigger.Name}}, "member": {{member.code}}, "other": {{my.Other Key}},
                       "plain": {{my.Plain}}}
                    custom_headers: {X-Key: "{{my.Other Key}}", X-Lead: "{{lead.Last Name}}"}
                    response_type: \(type)
                    \(mappings)
                    """
            }
            store["webhooks/refused.yaml"] = """
                {url: "http://127.0.0.1:1/?l={{lead.First Name}}&k={{my.Key}}", request_type: GET}
                """
            store["webhooks/broken.yaml"] = """
                url: "http://127.0.0.1:\(port)/"
                request_type: GET
                custom_headers: {X-Key: "{{my.Key}}", X-Lead: "{{lead.First Name}}"}
                """
        }

        private static let lead = #""lead": {"id": 7, "First Name": "L3AD-first", "Last Name": "L3AD-last"}"#
        private static let rest = #"""
            "company": {"Company Name": "C0MPANY"}, "trigger": {"Name": "TR1GGER"}, "member": {"code": "MEMB3R"},
            "tokens": [{"name": "my.Other Key", "value": "0VERR1DE-value"}, {"name": "my.Plain", "value": "T0KEN"}]
            """#

        /// Requests that run to an outcome, and those that are refused, with a mark where the mistake is.
        private static let requests: [String] =
            ["good", "bad", "lost", "noise", "mapped", "refused"].map { #"{"webhook": "\#($0)", \#(lead), \#(rest)}"# }
            + [
                #"{"webhook": "broken", "lead": {"First Name": "L3AD\r\nX-Injected: L3AD"}}"#,
                #"{"webhook": "good", \#(lead), \#(rest)"#,
                #"{"webhook": "good", "lead": {"First Name": "L3AD}"#,
                #"{"webhook": "good", "lead": {"First Name": L3AD}}"#,
                #"{"webhook": "good", "lead": {"First Name": {"a": "L3AD"}}}"#,
                #"{"webhook": "good", "lead": {"First Name": "L3AD", "firstName": "L3AD"}}"#,
                #"{"webhook": "good", "lead": {}, "L3AD": 1}"#,
                #"{"webhook": "L3AD", "lead": {}}"#,
                #"{"webhook": "good", "lead": {}, "program": "L3AD"}"#,
                #"{"webhook": "good", "lead": {}, "campaign": {"type": "L3AD"}}"#,
                #"{"webhook": "good", "lead": {}, "tokens": [{"name": "my.Userinfo", "value": "0VERR1DE-value"}]}"#,
                #"{"webhook": "good", "lead": "L3AD \ud800"}"#,
                "L3AD", #""L3AD"#, "[\"L3AD\"]",
            ]

        @Test(arguments: ["info", "debug"]) func nothingMarkedGetsOut(level: String) throws {
            let service = Self.service()
            defer { service.stop() }
            var store: [String: String] = [:]
            let activityLog = "/tmp/flowhook-e2e-\(getpid())-privacy-\(level).log"
            defer { unlink(activityLog) }
            Self.adjust(&store, port: service.port, level: level, activityLog: activityLog)
            let installation = Installation(store: store)
            defer { installation.stop() }
            let client = installation.client
            var answers: [String] = []
            func take(_ response: HTTPClient.Response) {
                #expect(response.status > 0 && response.status != 502)
                answers.append("\(response.headers) \(response.body)")
            }
            let headers = ["Content-Type: application/json", "X-Custom: HEAD3R", "X-Request-Id: HEAD3R with blanks"]
            for request in Self.requests {
                for path in ["/flow/call-webhook", "/flow/preview"] {
                    take(client.post(path, request, headers: headers))
                }
            }
            #expect(service.received.contains { $0.contains("S3CRET") && $0.contains("L3AD-first") })
            take(client.post("/flow/call-webhook", Self.requests[0], headers: ["Content-Type: text/HEAD3R"]))
            take(client.post("/flow/call-webhook?URLM4RK", Self.requests[0]))
            for path in [
                "/flow/URLM4RK", "/flow/programs?after=URLM4RK", "/flow/programs/URLM4RK/tokens",
                "/flow/programs/1/tokens",
                "/flow/programs", "/flow/webhooks", "/flow/webhooks/good", "/flow/webhooks/URLM4RK", "/flow/healthz",
                "/flow/readyz", "/flow/metrics",
            ] {
                take(client.get(path))
            }
            // A store that is wrong, with a secret where the mistake is.
            let tokens = "\(installation.directory)/store/marketing-activities/my-tokens.yaml"
            Files.write(
                "Key: {secret: true, valeu: S3CRET-misplaced}\nA: {secret: true, value: \"S3CRET\", }: x\n",
                to: tokens
            )
            kill(installation.flowhook.pid, SIGHUP)
            Installation.waitUntil { client.get("/flow/readyz").body.contains("stale") }
            let lines = installation.finalLog()
            // The service's own words for its status are part of an activity, as in the answer.
            let activities = Files.read(activityLog).replacing("Found L3AD-first", with: "")
            #expect(activities.contains("Call Webhook"))
            let log = lines + activities
            #expect(log.contains("\"outcome\":\"sent\""))
            for mark in Self.secretMarks + Self.leadMarks {
                #expect(!log.contains(mark), "\(mark) is in the log")
            }
            for answer in answers {
                for mark in Self.secretMarks {
                    #expect(!answer.contains(mark), "\(mark) is in an answer: \(answer)")
                }
            }
            let metrics = answers.last ?? ""
            for mark in Self.leadMarks { #expect(!metrics.contains(mark), "\(mark) is in the metrics") }
        }

        /// From the shell the same holds, for standard error and for previews.
        @Test func nothingMarkedGetsOutFromTheShell() {
            let service = Self.service()
            defer { service.stop() }
            let directory = "/tmp/flowhook-e2e-\(getpid())-privacy"
            defer { _ = Child.run(["rm", "-rf", directory]) }
            var store: [String: String] = [:]
            let activityLog = "\(directory)/activity.log"
            Self.adjust(&store, port: service.port, level: "debug", activityLog: activityLog)
            for (path, text) in store { Files.write(text, to: "\(directory)/\(path)") }
            for arguments in [["check"], ["tokens", "1"], ["preview", "request.json"], ["call", "request.json"]] {
                for request in Self.requests.prefix(arguments.contains("request.json") ? 8 : 1) {
                    Files.write(request, to: "\(directory)/request.json")
                    let words = arguments.map { $0 == "request.json" ? "\(directory)/request.json" : $0 }
                    let output = Child.run([Installation.program] + words + ["--store", directory]).output
                    #expect(!output.isEmpty)
                    for mark in Self.secretMarks { #expect(!output.contains(mark), "\(arguments): \(output)") }
                }
            }
        }
    }
}
