import Glibc
import JSON
import Testing

extension Operation {
    /// Calls over TLS to real servers, their certificates made for the test.
    @Suite(.serialized) struct TLSTests {
        private let servers = TLSServers("tls")
        private var directory: String { servers.directory }

        private func webhook(_ url: String, tls: String) -> String {
            """
            url: \(url)
            response_type: JSON
            response_mappings: {Title: title}
            timeout: 20s
            \(tls)
            """
        }

        private func call(_ url: String, tls: String) throws -> JSONValue {
            let store = "\(directory)/store"
            Files.write("allow_networks: [127.0.0.0/8, \"::1\"]\n", to: "\(store)/flowhook.yaml")
            Files.write(webhook(url, tls: tls), to: "\(store)/webhooks/secure.yaml")
            Files.write(#"{"webhook": "secure", "lead": {}}"#, to: "\(directory)/request.json")
            let result = Child.run([Installation.program, "call", "--store", store, "\(directory)/request.json"])
            return try JSONValue(parsing: Array(result.output.utf8))
        }

        private var trust: String { "tls: {ca_file: \(directory)/ca.pem}" }

        @Test func trustsTheAuthorityOfTheWebhook() throws {
            let answer = try call("https://localhost:\(servers.port(.good))/", tls: trust)
            #expect(answer["outcome"] == .string("updated"), "\(answer)")
            #expect(answer["fields"] == .object(["Title": .string("CTO")]))
        }

        /// What is trusted is what the file holds now, outside the store too; a connection kept from before does not get
        /// around it, and nobody has to send a signal.
        @Test func goesByTheAuthorityThatTheFileHoldsNow() throws {
            func trust(_ authority: String) {
                Files.write(Files.read("\(directory)/\(authority).pem"), to: "\(directory)/trusted.pem.tmp")
                rename("\(directory)/trusted.pem.tmp", "\(directory)/trusted.pem")
            }
            trust("other-ca")
            let url = "https://localhost:\(servers.port(.good))/"
            let installation = Installation(store: [
                "flowhook.yaml": "allow_networks: [127.0.0.0/8, \"::1\"]\n",
                "webhooks/secure.yaml": webhook(url, tls: "tls: {ca_file: \(directory)/trusted.pem}"),
            ])
            defer { installation.stop() }
            func answer() -> String { installation.call(#"{"webhook": "secure", "lead": {}}"#).body }
            #expect(answer().contains("tls-failure"))
            trust("ca")
            #expect(Installation.waitUntil { answer().contains(#""outcome":"updated""#) })
            trust("other-ca")
            #expect(Installation.waitUntil { answer().contains("tls-failure") })
        }

        /// Each refusal names its cause, and nothing was sent.
        @Test func refusesWhatCannotBeTrusted() throws {
            let cases: [(TLSServers.Kind, isTrusted: Bool, host: String, cause: String)] = [
                (.good, false, "localhost", "an authority that is not trusted"),
                (.good, true, "127.0.0.1", "for another name"), (.expired, true, "localhost", "has expired"),
                (.othername, true, "localhost", "for another name"), (.selfsigned, true, "localhost", "self-signed"),
                (.selfsigned, false, "localhost", "self-signed"),
                (.stranger, true, "localhost", "an authority that is not trusted"),
                (.tls11, true, "localhost", "no TLS 1.2 or later"), (.plain, true, "localhost", "does not speak TLS"),
            ]
            for (kind, isTrusted, host, cause) in cases {
                let answer = try call("https://\(host):\(servers.port(kind))/", tls: isTrusted ? trust : "")
                #expect(answer["outcome"] == .string("failed"), "\(kind)")
                #expect(answer["error"]?["type"] == .string("tls-failure"), "\(kind)")
                #expect(answer["error"]?["sent"] == .string("no"), "\(kind)")
                let detail = answer["error"]?["detail"]?.stringValue ?? ""
                #expect(detail.contains(cause), "\(kind): \(detail)")
            }
        }

        @Test(arguments: [TLSServers.Kind.mutual, .mutual13])
        func showsTheClientCertificate(kind: TLSServers.Kind) throws {
            let cases = [
                ("client-one", ""), ("client-stranger", "does not trust"), ("", "client certificate"),
            ]
            for (name, cause) in cases {
                let files = "client_certificate: \(directory)/\(name).pem, client_key: \(directory)/\(name).key"
                let tls = "tls: {ca_file: \(directory)/ca.pem\(name.isEmpty ? "" : ", \(files)")}"
                let answer = try call("https://localhost:\(servers.port(kind))/", tls: tls)
                if cause.isEmpty {
                    #expect(answer["fields"] == .object(["Title": .string(name)]), "\(answer)")
                } else {
                    #expect(answer["error"]?["type"] == .string("tls-failure"), "\(answer)")
                    #expect(answer["error"]?["sent"] == .string(kind == .mutual ? "no" : "maybe"), "\(answer)")
                    let detail = answer["error"]?["detail"]?.stringValue ?? ""
                    #expect(detail.contains(cause), "\(detail)")
                }
            }
        }

        /// Files that change take effect with the reload, on kept connections too; webhooks with different files share
        /// no connection and no trust.
        @Test func changedFilesTakeEffect() throws {
            let (mutual, good) = (servers.port(.mutual), servers.port(.good))
            let names = [
                "ca.pem", "other-ca.pem", "client-one.pem", "client-one.key", "client-two.pem", "client-two.key",
            ]
            let contents = Dictionary(uniqueKeysWithValues: names.map { ($0, Files.read("\(directory)/\($0)")) })
            let client = "ca_file: files/ca.pem, client_certificate: files/c.pem, client_key: files/c.key"
            let installation = Installation(store: [
                "flowhook.yaml": "allow_networks: [127.0.0.0/8, \"::1\"]\nevent_loops: 1\n",
                "files/ca.pem": contents["ca.pem"] ?? "", "files/trust.pem": contents["ca.pem"] ?? "",
                "files/c.pem": contents["client-one.pem"] ?? "", "files/c.key": contents["client-one.key"] ?? "",
                "webhooks/mutual.yaml": webhook("https://localhost:\(mutual)/", tls: "tls: {\(client)}"),
                "webhooks/bare.yaml": webhook("https://localhost:\(mutual)/", tls: "tls: {ca_file: files/ca.pem}"),
                "webhooks/trusting.yaml": webhook("https://localhost:\(good)/", tls: "tls: {ca_file: files/trust.pem}"),
                "webhooks/system.yaml": webhook("https://localhost:\(good)/", tls: ""),
            ])
            defer { installation.stop() }
            func ask(_ name: String) -> String { installation.call(#"{"webhook": "\#(name)", "lead": {}}"#).body }
            #expect(ask("mutual").contains("client-one"))
            #expect(ask("trusting").contains("CTO"))
            // Right after, while the connections of those two are kept.
            #expect(ask("bare").contains("tls-failure"))
            #expect(ask("system").contains("tls-failure"))
            let store = "\(installation.directory)/store"
            Files.write(contents["client-two.pem"] ?? "", to: "\(store)/files/c.pem")
            Files.write(contents["client-two.key"] ?? "", to: "\(store)/files/c.key")
            Files.write(contents["other-ca.pem"] ?? "", to: "\(store)/files/trust.pem")
            kill(installation.flowhook.pid, SIGHUP)
            #expect(Installation.waitUntil { ask("mutual").contains("client-two") })
            #expect(Installation.waitUntil { ask("trusting").contains("tls-failure") })
        }

        /// A service that leaves the end of a connection to us does not hold our descriptors.
        @Test func waitsForNoPeerToClose() throws {
            let installation = Installation(store: [
                "flowhook.yaml": "allow_networks: [127.0.0.0/8, \"::1\"]\nevent_loops: 1\n",
                "webhooks/lingering.yaml": webhook(
                    "https://localhost:\(servers.port(.lingering))/",
                    tls: "tls: {ca_file: \(directory)/ca.pem}"
                ),
            ])
            defer { installation.stop() }
            let pid = installation.flowhook.pid
            func call() -> String { installation.call(#"{"webhook": "lingering", "lead": {}}"#).body }
            #expect(call().contains("CTO"))
            let before = Process.descriptors(of: pid)
            for _ in 0..<40 { #expect(call().contains("CTO")) }
            #expect(Installation.waitUntil { Process.descriptors(of: pid) < before + 10 })
            // Nor does it keep the loop awake: a hundred ticks are a second of processor time.
            let ticks = Process.processorTicks(of: pid)
            usleep(1_500_000)
            #expect(Process.processorTicks(of: pid) < ticks + 75)
        }

        /// HTTP/1.1 for every method, whatever a service offers: nginx, which ends a connection after so many requests, and takes
        /// the session of the last for the next one.
        @Test func speaksHTTP1WhereHTTP2IsOffered() throws {
            for _ in 0..<5 {
                let port = Installation.freePort()
                Files.write(
                    """
                    \(getuid() == 0 ? "user root;" : "") daemon off; pid \(directory)/nginx.pid; error_log stderr;
                    events { worker_connections 256; }
                    http {
                        access_log off; client_body_temp_path \(directory)/b; fastcgi_temp_path \(directory)/f;
                        proxy_temp_path \(directory)/p; scgi_temp_path \(directory)/s; uwsgi_temp_path \(directory)/u;
                        server {
                            listen 127.0.0.1:\(port) ssl http2; ssl_session_cache shared:s:1m; keepalive_requests 7;
                            ssl_certificate \(directory)/good.pem; ssl_certificate_key \(directory)/good.key;
                            location / { return 200 '{"title":"$server_protocol $http_x_key $request_method $ssl_session_reused"}'; }
                            location /from { return 307 /to; }
                        }
                    }
                    """,
                    to: "\(directory)/nginx.conf"
                )
                let nginx = Child(
                    ["nginx", "-p", directory, "-c", "\(directory)/nginx.conf", "-e", "stderr"],
                    output: "\(directory)/nginx.log"
                )
                defer { nginx.end(SIGQUIT) }
                guard Installation.waitUntil(seconds: 10, { access("\(directory)/nginx.pid", F_OK) == 0 }) else {
                    continue
                }
                let methods = ["GET", "PUT", "DELETE", "POST", "PATCH"]
                var store = ["flowhook.yaml": "allow_networks: [127.0.0.0/8, \"::1\"]\n"]
                for method in methods {
                    let more = "\(trust)\nredirects: 1\ncustom_headers: {X-Key: k}\nrequest_type: \(method)"
                    store["webhooks/\(method).yaml"] = webhook("https://localhost:\(port)/from", tls: more)
                }
                let installation = Installation(store: store)
                defer { installation.stop() }
                var resumed = 0
                for number in 0..<20 {
                    for method in methods {
                        let answer = installation.call(#"{"webhook": "\#(method)", "lead": {}}"#)
                        let title = #""fields":{"Title":"HTTP/1.1 k \#(method) "#
                        #expect(answer.body.contains(title), "\(method) \(number): \(answer.body)")
                        if answer.body.contains("\(title)r\"") { resumed += 1 }
                    }
                }
                // All but those on the first connection of each event loop.
                #expect(resumed > 50)
                return
            }
            Issue.record("nginx did not come up: \(Files.read("\(directory)/nginx.log"))")
        }
    }
}
