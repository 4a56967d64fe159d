import Glibc
import TestSupport
import Testing

/// Flowhook as a user installs it: a store on disk, the real program, real nginx in front with the files that ship.
final class Installation: @unchecked Sendable {
    // Safe: each test that ends or changes an installation has one of its own.
    let directory: String
    let client: HTTPClient
    private(set) var flowhook: Child
    private(set) var nginx: Child
    private let isCGI: Bool

    /// The project's folder.
    static let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()

    /// The program, beside the tests' own.
    static let program: String = {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let path = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/flowhook"
    }()

    /// How Flowhook gets its socket.
    enum Start: Sendable {
        case listen
        case spawnFCGI
        case systemd
        case fcgiwrap
        /// By a program that becomes Flowhook, with arguments of its own before Flowhook's.
        case launched(by: [String], environment: [String: String] = [:])
        /// By a supervisor that holds the socket, as systemd does, and starts Flowhook again whenever it ends.
        ///
        /// The pid of the present one stands in the file `pid`.
        case supervised
        /// A program in Python, made for the directory, that holds the socket itself.
        case held(@Sendable (_ directory: String) -> String)

        /// In a user namespace of its own, where inotify has no watches to give.
        static let withoutWatches = Start.launched(by: [
            "unshare", "-Ur", "sh", "-c", "echo 3 > /proc/sys/user/max_inotify_watches; exec \"$@\"", "sh",
        ])
    }

    /// Writes a store, starts everything and waits until it answers.
    ///
    /// - Parameters:
    ///   - store: the files by their path.
    ///   - keepsConnections: `fastcgi_keep_conn`.
    ///   - server: more of nginx's configuration, for its `server { }`.
    init(store: [String: String], start: Start = .listen, keepsConnections: Bool = true, server: String = "") {
        directory = "/tmp/flowhook-e2e-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        for (path, text) in store { Files.write(text, to: "\(directory)/store/\(path)") }
        if case .fcgiwrap = start { isCGI = true } else { isCGI = false }
        flowhook = Self.start(start, directory)
        var upstream = Files.read("\(Self.root)/nginx/flowhook-upstream.conf")
            .replacing("unix:/run/flowhook/flowhook.sock", with: "unix:\(directory)/flowhook.sock")
        let file = isCGI ? "other-servers/nginx-fcgiwrap.conf" : "flowhook.conf"
        var locations = Files.read("\(Self.root)/nginx/\(file)")
        if isCGI {
            locations = locations.replacing("/usr/bin/flowhook", with: Self.program)
                .replacing("/etc/flowhook", with: "\(directory)/store")
                .replacing("/run/fcgiwrap.socket", with: "\(directory)/flowhook.sock")
        } else if !keepsConnections {
            upstream = upstream.replacing("keepalive 512;", with: "")
            locations = locations.replacing("fastcgi_keep_conn on;", with: "fastcgi_keep_conn off;")
        }
        Files.write(upstream, to: "\(directory)/flowhook-upstream.conf")
        Files.write(locations, to: "\(directory)/flowhook.conf")
        if isCGI { Files.write(Files.read("/etc/nginx/fastcgi_params"), to: "\(directory)/fastcgi_params") }
        (nginx, client) = Self.startNginx(directory, server)
    }

    private static func start(_ start: Start, _ directory: String) -> Child {
        let socket = "\(directory)/flowhook.sock"
        let output = "\(directory)/flowhook.log"
        let store = "\(directory)/store"
        let child: Child
        switch start {
        case .listen:
            child = Child([program, "serve", "--store", store, "--listen", "unix:\(socket)"], output: output)
        case .spawnFCGI:
            child = Child(
                [
                    "spawn-fcgi", "-n", "-s", socket, "-M", "0660", "-b", "4096", "--", program, "serve", "--store",
                    store,
                ],
                output: output
            )
        case .systemd:
            // What systemd does: the socket as descriptor 3, the process's own id in LISTEN_PID.
            let launcher = """
                import os, socket
                s = socket.socket(socket.AF_UNIX); s.bind("\(socket)"); s.listen(4096); os.dup2(s.fileno(), 3); os.set_inheritable(3, True)
                os.execve("\(program)", ["flowhook"], dict(os.environ, LISTEN_FDS="1", LISTEN_PID=str(os.getpid())))
                """
            child = Child(["python3", "-c", launcher], environment: ["FLOWHOOK_STORE": store], output: output)
        case .launched(let launcher, let environment):
            child = Child(
                launcher + [program, "serve", "--store", store, "--listen", "unix:\(socket)"],
                environment: environment,
                output: output,
                directory: directory
            )
        case .supervised:
            let supervisor = """
                import os, signal, socket
                s = socket.socket(socket.AF_UNIX); s.bind("\(socket)"); s.listen(4096); s.setblocking(False)
                ended = False
                def end(*_):
                    global ended
                    ended = True
                    os.kill(pid, signal.SIGTERM)
                signal.signal(signal.SIGTERM, end)
                while not ended:
                    pid = os.fork()
                    if pid == 0:
                        os.dup2(s.fileno(), 3); os.set_inheritable(3, True)
                        os.execve("\(program)", ["flowhook"], dict(os.environ, LISTEN_FDS="1", LISTEN_PID=str(os.getpid())))
                    open("\(directory)/new-pid", "w").write(str(pid))
                    os.rename("\(directory)/new-pid", "\(directory)/pid")
                    status = os.waitpid(pid, 0)[1]
                os._exit(os.waitstatus_to_exitcode(status))
                """
            child = Child(["python3", "-c", supervisor], environment: ["FLOWHOOK_STORE": store], output: output)
        case .fcgiwrap:
            child = Child(["fcgiwrap", "-c", "4", "-f", "-s", "unix:\(socket)"], output: output)
        case .held(let holder):
            child = Child(["python3", "-c", holder(directory)], output: output)
        }
        waitUntil { access(socket, F_OK) == 0 }
        return child
    }

    private static func startNginx(_ directory: String, _ server: String) -> (Child, HTTPClient) {
        for _ in 0..<5 {
            let port = freePort()
            let configuration = """
                \(getuid() == 0 ? "user root;" : "") daemon off; worker_processes 2; worker_rlimit_nofile 10000;
                pid \(directory)/nginx.pid; error_log \(directory)/nginx-error.log warn;
                events { worker_connections 4096; }
                http {
                    access_log off; client_body_temp_path \(directory)/b; fastcgi_temp_path \(directory)/f;
                    proxy_temp_path \(directory)/p; scgi_temp_path \(directory)/s; uwsgi_temp_path \(directory)/u;
                    include \(directory)/flowhook-upstream.conf;
                    server { listen 127.0.0.1:\(port) backlog=4096; \(server) include \(directory)/flowhook.conf; }
                }
                """
            Files.write(configuration, to: "\(directory)/nginx.conf")
            let nginx = nginx(directory)
            let client = HTTPClient(port: port)
            if waitUntil(seconds: 10, { client.get("/flow/healthz").status == 200 }) { return (nginx, client) }
            kill(-nginx.pid, SIGKILL)
            _ = nginx.wait()
        }
        preconditionFailure(
            "nginx or Flowhook did not come up: \(Files.read("\(directory)/nginx-error.log")) \(Files.read("\(directory)/flowhook.log"))"
        )
    }

    private static func nginx(_ directory: String) -> Child {
        Child(
            ["nginx", "-p", directory, "-c", "\(directory)/nginx.conf", "-e", "\(directory)/nginx-error.log"],
            output: "\(directory)/nginx.log"
        )
    }

    /// Kills nginx with all its workers, and starts it again.
    func restartNginx() {
        kill(-nginx.pid, SIGKILL)
        _ = nginx.wait()
        nginx = Self.nginx(directory)
    }

    /// A port of loopback that nobody listens on.
    static func freePort() -> Int {
        let server = RawServer { _, _ in [] }
        server.stop()
        return server.port
    }

    /// Waits for something to come true, which is looked at once at least.
    @discardableResult
    static func waitUntil(seconds: Int = 20, _ condition: () -> Bool) -> Bool {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while !condition() {
            guard ContinuousClock.now < deadline else { return false }
            usleep(10_000)
        }
        return true
    }

    /// What Flowhook has logged; its last lines may still wait to be written.
    var log: String { Files.read("\(directory)/flowhook.log") }

    /// Ends Flowhook and gives all that it has logged: only then is what is not there absent.
    func finalLog() -> String {
        #expect(flowhook.end() == 0)
        return log
    }

    /// The metrics' samples by everything before their value.
    var metrics: [String: Double] {
        var samples: [String: Double] = [:]
        for line in client.get("/flow/metrics").body.split(separator: "\n") where !line.hasPrefix("#") {
            guard let blank = line.lastIndex(of: " ") else { continue }
            samples[String(line[..<blank])] = Double(line[line.index(after: blank)...])
        }
        return samples
    }

    /// Asks for a flow action.
    func call(_ request: String) -> HTTPClient.Response {
        client.post("/flow/call-webhook", request)
    }

    /// Ends everything and removes the files.
    func stop() {
        nginx.end(SIGQUIT)
        // fcgiwrap, which stands in Flowhook's place for CGI, takes its time over SIGTERM.
        flowhook.end(seconds: isCGI ? 0 : 60)
        // What it started is in its group.
        kill(-flowhook.pid, SIGKILL)
        _ = Child.run(["rm", "-rf", directory])
    }
}
