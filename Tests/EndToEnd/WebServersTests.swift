import Glibc
import JSON
import TestSupport
import Testing

extension EndToEnd {
    /// Each web server with the sample configuration that ships for it: the same answers as behind nginx.
    @Suite(.serialized) struct WebServersTests {
        /// What is sent, as it goes over the wire.
        private static let requests: [String] = {
            let enrich = SampleStore.enrich
            let note = String(repeating: "x", count: 200_000)
            let large = #"{"webhook": "500", "lead": {"Person Notes": "\#(note)"}}"#
            let json = "Content-Type: application/json\r\n"
            return [
                post("/flow/call-webhook", enrich, json),
                // Caddy names a length of -1, Apache's mod_cgid none.
                chunked("/flow/call-webhook", enrich),
                chunked("/flow/call-webhook", large),
                post("/flow/call-webhook?x=1", large, json),
                post("/flow/call-webhook", #"{"webhook": "nobody", "lead": {}}"#, json),
                post("/flow/call-webhook", "{", json),
                post("/flow/call-webhook", "", json),
                post("/flow/call-webhook", enrich, "Content-Type: text/plain\r\n"),
                // Escapes, blanks and slashes in a path: lighttpd splits it, Caddy and mod_cgid decode it.
                get("/flow/programs/Spring%20Days%2FMay%20%26%20June/tokens"),
                get("/flow/programs/Spring%20%222026%22/tokens"),
                get("/flow/programs/no%20one/tokens"),
                get("/flow/programs?after=1"),
                post("/flow/preview", enrich, json),
                get("/flow/call-webhook"),
                get("/flow/a%20b/c?x=1"),
                // What a client sends as a header is a header, underscores or not.
                post("/flow/call-webhook", enrich, json + forged),
                get("/flow/healthz", forged),
            ]
        }()

        private static let forged = """
            Flowhook_Mount: /elsewhere\r\nFlowhook-Mount: /elsewhere\r\nRequest_Id: forged\r\nRequest-Id: forged\r\n\
            Request_Uri: /flow/readyz\r\nRequest_Method: DELETE\r\nScript_Name: /elsewhere\r\nPath_Info: /elsewhere\r\n\
            Http_Request_Id: forged\r\nFlowhook_Store: /nowhere\r\nProxy: http://127.0.0.1:1\r\n
            """

        private static func get(_ path: String, _ headers: String = "") -> String {
            "GET \(path) HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\(headers)\r\n"
        }

        private static func post(_ path: String, _ body: String, _ headers: String) -> String {
            let head = "POST \(path) HTTP/1.1\r\nHost: test\r\nConnection: close\r\n"
            return "\(head)\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }

        private static func chunked(_ path: String, _ body: String) -> String {
            var text = "POST \(path) HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Type: application/json\r\n"
            text += "Transfer-Encoding: chunked\r\n\r\n"
            var rest = Substring(body)
            while !rest.isEmpty {
                let piece = rest.prefix(70_000)
                text += "\(String(piece.utf8.count, radix: 16))\r\n\(piece)\r\n"
                rest = rest.dropFirst(piece.count)
            }
            return "\(text)0\r\n\r\n"
        }

        /// A third-party service and a store that calls it, for all servers alike.
        private static let service = SampleStore.service()
        private static let store: String = {
            let directory = "/tmp/flowhook-ws-store-\(getpid())"
            var files = SampleStore.files(servicePort: service.port)
            files["marketing-activities/Spring Days/May & June/program.yaml"] = "id: 31\n"
            for (path, text) in files { Files.write(text, to: "\(directory)/\(path)") }
            atexit { _ = Child.run(["rm", "-rf", "/tmp/flowhook-ws-store-\(getpid())"]) }
            return directory
        }()

        /// An answer without what differs from request to request and from server to server.
        private struct Answer: Equatable {
            var status: Int
            var headers: [String?]
            var body: String

            init(_ response: HTTPClient.Response) {
                status = response.status
                headers = ["Content-Type", "Cache-Control", "Allow"].map(response.header)
                body = Self.cut(response.body, from: #""requestId":""#, to: "\"")
                body = Self.cut(body, from: #""timing":{"#, to: "}")
            }

            private static func cut(_ text: String, from start: String, to end: String) -> String {
                guard let first = text.firstRange(of: start), let last = text[first.upperBound...].firstRange(of: end)
                else { return text }
                return String(text[..<first.upperBound] + text[last.lowerBound...])
            }
        }

        private static func answers(_ client: HTTPClient) -> [HTTPClient.Response] {
            requests.map { client.finish(client.send($0)) }.map { response in
                guard response.header("Transfer-Encoding")?.lowercased() == "chunked" else { return response }
                var response = response
                response.body = unchunked(response.body)
                return response
            }
        }

        /// The body of the chunked transfer coding (RFC 9112, section 7.1).
        private static func unchunked(_ text: String) -> String {
            var rest = Array(text.utf8)[...]
            var body: [UInt8] = []
            while let end = rest.firstIndex(of: 13),
                let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16),
                size > 0, rest.count >= end - rest.startIndex + 2 + size
            {
                body += rest[(end + 2)..<(end + 2 + size)]
                rest = rest[(end + 4 + size)...]
            }
            return String(decoding: body, as: UTF8.self)
        }

        /// What nginx with its own sample answers.
        private static let expected: [HTTPClient.Response] = {
            let server = WebServer(.nginxUnix, store: store)
            defer { server.stop() }
            return answers(server.client)
        }()

        @Test(arguments: WebServer.Kind.allCases)
        func answersTheSameBehindEachServer(kind: WebServer.Kind) {
            let server = WebServer(kind, store: Self.store)
            defer { server.stop() }
            let answers = Self.answers(server.client)
            for (index, (answer, expected)) in zip(answers, Self.expected).enumerated() {
                let request = Self.requests[index].prefix(400)
                #expect(Answer(answer) == Answer(expected), "\(kind): \(request)")
                // The id in the header is the one in the body, and none that was forged.
                if let id = answer.header("X-Request-Id"), answer.body.hasPrefix(#"{"requestId""#) {
                    #expect(answer.body.hasPrefix(#"{"requestId":"\#(id)""#), "\(kind): \(request)")
                }
                #expect(answer.header("X-Request-Id") != nil, "\(kind): \(request)")
                #expect(answer.header("X-Request-Id") != "forged")
            }
            #expect(
                answers.map(\.status) == [
                    200, 200, 200, 200, 404, 400, 400, 415, 200, 200, 404, 200, 200, 405, 404, 200, 200,
                ]
            )
            keepsTheRestToTheMachineItself(server.client, kind)
            refusesWhatIsTooLarge(server.client, kind)
        }

        /// Whatever the spelling, no more than the calls and the health is open to others; 127.0.0.2 is one of them.
        private func keepsTheRestToTheMachineItself(_ client: HTTPClient, _ kind: WebServer.Kind) {
            #expect(client.get("/flow/readyz").status == 200)
            var other = client
            other.source = 2
            #expect(other.get("/flow/healthz").status == 200, "\(kind)")
            #expect(other.post("/flow/call-webhook", SampleStore.enrich).status == 200, "\(kind)")
            let spellings = [
                "/flow/readyz", "/flow/%72eadyz", "/flow//readyz", "//flow/readyz", "/flow/./readyz",
                "/x/../flow/readyz",
                "/flow/healthz/../readyz", "/flow/healthz%2f..%2freadyz", "/flow/healthz/%2e%2e/readyz", "/FLOW/readyz",
                "/flow/readyz/../healthz", "/flow/readyz?/flow/healthz", "/flow/readyz;/../healthz",
                "/flow/readyz/%2e%2e/healthz", "http://test/flow/readyz", "/flow/readyz%00/../healthz",
            ]
            for spelling in spellings {
                let response = other.get(spelling)
                #expect(!response.body.contains("loadedAt"), "\(kind) \(spelling)")
            }
            #expect(other.post("/flow/preview", SampleStore.enrich).status == 403, "\(kind)")
        }

        private func refusesWhatIsTooLarge(_ client: HTTPClient, _ kind: WebServer.Kind) {
            let body = #"{"webhook": "500", "lead": {"Person Notes": "\#(String(repeating: "x", count: 1_100_000))"}}"#
            let before = Self.service.received.count
            let response = client.post("/flow/call-webhook", body)
            #expect(response.status == 413, "\(kind): \(response)")
            #expect(Self.service.received.count == before)
            #expect(client.get("/flow/healthz").status == 200)
        }
    }
}
