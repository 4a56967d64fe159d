import Glibc
import JSON
import TestSupport
import Testing

extension EndToEnd {
    /// However the process is started and the socket comes to it, the answer is the same.
    @Suite(.serialized) struct WaysInTests {
        /// The answer without what differs from request to request.
        private func stable(_ response: HTTPClient.Response) throws -> JSONObject {
            guard case .object(var object) = try JSONValue(parsing: Array(response.body.utf8)) else { return [:] }
            object.members.removeAll { $0.name == "requestId" || $0.name == "timing" }
            return object
        }

        @Test(arguments: [true, false])
        func servesWithConnectionsKeptOrNot(keepsConnections: Bool) {
            let sample = Sample(keepsConnections: keepsConnections)
            for _ in 0..<30 {
                #expect(sample.installation.call(SampleStore.enrich).body.contains(#""outcome":"updated""#))
            }
        }

        @Test(arguments: [Installation.Start.spawnFCGI, .systemd])
        func takesASocketThatIsHandedOver(start: Installation.Start) {
            let sample = Sample(start: start)
            let installation = sample.installation
            // What is started ends with the sample.
            defer { withExtendedLifetime(sample) {} }
            #expect(installation.call(SampleStore.enrich).body.contains(#""outcome":"updated""#))
            #expect(installation.client.get("/flow/healthz").status == 200)
        }

        /// One socket is served: whoever set up another is told that nobody answers there.
        @Test func tellsOfTheSocketThatIsNotServed() {
            let launcher = """
                import os, socket, sys
                s = socket.socket(socket.AF_UNIX); s.bind("handed-over.sock"); s.listen()
                os.dup2(s.fileno(), 3); os.set_inheritable(3, True)
                os.execve(sys.argv[1], sys.argv[1:], dict(os.environ, LISTEN_FDS="1", LISTEN_PID=str(os.getpid())))
                """
            let byOption = Sample(start: .launched(by: ["python3", "-c", launcher]))
            #expect(byOption.installation.call(SampleStore.enrich).status == 200)
            #expect(byOption.installation.finalLog().contains("not served: --listen names another"))
            let bySetting = Sample(start: .systemd) {
                $0["flowhook.yaml", default: ""] += "listen: unix:/run/nobody/nobody.sock\n"
            }
            #expect(bySetting.installation.call(SampleStore.enrich).status == 200)
            #expect(bySetting.installation.finalLog().contains("the setting listen is not used"))
            let neither = Sample()
            #expect(!neither.installation.finalLog().contains("socket"))
        }

        @Test func answersTheSameAsACGIProgram() throws {
            let requests = [
                SampleStore.enrich, #"{"webhook": "500", "lead": {"id": 1}}"#, #"{"webhook": "nobody", "lead": {}}"#,
                "{",
            ]
            var answers: [[JSONObject]] = []
            var heads: [[String?]] = []
            for start in [Installation.Start.listen, .fcgiwrap] {
                let sample = Sample(start: start)
                let responses = requests.map(sample.installation.call)
                answers.append(try responses.map(stable))
                heads.append(responses.flatMap { [String($0.status), $0.header("Content-Type")] })
            }
            #expect(answers[0] == answers[1])
            #expect(heads[0] == heads[1])
        }

        /// A CGI program's arguments are a client's words.
        @Test func readsNoArgumentsAsACGIProgram() {
            let variables = ["GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "REQUEST_URI": "/flow/healthz"]
            let result = Child.run([Installation.program, "--help"], environment: variables)
            #expect(result.output.hasPrefix("Status: 503 "))
            #expect(result.output.contains("store-invalid"))
            #expect(!result.output.contains("USAGE"))
        }

        @Test func anEmptyMountOfTheWebServerIsNone() {
            let store = "/tmp/flowhook-empty-mount-\(getpid())"
            mkdir(store, 0o755)
            defer { rmdir(store) }
            let variables = [
                "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "REQUEST_URI": "/flow/healthz",
                "FLOWHOOK_MOUNT": "", "FLOWHOOK_STORE": store,
            ]
            let result = Child.run([Installation.program], environment: variables)
            #expect(result.output.hasPrefix("Status: 200 "), "\(result)")
        }

        /// Whoever stops the web server ends no call that a CGI program has begun.
        @Test func endsItsCallWhenItIsToldToStop() throws {
            let service = RawServer { _, _ in [.wait(milliseconds: 1_000), .text("HTTP/1.1 204 X\r\n\r\n")] }
            defer { service.stop() }
            let directory = "/tmp/flowhook-cgi-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
            defer { _ = Child.run(["rm", "-rf", directory]) }
            let body = #"{"webhook": "slow", "lead": {}}"#
            Files.write(body, to: "\(directory)/body")
            Files.write("allow_networks: [127.0.0.0/8]\n", to: "\(directory)/store/flowhook.yaml")
            Files.write(
                "url: http://127.0.0.1:\(service.port)/\n",
                to: "\(directory)/store/webhooks/slow.yaml"
            )
            let program = Child(
                ["sh", "-c", "exec \"$0\" < '\(directory)/body'", Installation.program],
                environment: [
                    "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST", "REQUEST_URI": "/flow/call-webhook",
                    "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": "\(body.utf8.count)",
                    "FLOWHOOK_STORE": "\(directory)/store",
                ],
                output: "\(directory)/output"
            )
            #expect(Installation.waitUntil { service.received.count == 1 })
            #expect(program.end(SIGTERM) == 0)
            let output = Files.read("\(directory)/output")
            #expect(output.contains(#""outcome":"sent""#), "\(output)")
            #expect(output.contains(#""message":"flow action""#), "\(output)")
        }

        /// Without a store there is an id all the same, and the log says why.
        @Test func tellsTheLogThatAStoreDoesNotLoad() throws {
            let variables = [
                "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "REQUEST_URI": "/flow/healthz",
                "REQUEST_ID": "the-id", "FLOWHOOK_STORE": "/nowhere",
            ]
            let answer = Child.run(
                ["sh", "-c", #"exec "$0" 2> /dev/null"#, Installation.program],
                environment: variables
            )
            #expect(answer.output.contains("\r\nX-Request-Id: the-id\r\n"), "\(answer)")
            let told = Child.run(
                ["sh", "-c", #"exec "$0" 2>&1 > /dev/null"#, Installation.program],
                environment: variables
            )
            let log = try JSONValue(parsing: Array(told.output.utf8))
            #expect(log["level"] == .string("error") && log["requestId"] == .string("the-id"))
            #expect(log["problem"] == .string("store-invalid"))
            #expect(log["detail"]?.stringValue?.contains("/nowhere") == true)
        }

        @Test func printsItsHelpWithoutArguments() {
            let result = Child.run([Installation.program])
            #expect(result.status == 0)
            #expect(result.output.contains("USAGE: flowhook"))
        }
    }
}
