import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// The examples that ship, run by the real interpreters against the real service.
    @Suite(.serialized) struct ExampleTests {
        private static let examples = ["enrich.py", "enrich.php", "enrich.mjs", "enrich.sh"]

        private struct Run {
            var status: Int32
            var output: String
            var record: String
        }

        private static let record = #"{"id": 318581, "Email Address": "jane@example.com", "Rating": "A", "ratio": 1.0}"#

        private static func command(_ example: String) -> [String] {
            let path = "\(Installation.root)/nginx/examples/\(example)"
            return switch example.split(separator: ".").last {
            case "py": ["python3", path]
            case "php": ["php", path]
            case "mjs": ["node", path]
            default: ["bash", path]
            }
        }

        private func run(
            _ example: String,
            _ webhook: String,
            _ installation: Installation,
            port: Int? = nil,
            program: String? = nil
        ) -> Run {
            let file = "\(installation.directory)/record-\(example).json"
            Files.write(Self.record, to: file)
            let url = "http://127.0.0.1:\(port ?? installation.client.port)/flow/call-webhook"
            let (status, output) = Child.run(
                Self.command(example) + [url, webhook, file] + (program.map { [$0] } ?? [])
            )
            return Run(status: status, output: output, record: Files.read(file))
        }

        /// A record as one line with sorted members, for comparison.
        private func sorted(_ record: String, _ installation: Installation) -> String {
            let file = "\(installation.directory)/sorted.json"
            Files.write(record, to: file)
            return Child.run(["jq", "-cS", ".ratio |= . + 0", file]).output.filter { !$0.isNewline }
        }

        /// Every outcome, every `sent` and a refusal, each with its own exit status; only an update touches the record.
        @Test(arguments: examples)
        func handlesEveryOutcome(example: String) throws {
            let sample = Sample()
            let installation = sample.installation
            let updated = run(example, "Enrich Lead", installation)
            #expect(updated.status == 0, "\(updated.output)")
            #expect(updated.output.hasSuffix("updated\n"))
            #expect(updated.output.contains("not written: Website (absent)"))
            let expected =
                #"{"AnnualRevenue":12.75,"Email Address":"jane@example.com","NumberOfEmployees":250,"Rating":null,"Title":"CTO","id":318581,"ratio":1}"#
            // jq writes numbers as they came from 1.7 on.
            let record = sorted(updated.record, installation).replacing("12.750", with: "12.75")
            #expect(record == expected)

            let cases: [(webhook: String, status: Int32, output: String)] = [
                ("plain", 0, "sent"),
                ("500", 1, "rejected: The service answered 500"),
                ("rubbish", 1, "failed: "),
                ("refused", 75, "failed, nothing was sent: "),
                ("strict", 75, "failed, nothing was sent: "),
                ("never", 3, "failed, it may have arrived: "),
                ("no such webhook", 2, "The store has no webhook of the name"),
                ("disabled", 2, "is switched off"),
            ]
            for (webhook, status, output) in cases {
                let run = run(example, webhook, installation)
                #expect(run.status == status, "\(webhook): \(run.output)")
                #expect(run.output.contains(output), "\(webhook): \(run.output)")
                #expect(run.record == Self.record)
            }
            // Nobody listens: nothing was sent. The web server's own error: nobody knows.
            let closed = RawServer { _, _ in [] }
            closed.stop()
            #expect(Installation.waitUntil { HTTPClient(port: closed.port).get("/").status == 0 })
            #expect(run(example, "plain", installation, port: closed.port).status == 75)
            // Another's JSON is no answer either, and a redirect is not followed.
            let others = [
                ("502 Bad Gateway\r\n", "the web server answered 502"),
                ("503 Unavailable\r\nRetry-After: Fri, 27 Nov 2026 06:00:00 GMT\r\n", "the web server answered 503"),
                ("301 Moved\r\nLocation: /elsewhere\r\n", "the web server answered 301"),
                ("200 OK\r\nContent-Type: application/json\r\n", "none of Flowhook's"),
            ]
            for (head, output) in others {
                let other = RawServer { _, _ in
                    [.text("HTTP/1.1 \(head)Content-Length: 8\r\n\r\n{\"a\": 1}"), .close]
                }
                defer { other.stop() }
                let run = run(example, "plain", installation, port: other.port)
                #expect(run.status == 3 && run.output.contains(output), "\(run.output)")
            }
            let missing = Child.run(Self.command(example) + ["http://127.0.0.1:1/", "plain", "/nowhere/record.json"])
            #expect(missing.status == 2 && missing.output.contains("/nowhere/record.json cannot be read"), "\(missing)")
            let cut = RawServer { _, _ in [.close] }
            defer { cut.stop() }
            #expect(run(example, "plain", installation, port: cut.port).status == 3)
            // An answer that breaks off, where its length was told and where it was not.
            for head in ["Content-Length: 9\r\n", ""] {
                let short = RawServer { _, _ in
                    [.text("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\(head)\r\n{\"out"), .close]
                }
                defer { short.stop() }
                let run = run(example, "plain", installation, port: short.port)
                #expect(run.status == 3, "\(run.output)")
                #expect(run.record == Self.record)
            }
        }

        /// The last argument names the program, by its id, its path or its name; what resolves to nothing is told.
        @Test(arguments: examples)
        func nameAProgramAndTellOfTokens(example: String) {
            let service = SampleStore.service()
            defer { service.stop() }
            var store = SampleStore.files(servicePort: service.port)
            store["marketing-activities/Talks/my-tokens.yaml"] = "Talk: Tokens\n"
            store["marketing-activities/Talks/May/program.yaml"] = "id: 77\nname: Talk in May\n"
            store["webhooks/of-a-talk.yaml"] = """
                name: of a talk
                url: http://127.0.0.1:\(service.port)/plain
                request_token_encoding: JSON
                payload_template: '{"talk": {{my.Talk}}, "of": {{program.name}}}'
                """
            let installation = Installation(store: store)
            defer { installation.stop() }
            let without = run(example, "of a talk", installation)
            #expect(without.status == 0, "\(without.output)")
            #expect(without.output == "not resolved: my.Talk\nnot resolved: program.name\nsent\n")
            for program in ["77", "Talks/May", "Talk in May"] {
                let run = run(example, "of a talk", installation, program: program)
                #expect(run.status == 0 && run.output == "sent\n", "\(program): \(run.output)")
            }
            #expect(service.received.filter { $0.contains("\"talk\": \"Tokens\"") }.count == 3)
            let unknown = run(example, "of a talk", installation, program: "78")
            #expect(unknown.status == 2 && unknown.output.contains("No program"), "\(unknown.output)")
        }

        /// A full service answers 503 with `Retry-After`, and each example waits for its turn.
        @Test func tryAgainWhileTheServiceIsFull() {
            let sample = Sample.withRoomForOne(heldFor: "6s")
            let installation = sample.installation
            let held = installation.client.begin(
                "POST",
                "/flow/call-webhook",
                #"{"webhook": "held", "lead": {}}"#,
                headers: ["Content-Type: application/json"]
            )
            #expect(
                Installation.waitUntil {
                    installation.metrics["flowhook_in_flight"] == 1
                }
            )
            let url = "http://127.0.0.1:\(installation.client.port)/flow/call-webhook"
            let running = Self.examples.map { example in
                let file = "\(installation.directory)/record-\(example).json"
                Files.write(Self.record, to: file)
                let output = "\(installation.directory)/output-\(example)"
                return (example, Child(Self.command(example) + [url, "plain", file], output: output), output)
            }
            for (example, child, output) in running {
                let status = child.wait()
                let text = Files.read(output)
                // On a machine so slow that it started after the call was over it found the service free.
                #expect(status == 0, "\(example): \(text)")
                #expect(text.hasSuffix("sent\n"), "\(example): \(text)")
            }
            #expect(installation.client.finish(held).status == 200)
            let busy = running.count { Files.read($0.2).contains("busy, trying again in 1 s") }
            #expect(busy > 0)
            #expect(installation.metrics[#"flowhook_problems_total{problem="overloaded"}"#, default: 0] > 0)
        }
    }
}
