import Glibc
import JSON
import TestSupport
import Testing

extension EndToEnd {
    /// Flowhook in a network namespace of its own, with a name server of the test's: names that move, names that hang.
    @Suite(.serialized, .enabled(if: Namespace.isPermitted, "network namespaces need root and iproute2"))
    struct NamespaceTests {
        private func webhook(_ url: String, timeout: String = "20s") -> String {
            "url: \(url)\nresponse_type: JSON\nresponse_mappings: {Title: title}\ntimeout: \(timeout)\n"
        }

        /// A name that leads to a public address first and then to a private one: the address that is connected to
        /// decides, each time.
        @Test func aNameThatMovesIsJudgedAnew() throws {
            let namespace = Namespace("moves")
            let installation = Installation(
                store: [
                    "flowhook.yaml": "event_loops: 1\n", "webhooks/moving.yaml": webhook("http://moving.test:8080/"),
                    "webhooks/mixed.yaml": webhook("http://mixed.test:8080/"),
                ],
                start: .launched(by: namespace.launcher)
            )
            defer { installation.stop() }
            func ask(_ name: String) -> String { installation.call(#"{"webhook": "\#(name)", "lead": {}}"#).body }
            #expect(ask("moving").contains(#""Title":"8.8.8.8""#))
            // A private address among public ones is passed over.
            #expect(ask("mixed").contains(#""Title":"8.8.8.8""#))
            // What was found is kept for a few seconds; then the name server says 127.0.0.1, where a server waits.
            var tries = 0
            repeat {
                // Longer than addresses and idle connections are kept.
                sleep(6)
                tries += 1
            } while tries < 10 && !ask("moving").contains("blocked-address")
            let last = ask("moving")
            #expect(last.contains("blocked-address"))
            #expect(last.contains(#""sent":"no""#))
            #expect(!namespace.log.contains("reached 127.0.0.1"))
        }

        /// Names whose server never answers, and a host that never answers, delay no call to another; the threads are
        /// bounded.
        @Test func whatHangsDelaysNobody() throws {
            let namespace = Namespace("hangs")
            var store = [
                "flowhook.yaml": "event_loops: 2\n", "webhooks/good.yaml": webhook("http://fixed.test:8080/"),
                "webhooks/dead.yaml": webhook("http://fixed.test:8081/", timeout: "8s"),
            ]
            // Three times as many names as there are threads always.
            let names = 96
            for number in 0..<names {
                store["webhooks/hang-\(number).yaml"] = webhook("http://hang-\(number).test:8080/", timeout: "8s")
            }
            let installation = Installation(store: store, start: .launched(by: namespace.launcher))
            defer { installation.stop() }
            let client = installation.client
            func begin(_ name: String) -> Int32 {
                client.begin(
                    "POST",
                    "/flow/call-webhook",
                    #"{"webhook": "\#(name)", "lead": {}}"#,
                    headers: ["Content-Type: application/json"]
                )
            }
            var hanging: [Int32] = []
            for number in 0..<names { for _ in 0..<2 { hanging.append(begin("hang-\(number)")) } }
            for _ in 0..<100 { hanging.append(begin("dead")) }
            #expect(
                Installation.waitUntil {
                    namespace.log.split(separator: "\n").filter { $0 == "held 8081" }.count >= 100
                }
            )
            // All of them hang now, and for seconds yet.
            for _ in 0..<20 {
                let answer = try JSONValue(parsing: Array(client.finish(begin("good")).body.utf8))
                #expect(answer["outcome"] == .string("updated"), "\(answer)")
            }
            let threads = Files.read("/proc/\(installation.flowhook.pid)/status").split(separator: "\n")
                .first { $0.hasPrefix("Threads:") }?.split(separator: "\t").last.flatMap { Int($0) }
            #expect((threads ?? 0) > 0)
            // 128 that look names up, 8 for those known to hang, and the process's own.
            #expect((threads ?? 1_000) < 170)
            let ends = hanging.map { client.finish($0).body }
            #expect(ends.allSatisfy { $0.contains(#""type":"timeout""#) || $0.contains("dns-failure") })
            #expect(
                ends.suffix(100).allSatisfy { $0.contains(#""type":"timeout""#) && $0.contains(#""sent":"maybe""#) }
            )
            // A name that is looked up was never sent anything.
            #expect(ends.prefix(names * 2).allSatisfy { $0.contains(#""sent":"no""#) })
        }
        /// The name server falls silent: the addresses that it gave are used on, and once it speaks again it is asked.
        @Test func aSilentNameServerStopsNoKnownName() throws {
            let namespace = Namespace("silent")
            let installation = Installation(
                store: [
                    "flowhook.yaml": "event_loops: 1\n",
                    "webhooks/good.yaml": webhook("http://fixed.test:8080/", timeout: "30s"),
                    "webhooks/new.yaml": webhook("http://never-asked.test:8080/", timeout: "2s"),
                ],
                start: .launched(by: namespace.launcher)
            )
            defer { installation.stop() }
            func ask(_ name: String) -> String { installation.call(#"{"webhook": "\#(name)", "lead": {}}"#).body }
            #expect(ask("good").contains(#""outcome":"updated""#))
            namespace.silence(true)
            // Longer than addresses are kept; the first to ask finds the silence out.
            sleep(6)
            for _ in 0..<3 { #expect(ask("good").contains(#""outcome":"updated""#)) }
            // A name that was never known has nothing to go on with.
            #expect(ask("new").contains(#""sent":"no""#))
            let began = IdentifiedLoad.now
            for _ in 0..<10 {
                #expect(ask("good").contains(#""outcome":"updated""#))
                sleep(1)
            }
            // Nobody waits for the same silence again: a look-up takes ten seconds to be given up.
            #expect(IdentifiedLoad.now - began < 60_000_000_000)
            let asked = namespace.asked
            namespace.silence(false)
            #expect(
                Installation.waitUntil(seconds: 60) {
                    ask("good").contains(#""outcome":"updated""#) && namespace.asked > asked
                }
            )
        }
    }
}

/// A network namespace with an address that counts as public, a name server and two web servers.
final class Namespace {
    private let name: String
    private let directory: String
    private let server: Child

    /// Whether this machine lets us make one.
    static let isPermitted: Bool = {
        let name = "flowhook-probe-\(getpid())"
        guard Child.run(["ip", "netns", "add", name]).status == 0 else { return false }
        defer { _ = Child.run(["ip", "netns", "del", name]) }
        return Child.run(["ip", "netns", "exec", name, "ip", "link", "set", "lo", "up"]).status == 0
    }()

    init(_ what: String) {
        name = "flowhook-\(what)-\(getpid())"
        directory = "/tmp/flowhook-e2e-\(getpid())-\(name)"
        mkdir(directory, 0o755)
        // What `ip netns exec` shows as /etc/resolv.conf.
        Files.write("nameserver 127.0.0.1\n", to: "/etc/netns/\(name)/resolv.conf")
        for command in [
            ["add", name], ["exec", name, "ip", "link", "set", "lo", "up"],
            ["exec", name, "ip", "address", "add", "8.8.8.8/32", "dev", "lo"],
        ] {
            let result = Child.run(["ip", "netns"] + command)
            precondition(result.status == 0, result.output)
        }
        let output = "\(directory)/log"
        server = Child(["ip", "netns", "exec", name, "python3", "-u", "-c", Self.program, directory], output: output)
        Installation.waitUntil { Files.read(output).contains("ready") }
    }

    deinit {
        server.end(SIGKILL)
        _ = Child.run(["ip", "netns", "del", name])
        _ = Child.run(["rm", "-rf", directory, "/etc/netns/\(name)"])
    }

    /// Starts a program inside.
    var launcher: [String] { ["ip", "netns", "exec", name] }

    /// What the servers have said.
    var log: String { Files.read("\(directory)/log") }

    /// Has the name server answer no more, or again.
    func silence(_ isSilent: Bool) {
        if isSilent { Files.write("", to: "\(directory)/silent") } else { unlink("\(directory)/silent") }
    }

    /// How many questions the name server has answered.
    var asked: Int { log.split(separator: "\n").count { $0 == "answered" } }

    /// DNS (RFC 1035) on 127.0.0.1:53; HTTP on port 8080 that says at which address it was reached; a port 8081 that
    /// takes connections and never answers.
    private static let program = """
        import http.server, os, socket, struct, sys, threading
        asked = {}
        def answers(name):
            asked[name] = asked.get(name, 0) + 1
            if name == "fixed.test": return ["8.8.8.8"]
            if name == "mixed.test": return ["10.0.0.1", "8.8.8.8"]
            if name == "moving.test": return ["8.8.8.8"] if asked[name] == 1 else ["127.0.0.1"]
            return []
        def dns():
            server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); server.bind(("127.0.0.1", 53))
            while True:
                query, peer = server.recvfrom(2048)
                labels, at = [], 12
                while query[at]:
                    labels.append(query[at + 1:at + 1 + query[at]].decode()); at += query[at] + 1
                name, kind = ".".join(labels).lower(), query[at + 1:at + 5]
                if name.startswith("hang") or os.path.exists(sys.argv[1] + "/silent"): continue
                # Only A has an answer; it asks for that once a look-up.
                found = answers(name) if kind[:2] == b"\\0\\1" else []
                reply = query[:2] + b"\\x81\\x80\\0\\1" + struct.pack(">H", len(found)) + b"\\0\\0\\0\\0" + query[12:at + 5]
                for address in found: reply += b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\0\\0\\4" + socket.inet_aton(address)
                server.sendto(reply, peer); print("answered")
        class Service(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_POST(self):
                address = self.connection.getsockname()[0]
                print("reached", address)
                body = ('{"title":"%s"}' % address).encode()
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers()
                self.wfile.write(body)
            def log_message(self, *arguments): pass
        def hold():
            server = socket.socket(); server.bind(("0.0.0.0", 8081)); server.listen(1000)
            held = []
            while True:
                held.append(server.accept()); print("held 8081")
        threading.Thread(target=dns, daemon=True).start()
        threading.Thread(target=hold, daemon=True).start()
        web = http.server.ThreadingHTTPServer(("0.0.0.0", 8080), Service)
        print("ready")
        web.serve_forever()
        """
}
