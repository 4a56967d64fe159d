import Glibc
import JSON
import Testing

extension EndToEnd {
    /// Calls over TLS to a real server, its certificate made for the test.
    @Suite(.serialized) final class TLSTests {
        let directory = "/tmp/flowhook-e2e-\(getpid())-tls"
        let server: Child
        let port: String

        init() throws {
            mkdir(directory, 0o755)
            let made = Child.run([
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout",
                "\(directory)/key.pem",
                "-out", "\(directory)/certificate.pem", "-subj", "/CN=service.test", "-addext",
                "subjectAltName=DNS:localhost",
            ])
            try #require(made.status == 0, "\(made.output)")
            let program = """
                import http.server, ssl
                class Service(http.server.BaseHTTPRequestHandler):
                    protocol_version = "HTTP/1.1"
                    def do_POST(self):
                        self.rfile.read(int(self.headers.get("Content-Length", 0)))
                        self.send_response(200); self.send_header("Content-Length", "15"); self.end_headers()
                        self.wfile.write(b'{"title":"CTO"}')
                server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain("\(directory)/certificate.pem", "\(directory)/key.pem")
                server.socket = context.wrap_socket(server.socket, server_side=True)
                print(server.server_port, flush=True)
                server.serve_forever()
                """
            let output = "\(directory)/port"
            server = Child(["python3", "-c", program], output: output)
            Installation.waitUntil { Files.read(output).contains("\n") }
            port = String(Files.read(output).prefix { $0.isNumber })
        }

        deinit {
            server.end(SIGKILL)
            _ = Child.run(["rm", "-rf", directory])
        }

        private func call(host: String, tls: String) throws -> JSONValue {
            let store = "\(directory)/store"
            Files.write("allow_networks: [127.0.0.0/8, \"::1\"]\n", to: "\(store)/flowhook.yaml")
            Files.write(
                """
                url: https://\(host):\(port)/
                response_type: JSON
                response_mappings: {Title: title}
                timeout: 10s
                \(tls)
                """,
                to: "\(store)/webhooks/secure.yaml"
            )
            Files.write(#"{"webhook": "secure", "lead": {}}"#, to: "\(directory)/request.json")
            let result = Child.run([Installation.program, "call", "--store", store, "\(directory)/request.json"])
            return try JSONValue(parsing: Array(result.output.utf8))
        }

        @Test func trustsTheAuthorityOfTheWebhook() throws {
            let answer = try call(host: "localhost", tls: "tls: {ca_file: \(directory)/certificate.pem}")
            #expect(answer["outcome"] == .string("updated"))
            #expect(answer["fields"] == .object(["Title": .string("CTO")]))
        }

        /// What is trusted is what the file holds now; a connection kept from before does not get around it.
        @Test func goesByTheAuthorityThatTheFileHoldsNow() throws {
            let made = Child.run([
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", "/dev/null",
                "-out", "\(directory)/other.pem", "-subj", "/CN=other.test",
            ])
            try #require(made.status == 0, "\(made.output)")
            func trust(_ certificate: String) {
                Files.write(Files.read("\(directory)/\(certificate).pem"), to: "\(directory)/ca.pem.tmp")
                rename("\(directory)/ca.pem.tmp", "\(directory)/ca.pem")
            }
            trust("other")
            let installation = Installation(store: [
                "flowhook.yaml": "allow_networks: [127.0.0.0/8, \"::1\"]\n",
                "webhooks/secure.yaml": """
                url: https://localhost:\(port)/
                response_type: JSON
                response_mappings: {Title: title}
                tls: {ca_file: \(directory)/ca.pem}
                """,
            ])
            defer { installation.stop() }
            func answer() -> String { installation.call(#"{"webhook": "secure", "lead": {}}"#).body }
            #expect(answer().contains("tls-failure"))
            trust("certificate")
            #expect(Installation.waitUntil { answer().contains(#""outcome":"updated""#) })
            trust("other")
            #expect(Installation.waitUntil { answer().contains("tls-failure") })
        }

        /// Each refusal names its cause, and nothing was sent.
        @Test(arguments: [
            ("localhost", false, "self-signed"), ("127.0.0.1", true, "no alternative certificate subject name"),
        ])
        func refusesACertificateThatIsNotTheHosts(host: String, isTrusted: Bool, cause: String) throws {
            let tls = isTrusted ? "tls: {ca_file: \(directory)/certificate.pem}" : ""
            let answer = try call(host: host, tls: tls)
            #expect(answer["outcome"] == .string("failed"))
            #expect(answer["error"]?["type"] == .string("tls-failure"))
            #expect(answer["error"]?["sent"] == .string("no"))
            #expect(answer["error"]?["detail"]?.stringValue?.contains(cause) == true, "\(answer["error"] ?? .null)")
        }
    }
}
