import Glibc
import TestSupport

/// A web server in front of Flowhook, with the sample configuration that ships for it and no more than it needs beside.
final class WebServer {
    /// A web server, and the way it talks to Flowhook.
    enum Kind: String, CaseIterable {
        case nginxUnix
        case nginxTCP
        case nginxFcgiwrap
        case apacheFastCGI
        case apacheCGI
        case lighttpdFastCGI
        case lighttpdCGI
        case caddy
    }

    let client: HTTPClient
    private let directory: String
    private let children: [Child]

    /// Starts a web server, and Flowhook where the server does not start it itself; waits until it answers.
    init(_ kind: Kind, store: String) {
        let directory = "/tmp/flowhook-ws-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        self.directory = directory
        Files.write("", to: "\(directory)/www/index.html")
        // Apache does not serve as root: what it runs as is to reach the socket and the program.
        let isRootsApache = getuid() == 0 && (kind == .apacheFastCGI || kind == .apacheCGI)
        var program = Installation.program
        if isRootsApache && kind == .apacheCGI {
            program = "\(directory)/flowhook"
            _ = Child.run(["cp", Installation.program, program])
        }
        var address = "unix:\(directory)/flowhook.sock"
        var children: [Child] = []
        switch kind {
        case .nginxTCP:
            address = "tcp:127.0.0.1:\(Self.freePort())"
            fallthrough
        case .nginxUnix, .apacheFastCGI, .caddy:
            children.append(
                Child(
                    [Installation.program, "serve", "--store", store, "--listen", address],
                    output: "\(directory)/flowhook.log"
                )
            )
        case .nginxFcgiwrap:
            children.append(Child(["fcgiwrap", "-c", "2", "-f", "-s", address], output: "\(directory)/flowhook.log"))
        case .apacheCGI, .lighttpdFastCGI, .lighttpdCGI: break
        }
        /// A file of `nginx/`, its paths changed to those of the test and nothing else.
        func sample(_ name: String) -> String {
            let server = address.hasPrefix("tcp:") ? String(address.dropFirst(4)) : address
            return Files.read("\(Installation.root)/nginx/\(name)")
                .replacing("unix:/run/flowhook/flowhook.sock", with: server)
                .replacing("/run/flowhook/flowhook.sock", with: "\(directory)/flowhook.sock")
                .replacing("/run/lighttpd/flowhook.sock", with: "\(directory)/flowhook.sock")
                .replacing("/run/fcgiwrap.socket", with: "\(directory)/flowhook.sock")
                .replacing("/usr/bin/flowhook", with: program)
                .replacing("/etc/flowhook", with: store)
        }
        if isRootsApache && kind == .apacheFastCGI {
            // What SocketGroup=www-data does where systemd makes the socket.
            Installation.waitUntil { access("\(directory)/flowhook.sock", F_OK) == 0 }
            chmod("\(directory)/flowhook.sock", 0o666)
        }
        for _ in 0..<5 {
            let port = Self.freePort()
            let server = Self.start(kind, port: port, directory: directory, sample: sample)
            let client = HTTPClient(port: port)
            if Installation.waitUntil(seconds: 20, { client.get("/flow/healthz").status == 200 }) {
                self.client = client
                self.children = [server] + children
                return
            }
            server.end(SIGKILL)
        }
        preconditionFailure("\(kind) did not come up: \(Files.read("\(directory)/server.log"))")
    }

    private static func start(_ kind: Kind, port: Int, directory: String, sample: (String) -> String) -> Child {
        let root = getuid() == 0
        let command: [String]
        switch kind {
        case .nginxUnix, .nginxTCP, .nginxFcgiwrap:
            let isCGI = kind == .nginxFcgiwrap
            Files.write(isCGI ? "" : sample("flowhook-upstream.conf"), to: "\(directory)/flowhook-upstream.conf")
            Files.write(
                sample(isCGI ? "other-servers/nginx-fcgiwrap.conf" : "flowhook.conf"),
                to: "\(directory)/flowhook.conf"
            )
            if isCGI { Files.write(Files.read("/etc/nginx/fastcgi_params"), to: "\(directory)/fastcgi_params") }
            let text = """
                \(root ? "user root;" : "") daemon off; pid \(directory)/nginx.pid; error_log \(directory)/server.log;
                events { worker_connections 512; }
                http {
                    access_log off; client_body_temp_path \(directory)/b; fastcgi_temp_path \(directory)/f;
                    proxy_temp_path \(directory)/p; scgi_temp_path \(directory)/s; uwsgi_temp_path \(directory)/u;
                    include \(directory)/flowhook-upstream.conf;
                    server { listen 127.0.0.1:\(port); include \(directory)/flowhook.conf; }
                }
                """
            Files.write(text, to: "\(directory)/server.conf")
            command = ["nginx", "-p", directory, "-c", "\(directory)/server.conf", "-e", "\(directory)/server.log"]
        case .apacheFastCGI, .apacheCGI:
            let isCGI = kind == .apacheCGI
            Files.write(
                sample("other-servers/\(isCGI ? "apache-cgi" : "apache-fastcgi").conf"),
                to: "\(directory)/flowhook.conf"
            )
            let modules =
                ["mpm_event", "authz_core", "authz_host"]
                + (isCGI ? ["cgid", "alias", "env"] : ["proxy", "proxy_fcgi"])
            let loads = modules.map { "LoadModule \($0)_module /usr/lib/apache2/modules/mod_\($0).so" }
            let text = """
                Mutex file:\(directory)
                ServerRoot \(directory)
                ServerName test
                Listen 127.0.0.1:\(port)
                PidFile \(directory)/apache.pid
                ErrorLog \(directory)/server.log
                DefaultRuntimeDir \(directory)
                User \(root ? "www-data" : "#\(getuid())")
                Group \(root ? "www-data" : "#\(getgid())")
                \(loads.joined(separator: "\n"))
                \(isCGI ? "ScriptSock \(directory)/cgid.sock" : "")
                DocumentRoot \(directory)/www
                <Directory />
                    Require all denied
                </Directory>
                <VirtualHost *:\(port)>
                    Include \(directory)/flowhook.conf
                </VirtualHost>
                """
            Files.write(text, to: "\(directory)/server.conf")
            command = ["apache2", "-DFOREGROUND", "-f", "\(directory)/server.conf"]
        case .lighttpdFastCGI, .lighttpdCGI:
            let name = kind == .lighttpdCGI ? "lighttpd-cgi" : "lighttpd-fastcgi"
            Files.write(sample("other-servers/\(name).conf"), to: "\(directory)/flowhook.conf")
            let text = """
                server.port = \(port)
                server.bind = "127.0.0.1"
                server.document-root = "\(directory)/www"
                server.errorlog = "\(directory)/server.log"
                include "\(directory)/flowhook.conf"
                """
            Files.write(text, to: "\(directory)/server.conf")
            command = ["lighttpd", "-D", "-f", "\(directory)/server.conf"]
        case .caddy:
            Files.write(sample("other-servers/flowhook.caddy"), to: "\(directory)/flowhook.caddy")
            let text = """
                {
                    admin off
                    auto_https off
                    storage file_system \(directory)/caddy
                }
                http://127.0.0.1:\(port), http://test:\(port) {
                    bind 127.0.0.1
                    import \(directory)/flowhook.caddy
                }
                """
            Files.write(text, to: "\(directory)/server.conf")
            command = ["caddy", "run", "--adapter", "caddyfile", "--config", "\(directory)/server.conf"]
        }
        return Child(
            command,
            environment: ["HOME": directory, "XDG_CONFIG_HOME": directory, "XDG_DATA_HOME": directory],
            output: "\(directory)/server.log",
            directory: directory
        )
    }

    private static func freePort() -> Int {
        let server = RawServer { _, _ in [] }
        server.stop()
        return server.port
    }

    /// Ends everything and removes the files.
    func stop() {
        for child in children {
            child.end(seconds: 10)
            // What a server leaves behind of its group ends with it.
            kill(-child.pid, SIGKILL)
        }
        _ = Child.run(["rm", "-rf", directory])
    }
}
