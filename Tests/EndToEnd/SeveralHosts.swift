import Glibc
import Testing

/// Three hosts with Flowhook and one with nginx and a third-party service, each a network namespace, on one private
/// network that nothing else reaches.
///
/// nginx is asked over a Unix socket: files are not part of a network namespace, so the tests reach it from outside.
final class SeveralHosts {
    let directory: String
    let client: HTTPClient
    private let name: String
    private var hosts: [Child] = []
    private var others: [Child] = []

    /// Whether network namespaces can be made here: that takes root, and a container may forbid it.
    static let arePermitted: Bool = {
        let name = "flowhook-probe-\(getpid())"
        guard Child.run(["ip", "netns", "add", name]).status == 0 else { return false }
        defer { _ = Child.run(["ip", "netns", "delete", name]) }
        return Child.run(["ip", "-n", name, "link", "add", "b0", "type", "bridge"]).status == 0
    }()

    /// The addresses of the sample configuration, in order.
    private static let addresses = ["10.20.0.11", "10.20.0.12", "10.20.0.13"]

    /// Makes the hosts, writes a store that calls the service, starts everything and waits until it answers.
    init() throws {
        name = "flowhook-\(getpid())-\(UInt16.random(in: 0...UInt16.max))"
        directory = "/tmp/\(name)"
        client = HTTPClient(port: 0, socketPath: "\(directory)/nginx.sock")
        mkdir(directory, 0o755)
        do {
            try makeNetwork()
            try startService()
            for number in 0..<3 { hosts.append(startHost(number)) }
            // A host that nginx finds silent is left alone for a while.
            Installation.waitUntil(seconds: 60) { (0..<3).allSatisfy { log($0).last?.contains("serving") == true } }
            try startNginx()
        } catch {
            stop()
            throw error
        }
    }

    /// A command that makes the hosts has failed.
    struct Failure: Error {
        var command: String
        var output: String
    }

    private func run(_ command: String) throws {
        let result = Child.run(command.split(separator: " ").map(String.init))
        guard result.status == 0 else { throw Failure(command: command, output: result.output) }
    }

    private func host(_ number: Int) -> String { "\(name)-\(number)" }
    private var front: String { "\(name)-f" }

    /// Removes what a run that was killed has left behind.
    private func removeLeftovers() {
        for line in Child.run(["ip", "netns", "list"]).output.split(separator: "\n") {
            let words = line.split(separator: " ").first?.split(separator: "-") ?? []
            guard let namespace = line.split(separator: " ").first, words.count == 4, words[0] == "flowhook",
                let pid = pid_t(words[1]), kill(pid, 0) != 0, errno == ESRCH
            else { continue }
            _ = Child.run(["ip", "netns", "delete", String(namespace)])
        }
    }

    private func makeNetwork() throws {
        removeLeftovers()
        try run("ip netns add \(front)")
        try run("ip -n \(front) link set lo up")
        try run("ip -n \(front) link add b0 type bridge")
        try run("ip -n \(front) address add 10.20.0.1/24 dev b0")
        try run("ip -n \(front) link set b0 up")
        for (number, address) in Self.addresses.enumerated() {
            try run("ip netns add \(host(number))")
            try run("ip -n \(host(number)) link set lo up")
            try run("ip -n \(front) link add v\(number) type veth peer name e0 netns \(host(number))")
            try run("ip -n \(front) link set v\(number) master b0 up")
            try run("ip -n \(host(number)) address add \(address)/24 dev e0")
            try run("ip -n \(host(number)) link set e0 up")
        }
    }

    /// The third-party service: takes 200 ms for a call, and writes down whom each was for.
    private func startService() throws {
        let service = #"""
            import http.server, json, sys, time
            class Handler(http.server.BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"
                def do_POST(self):
                    lead = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["id"]
                    with open(sys.argv[1], "a") as file: file.write("%d\n" % lead)
                    time.sleep(0.2)
                    body = b'{"title": "CTO"}'
                    self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers()
                    self.wfile.write(body)
                def log_message(self, *words): pass
            class Server(http.server.ThreadingHTTPServer): request_queue_size = 1024
            server = Server(("10.20.0.1", 8080), Handler)
            open(sys.argv[1], "w").close()
            server.serve_forever()
            """#
        Files.write(service, to: "\(directory)/service.py")
        others.append(
            Child(
                ["ip", "netns", "exec", front, "python3", "\(directory)/service.py", "\(directory)/leads"],
                output: "\(directory)/service.log"
            )
        )
        guard Installation.waitUntil(seconds: 60, { access("\(directory)/leads", F_OK) == 0 }) else {
            throw Failure(command: "service.py", output: Files.read("\(directory)/service.log"))
        }
        Files.write("allow_networks: [10.20.0.0/24]\n", to: "\(directory)/store/flowhook.yaml")
        let webhook = """
            name: Enrich Lead
            url: http://10.20.0.1:8080/
            request_token_encoding: JSON
            payload_template: '{"id": {{lead.Id}}}'
            response_type: JSON
            response_mappings: {Title: title}
            """
        Files.write(webhook, to: "\(directory)/store/webhooks/enrich.yaml")
    }

    private func startHost(_ number: Int) -> Child {
        Child(
            [
                "ip", "netns", "exec", host(number), Installation.program, "serve", "--store", "\(directory)/store",
                "--listen", "tcp:\(Self.addresses[number]):9000",
            ],
            output: "\(directory)/host-\(number).log"
        )
    }

    private func startNginx() throws {
        for file in ["several-hosts.conf", "flowhook.conf"] {
            Files.write(Files.read("\(Installation.root)/nginx/\(file)"), to: "\(directory)/\(file)")
        }
        let text = """
            user root; daemon off; worker_processes 2; pid \(directory)/nginx.pid;
            events { worker_connections 1024; }
            http {
                access_log off; client_body_temp_path \(directory)/b; fastcgi_temp_path \(directory)/f;
                proxy_temp_path \(directory)/p; scgi_temp_path \(directory)/s; uwsgi_temp_path \(directory)/u;
                include \(directory)/several-hosts.conf;
                # The client is known as 127.0.0.1, as far as a Unix socket has clients.
                set_real_ip_from unix:; real_ip_header X-Real-IP;
                server { listen unix:\(directory)/nginx.sock; include \(directory)/flowhook.conf; }
            }
            """
        Files.write(text, to: "\(directory)/nginx.conf")
        others.append(
            Child(
                [
                    "ip", "netns", "exec", front, "nginx", "-p", directory, "-c", "\(directory)/nginx.conf", "-e",
                    "\(directory)/nginx-error.log",
                ],
                output: "\(directory)/nginx.log"
            )
        )
        let isUp = Installation.waitUntil(seconds: 60) { [client, directory] in
            access("\(directory)/nginx.sock", F_OK) == 0 && client.get("/flow/healthz").status == 200
        }
        guard isUp else { throw Failure(command: "nginx", output: Files.read("\(directory)/nginx-error.log")) }
    }

    /// Ends a host's Flowhook; with `SIGKILL` at once, as when its machine fails.
    func end(_ number: Int, _ signal: Int32) -> Int32 {
        hosts[number].end(signal)
    }

    /// Starts a host's Flowhook again, under load, and waits until nginx has come back to it.
    ///
    /// - Returns: whether it has.
    func start(_ number: Int) -> Bool {
        let before = answered(number)
        hosts[number] = startHost(number)
        return Installation.waitUntil(seconds: 60) { answered(number) > before + 20 }
    }

    /// How many flow actions a host has answered.
    func answered(_ number: Int) -> Int { log(number).count { $0.contains(#""message":"flow action""#) } }

    private func log(_ number: Int) -> [Substring] {
        Files.read("\(directory)/host-\(number).log").split(separator: "\n")
    }

    /// The leads that calls were made for, one for each call.
    var leads: [Int] { Files.read("\(directory)/leads").split(separator: "\n").compactMap { Int($0) } }

    /// What nginx complained of, each complaint once, with how often.
    var errors: String {
        var counts: [String: Int] = [:]
        for line in Files.read("\(directory)/nginx-error.log").split(separator: "\n") {
            let text = line.drop { $0 != "*" }.drop { $0 != " " }
            counts[String(text.prefix { $0 != "," }), default: 0] += 1
        }
        return counts.map { "\($0.value) times:\($0.key)" }.sorted().joined(separator: "\n")
    }

    /// Ends everything, and removes the hosts and the files.
    func stop() {
        for child in others + hosts {
            child.end(SIGKILL)
            // The workers of nginx are in its group, and would outlive it.
            kill(-child.pid, SIGKILL)
        }
        for namespace in [front] + (0..<3).map(host) { _ = Child.run(["ip", "netns", "delete", namespace]) }
        _ = Child.run(["rm", "-rf", directory])
    }
}
