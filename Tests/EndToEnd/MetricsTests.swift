import Glibc
import JSON
import TestSupport
import Testing

extension EndToEnd {
    /// Metrics as Prometheus reads them, after real traffic.
    @Suite(.serialized) struct MetricsTests {
        private static let promtool = "\(Installation.root)/.build/tools/promtool"

        private func installation(_ service: RawServer) -> Installation {
            var store = SampleStore.files(servicePort: service.port)
            store["webhooks/odd.yaml"] = """
                name: 'a "quoted" \\ name'
                url: "{{my.Service URL}}/odd"
                """
            return Installation(store: store)
        }

        @Test func countsWhatHappenedInAFormThatPrometheusAccepts() throws {
            let service = SampleStore.service()
            defer { service.stop() }
            let installation = installation(service)
            defer { installation.stop() }
            let lead = #""lead": {"id": 1}"#
            for _ in 0..<3 { _ = installation.call(SampleStore.enrich) }
            _ = installation.call(#"{"webhook": "500", \#(lead)}"#)
            _ = installation.call(#"{"webhook": "never", \#(lead)}"#)
            _ = installation.call(#"{"webhook": "second", \#(lead)}"#)
            _ = installation.call(#"{"webhook": "A \"quoted\" \\ NAME", \#(lead)}"#)
            _ = installation.call(#"{"webhook": "made-up-by-a-caller", \#(lead)}"#)
            _ = installation.call("{")

            let response = installation.client.get("/flow/metrics")
            #expect(response.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
            let file = "\(installation.directory)/metrics.txt"
            Files.write(response.body, to: file)
            let check = Child.run(["bash", "-c", "\(Self.promtool) check metrics < \(file)"])
            #expect(check.status == 0)
            #expect(check.output == "")

            let samples = installation.metrics
            #expect(samples[#"flowhook_requests_total{webhook="Enrich Lead",outcome="updated"}"#] == 3)
            #expect(samples[#"flowhook_requests_total{webhook="500",outcome="rejected"}"#] == 1)
            #expect(samples[#"flowhook_requests_total{webhook="never",outcome="failed"}"#] == 1)
            #expect(samples[#"flowhook_requests_total{webhook="a \"quoted\" \\ name",outcome="sent"}"#] == 1)
            #expect(samples[#"flowhook_problems_total{problem="unknown-webhook"}"#] == 1)
            #expect(samples[#"flowhook_problems_total{problem="malformed-request"}"#] == 1)
            #expect(samples[#"flowhook_problems_total{problem="draining"}"#] == 0)
            #expect(samples[#"flowhook_errors_total{type="timeout"}"#] == 1)
            // A caller makes no series.
            #expect(!response.body.contains("made-up"))

            // The service that takes a second: nothing below the bounds under it, everything from 30 s on.
            func bucket(_ bound: String) -> Double? {
                samples[#"flowhook_call_duration_seconds_bucket{webhook="second",le="\#(bound)"}"#]
            }
            #expect(bucket("0.001") == 0)
            #expect(bucket("0.5") == 0)
            #expect(bucket("30") == 1)
            #expect(bucket("+Inf") == 1)
            let sum = try #require(samples[#"flowhook_call_duration_seconds_sum{webhook="second"}"#])
            #expect((1..<30).contains(sum))
            #expect(samples["flowhook_added_latency_seconds_count"] == 7)
            #expect(samples["flowhook_in_flight"] == 0)
            #expect(samples["flowhook_log_lines_dropped_total"] == 0)

            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            let seconds = Double(now.tv_sec)
            for name in ["flowhook_store_loaded_timestamp_seconds", "process_start_time_seconds"] {
                let time = try #require(samples[name])
                #expect(abs(time - seconds) < 600, "\(name)")
            }
            #expect(try #require(samples["process_resident_memory_bytes"]) > 1_000_000)
            #expect(try #require(samples["process_open_fds"]) > 5)
            #expect(samples["process_max_fds"] ?? 0 >= samples["process_open_fds"] ?? .infinity)
            #expect(try #require(samples["process_cpu_seconds_total"]) > 0)
        }

        @Test func keepsCountingOverReloads() {
            let service = SampleStore.service()
            defer { service.stop() }
            let installation = installation(service)
            defer { installation.stop() }
            let name = #"flowhook_requests_total{webhook="Enrich Lead",outcome="updated"}"#
            _ = installation.call(SampleStore.enrich)
            Files.write("description: moved\n", to: "\(installation.directory)/store/webhooks/odd.yaml")
            kill(installation.flowhook.pid, SIGHUP)
            let loaded = #"flowhook_store_reloads_total{result="loaded"}"#
            let rejected = #"flowhook_store_reloads_total{result="rejected"}"#
            // The webhook without a URL is an error: the old store stays.
            #expect(Installation.waitUntil { (installation.metrics[rejected] ?? 0) >= 1 })
            #expect(installation.metrics["flowhook_store_stale"] == 1)
            Files.write("url: https://example.com/\n", to: "\(installation.directory)/store/webhooks/odd.yaml")
            kill(installation.flowhook.pid, SIGHUP)
            #expect(Installation.waitUntil { (installation.metrics[loaded] ?? 0) >= 1 })
            #expect(installation.metrics["flowhook_store_stale"] == 0)
            _ = installation.call(SampleStore.enrich)
            #expect(installation.metrics[name] == 2)
        }

        @Test func countsWhatIsInFlightAndAnswersHEAD() {
            let sample = Sample()
            let client = sample.installation.client
            let begun = sample.begin(3, #"{"webhook": "second", "lead": {}}"#)
            #expect(Installation.waitUntil { sample.installation.metrics["flowhook_in_flight"] == 3 })
            #expect(sample.updated(begun) == 3)
            #expect(Installation.waitUntil { sample.installation.metrics["flowhook_in_flight"] == 0 })
            let head = client.finish(client.begin("HEAD", "/flow/metrics", nil, headers: []))
            #expect(head.status == 200)
            #expect(head.body == "")
            #expect(client.post("/flow/metrics", "{}").status == 405)
            // From elsewhere the metrics are nobody's business.
            var other = client
            other.source = 2
            #expect(other.get("/flow/metrics").status == 403)
        }

        /// A web server that is set up for HTTP gets no answer: the log says why, of many in few lines.
        @Test func tellsOfAWebServerThatSpeaksAnotherProtocol() throws {
            let sample = Sample()
            let installation = sample.installation
            for _ in 0..<50 {
                let socket = "\(installation.directory)/flowhook.sock"
                #expect(Child.run(["curl", "-s", "--unix-socket", socket, "http://localhost/"]).status != 0)
            }
            #expect(installation.metrics[#"flowhook_connections_ended_total{end="malformed"}"#] == 50)
            #expect(installation.metrics[#"flowhook_connections_ended_total{end="gone"}"#] == 0)
            let lines = try installation.finalLog().split(separator: "\n")
                .filter { $0.contains("ended without an answer") }
                .map { try JSONValue(parsing: Array($0.utf8)) }
            let counts = lines.map { line in
                #expect(line["level"] == .string("warning"))
                #expect(line["end"] == .string("malformed"))
                guard case .string(let reason) = line["reason"], case .number(let count) = line["connections"] else {
                    return 0
                }
                #expect(reason.contains("HTTP (proxy_pass)"))
                return Int(count) ?? 0
            }
            #expect(counts.first == 1)
            #expect(counts.reduce(0, +) == 50)
            #expect(counts.count < 50)
        }

        /// Every metric that the dashboard shows is one that the service tells.
        @Test func theDashboardShowsWhatThereIs() throws {
            let sample = Sample()
            _ = sample.installation.call(SampleStore.enrich)
            let told = Set(sample.installation.metrics.keys.map { String($0.prefix { $0 != "{" }) })
            let check = """
                import json, re, sys
                dashboard = json.load(open(sys.argv[1]))
                expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
                assert len(expressions) > 8
                assert all(panel["title"] and panel["gridPos"]["w"] for panel in dashboard["panels"])
                assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
                print("\\n".join(sorted(set(re.findall(r"\\b(?:flowhook|process)_[a-z_]+", " ".join(expressions))))))
                """
            let shown = Child.run(["python3", "-c", check, "\(Installation.root)/nginx/grafana-dashboard.json"])
            try #require(shown.status == 0, "\(shown.output)")
            // A circuit is told once its host has failed.
            let missing = shown.output.split(separator: "\n").filter {
                !told.contains(String($0)) && $0 != "flowhook_circuit_state"
            }
            #expect(missing == [])
            #expect(
                sample.installation.client.get("/flow/metrics").body.contains("# TYPE flowhook_circuit_state gauge")
            )
            // Prometheus itself reads every expression.
            let rules = """
                import json, sys
                dashboard = json.load(open(sys.argv[1]))
                print("groups: [{name: dashboard, rules: [")
                for panel in dashboard["panels"]:
                    for target in panel.get("targets", []):
                        expression = target["expr"].replace("$__rate_interval", "5m")
                        labels = {"panel": str(panel["id"]) + target["refId"]}
                        print(json.dumps({"record": "a:b", "expr": expression, "labels": labels}) + ",")
                print("]}]")
                """
            let file = "\(sample.installation.directory)/rules.yaml"
            Files.write(
                Child.run(["python3", "-c", rules, "\(Installation.root)/nginx/grafana-dashboard.json"]).output,
                to: file
            )
            let parsed = Child.run([Self.promtool, "check", "rules", file])
            #expect(parsed.status == 0, "\(parsed.output)")
        }
    }
}
