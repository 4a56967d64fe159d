import Glibc
import JSON
import TestSupport
import Testing

extension Operation {
    /// Start, load and stop.
    @Suite(.serialized) struct LifeTests {
        @Test func holdsAThousandRequestsInFlight() {
            let sample = Sample()
            let body = #"{"webhook": "second", "lead": {"id": 7}}"#
            let waiting = sample.begin(1_024, body)
            #expect(sample.updated(waiting) == 1_024)
        }

        @Test func endsWhatIsInFlightBeforeItStops() {
            let sample = Sample()
            let installation = sample.installation
            // What is started ends with the sample.
            defer { withExtendedLifetime(sample) {} }
            let body = #"{"webhook": "second", "lead": {"id": 7}}"#
            let waiting = sample.begin(500, body)
            // The stop comes between the first answers and the last calls.
            Installation.waitUntil(seconds: 60) { sample.service.received.count >= 500 }
            #expect(installation.flowhook.end(SIGTERM) == 0)
            #expect(sample.updated(waiting) == 500)
            #expect(access("\(installation.directory)/flowhook.sock", F_OK) != 0)
            #expect(installation.call(body).status == 502)
        }

        @Test func takesANewStoreOnHangUpAndKeepsTheOldOneIfItIsWrong() {
            let sample = Sample()
            let installation = sample.installation
            // What is started ends with the sample.
            defer { withExtendedLifetime(sample) {} }
            let file = "\(installation.directory)/store/webhooks/new.yaml"
            Files.write("url: \"{{my.Service URL}}/new\"\n", to: file)
            kill(installation.flowhook.pid, SIGHUP)
            let request = #"{"webhook": "new", "lead": {}}"#
            #expect(Installation.waitUntil { installation.call(request).status == 200 })
            Files.write("url: \"{{my.Service URL}}/new\"\nnonsense: 1\n", to: file)
            kill(installation.flowhook.pid, SIGHUP)
            let ready = { installation.client.get("/flow/readyz").body }
            #expect(Installation.waitUntil { ready().contains(#""store":"stale""#) })
            #expect(installation.call(request).status == 200)
            // The log is written in its own time.
            #expect(Installation.waitUntil { installation.log.contains("webhooks/new.yaml:2:1: error: ") })
        }

        @Test func endsWithEveryFindingWhereTheStoreIsWrong() {
            let directory = "/tmp/flowhook-e2e-\(getpid())-wrong"
            defer { _ = Child.run(["rm", "-rf", directory]) }
            Files.write("url: http://example.com/\nrequest_tpye: GET\n", to: "\(directory)/webhooks/a.yaml")
            Files.write("id: 1\nid: 2\n", to: "\(directory)/marketing-activities/p/program.yaml")
            let result = Child.run([
                Installation.program, "serve", "--store", directory, "--listen", "unix:\(directory)/s.sock",
            ])
            #expect(result.status == 78)
            #expect(result.output.contains("webhooks/a.yaml:2:1: error: "))
            #expect(result.output.contains("request_type"))
            #expect(result.output.contains("marketing-activities/p/program.yaml:2:1: error: "))
            #expect(result.output.contains("2 errors"))
        }

        @Test func callsAndPreviewsFromTheShell() {
            let service = SampleStore.service()
            defer { service.stop() }
            let directory = "/tmp/flowhook-e2e-\(getpid())-shell"
            defer { _ = Child.run(["rm", "-rf", directory]) }
            for (path, text) in SampleStore.files(servicePort: service.port) {
                Files.write(text, to: "\(directory)/\(path)")
            }
            func run(_ verb: String, _ request: String) -> (status: Int32, output: String) {
                Files.write(request, to: "\(directory)/request.json")
                return Child.run([Installation.program, verb, "--store", directory, "\(directory)/request.json"])
            }
            let preview = run("preview", SampleStore.enrich)
            #expect(preview.status == 0)
            #expect(preview.output.contains("Bearer ••••••"))
            #expect(service.received.isEmpty)
            #expect(run("call", SampleStore.enrich).status == 0)
            #expect(service.received.count == 1)
            #expect(run("call", #"{"webhook": "500", "lead": {}}"#).status == 1)
            #expect(run("call", #"{"webhook": "nobody", "lead": {}}"#).status == 2)
            #expect(Child.run([Installation.program, "call"]).status == 64)
            #expect(Child.run([Installation.program, "call", "--store", "/nowhere", "-"]).status == 78)
        }

        @Test func checksAndListsFromTheShell() throws {
            let directory = "/tmp/flowhook-e2e-\(getpid())-check"
            defer { _ = Child.run(["rm", "-rf", directory]) }
            // Without the webhooks that name a field nobody knows: standard error is silent then.
            for (path, text) in SampleStore.files(servicePort: 1) where !text.contains("Shoe Size") {
                Files.write(text, to: "\(directory)/\(path)")
            }
            let tokens = Child.run([Installation.program, "tokens", "--store", directory, "1027"])
            #expect(tokens.status == 0)
            #expect(
                tokens.output == """
                    NAME         TYPE    VALUE               ORIGIN      FILE
                    API Key      text    ••••••              inherited   marketing-activities/my-tokens.yaml
                    Campaign     number  77                  inherited   marketing-activities/Webinars/my-tokens.yaml
                    Service URL  text    http://127.0.0.1:1  inherited   marketing-activities/my-tokens.yaml
                    Speaker      text    Grace               overridden  marketing-activities/Webinars/Spring/my-tokens.yaml

                    """
            )
            #expect(Child.run([Installation.program, "tokens", "--store", directory, "nobody"]).status == 2)
            Files.write("url: https://example.com/\nnmae: x\n", to: "\(directory)/webhooks/wrong.yaml")
            let check = Child.run([Installation.program, "check", "--store", directory, "--format", "json"])
            #expect(check.status == 78)
            let json = try JSONValue(parsing: Array(check.output.utf8))
            #expect(json["errors"] == .number("1"))
            let finding = try #require(json["findings"]?[0])
            #expect(finding["file"] == .string("webhooks/wrong.yaml"))
            #expect(finding["line"] == .number("2"))
            #expect(finding["suggestion"] == .string("name"))
        }

        /// Full Foundation would bring 45 MB of tables that nothing here reads.
        @Test func isNotLinkedWithFullFoundation() {
            let result = Child.run(["ldd", Installation.program])
            #expect(result.status == 0)
            #expect(result.output.contains("libfcgi.so"))
            #expect(!result.output.contains("libFoundation.so"))
            #expect(!result.output.contains("lib_FoundationICU.so"))
        }

        /// What allocates is loaded before the C library, so that its malloc(3) is the one that all use.
        @Test func allocatesByMimalloc() throws {
            let lines = Child.run(["ldd", Installation.program]).output.split(separator: "\n")
            let allocator = try #require(lines.firstIndex { $0.contains("libmimalloc.so") })
            let library = try #require(lines.firstIndex { $0.hasPrefix("\tlibc.so") })
            #expect(allocator < library)
        }
    }
}
