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
