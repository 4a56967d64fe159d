import Glibc
import JSON
import TestSupport
import Testing

extension EndToEnd {
    /// How calls are made, from nginx to the third-party service and back.
    @Suite(.serialized) struct CallTests {
        private let retry = "retry: {attempts: 3, on: [503], backoff: 1ms}"

        private func store(_ service: RawServer, _ webhooks: [String: String], settings: String = "") -> [String:
            String]
        {
            var files = ["flowhook.yaml": "allow_networks: [127.0.0.0/8]\n\(settings)"]
            for (name, more) in webhooks {
                files["webhooks/\(name).yaml"] = "url: http://127.0.0.1:\(service.port)/\(name)\n\(more)\n"
            }
            return files
        }

        private func key(of request: String) -> String? {
            request.split(separator: "\r\n").first { $0.hasPrefix("Idempotency-Key: ") }.map {
                String($0.dropFirst(17))
            }
        }

        /// One key for all tries: the webhook's own, else the caller's, else the request's id; a preview shows it.
        @Test func everyTryCarriesTheSameKey() throws {
            let service = RawServer { request, number in
                [.text("HTTP/1.1 \(number % 2 == 1 ? 503 : 200) X\r\nContent-Length: 0\r\n\r\n")]
            }
            defer { service.stop() }
            let installation = Installation(
                store: store(
                    service,
                    ["a": retry, "own": "\(retry)\ncustom_headers: {idempotency-key: mine}", "none": ""]
                )
            )
            defer { installation.stop() }
            func call(_ webhook: String, _ headers: String...) throws -> JSONValue {
                let response = installation.client.post(
                    "/flow/call-webhook",
                    #"{"webhook": "\#(webhook)", "lead": {}}"#,
                    headers: ["Content-Type: application/json"] + headers
                )
                return try JSONValue(parsing: Array(response.body.utf8))
            }
            let own = try call("own", "Idempotency-Key: theirs")
            #expect(own["timing"]?["attempts"] == .number("2"))
            #expect(service.received.suffix(2).allSatisfy { $0.contains("\r\nidempotency-key: mine\r\n") })
            #expect(service.received.suffix(2).allSatisfy { key(of: $0) == nil })
            _ = try call("a", "Idempotency-Key: theirs 1")
            #expect(service.received.suffix(2).map { key(of: $0) } == ["theirs 1", "theirs 1"])
            let answer = try call("a")
            let id = answer["requestId"]?.stringValue
            #expect(answer["outcome"] == .string("sent"))
            #expect(service.received.suffix(2).map { key(of: $0) } == [id, id])
            // One that cannot go out as it is goes out not at all.
            let count = service.received.count
            let refused = try call("a", "Idempotency-Key: \(String(repeating: "k", count: 256))")
            #expect(refused["type"] == .string("urn:flowhook:problem:malformed-request"))
            #expect(service.received.count == count)
            _ = try call("none", "Idempotency-Key: theirs")
            #expect(service.received.last.map { key(of: $0) } == .some(nil))
            let preview = installation.client.post(
                "/flow/preview",
                #"{"webhook": "a", "lead": {}}"#,
                headers: ["Content-Type: application/json", "Idempotency-Key: shown"]
            )
            #expect(preview.body.contains(#"{"name":"Idempotency-Key","value":"shown"}"#))
        }

        /// Past `max_in_flight` the answer is 503 at once; what is under way is not touched.
        private func lines(of log: String) throws -> [JSONValue] {
            try log.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
        }

        @Test func refusesAtOnceWhatIsTooMuch() throws {
            let service = RawServer { _, _ in [.wait(milliseconds: 3_000), .text("HTTP/1.1 204 X\r\n\r\n")] }
            defer { service.stop() }
            let installation = Installation(store: store(service, ["a": ""], settings: "max_in_flight: 2\n"))
            defer { installation.stop() }
            let body = #"{"webhook": "a", "lead": {}}"#
            let headers = ["Content-Type: application/json"]
            let begun = (0..<2).map { _ in
                installation.client.begin("POST", "/flow/call-webhook", body, headers: headers)
            }
            Installation.waitUntil { service.received.count == 2 }
            let refused = installation.call(body)
            #expect(refused.status == 503)
            #expect(refused.header("Retry-After") == "1")
            #expect(refused.header("Content-Type") == "application/problem+json")
            #expect(refused.body.contains("urn:flowhook:problem:overloaded"))
            #expect(service.received.count == 2)
            for descriptor in begun {
                #expect(installation.client.finish(descriptor).body.contains(#""outcome":"sent""#))
            }
            #expect(installation.call(body).status == 200)
            let lines = try lines(of: installation.finalLog())
            let overloaded = lines.filter { $0["problem"] == .string("overloaded") }
            #expect(overloaded.map { $0["level"] } == [.string("warning")])
        }

        /// Waiting for a turn is told in the log, and is part of the call and not of what is added to it.
        @Test func tellsOfWaitingForATurn() throws {
            let service = RawServer { _, _ in [.wait(milliseconds: 700), .text("HTTP/1.1 204 X\r\n\r\n")] }
            defer { service.stop() }
            let installation = Installation(store: store(service, ["one": "max_concurrent: 1\n", "never": ""]))
            defer { installation.stop() }
            let headers = ["Content-Type: application/json"]
            let body = #"{"webhook": "one", "lead": {}}"#
            let begun = (0..<2).map { _ in
                installation.client.begin("POST", "/flow/call-webhook", body, headers: headers)
            }
            for descriptor in begun {
                #expect(installation.client.finish(descriptor).body.contains(#""outcome":"sent""#))
            }
            let metrics = installation.metrics
            #expect(metrics["flowhook_added_latency_seconds_count"] == 2)
            #expect(try #require(metrics["flowhook_added_latency_seconds_sum"]) < 0.7)
            #expect(try #require(metrics[#"flowhook_call_duration_seconds_sum{webhook="one"}"#]) >= 2.1)
            #expect(!metrics.keys.contains { $0.contains("never") })
            let lines = try lines(of: installation.finalLog())
            let waits = lines.filter { $0["outcome"] != nil }.map { line -> Double in
                guard case .number(let text) = line["queueMilliseconds"] else { return -1 }
                return Double(text) ?? -1
            }
            #expect(waits.count == 2)
            // The second waits for the end of the first, which takes 700 ms.
            let longest = try #require(waits.max())
            #expect(longest >= 500 && waits.contains { $0 < longest }, "\(waits)")
        }

        /// Limits and circuits belong to the service, not to a snapshot or a loop.
        @Test func limitsAndCircuitsOutliveAReload() throws {
            let service = RawServer { request, _ in
                [.text("HTTP/1.1 \(request.contains("/bad") ? 503 : 204) X\r\nContent-Length: 0\r\n\r\n")]
            }
            defer { service.stop() }
            let other = RawServer { _, _ in [.text("HTTP/1.1 204 X\r\n\r\n")] }
            defer { other.stop() }
            var files = store(service, ["bad": ""], settings: "circuit_failures: 2\ncircuit_open_for: 10m\n")
            let paced = "url: http://127.0.0.1:\(other.port)/\ntimeout: 2s\nmax_rate: "
            files["webhooks/paced.yaml"] = paced + "1/min\n"
            let installation = Installation(store: files)
            defer { installation.stop() }
            func ask(_ name: String) -> String { installation.call(#"{"webhook": "\#(name)", "lead": {}}"#).body }
            for _ in 0..<2 { #expect(ask("bad").contains(#""outcome":"rejected""#)) }
            #expect(ask("bad").contains("circuit-open"))
            #expect(ask("paced").contains(#""outcome":"sent""#))
            #expect(ask("paced").contains("rate-limited"))
            Files.write(
                "url: http://127.0.0.1:\(other.port)/\n",
                to: "\(installation.directory)/store/webhooks/new.yaml"
            )
            kill(installation.flowhook.pid, SIGHUP)
            #expect(Installation.waitUntil { ask("new").contains(#""outcome":"sent""#) })
            #expect(ask("bad").contains("circuit-open"))
            #expect(ask("paced").contains("rate-limited"))
        }
    }
}
