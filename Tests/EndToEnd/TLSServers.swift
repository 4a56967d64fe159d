import Glibc

/// Real TLS servers, each with a certificate or a protocol of its own, made by `openssl` and served by Python's ssl.
final class TLSServers {
    /// What a server is like.
    enum Kind: String, CaseIterable {
        /// A certificate of `ca.pem` for localhost.
        case good
        /// One that was valid until yesterday.
        case expired
        /// One for another name.
        case othername
        /// One that is its own authority.
        case selfsigned
        /// One of `other-ca.pem`.
        case stranger
        /// TLS 1.1 and nothing later.
        case tls11
        /// Asks for a client certificate of `ca.pem`, and answers with its name.
        case mutual
        /// The same with TLS 1.3, where the client has begun to send by the time that its certificate is refused.
        case mutual13
        /// Says that it closes the connection after its answer, and leaves that to the other side.
        case lingering
        /// Speaks no TLS at all.
        case plain
    }

    let directory: String
    private let server: Child
    private let ports: [String: String]

    /// Makes the certificates and starts the servers.
    init(_ name: String) {
        directory = "/tmp/flowhook-e2e-\(getpid())-\(name)"
        mkdir(directory, 0o755)
        let script = "\(directory)/make"
        Files.write(Self.make, to: script)
        let made = Child.run(["sh", "-e", script, directory])
        precondition(made.status == 0, made.output)
        let output = "\(directory)/ports"
        server = Child(["python3", "-c", Self.serve, directory] + Kind.allCases.map(\.rawValue), output: output)
        Installation.waitUntil { Files.read(output).contains("ready") }
        var ports: [String: String] = [:]
        for line in Files.read(output).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2 { ports[String(words[0])] = String(words[1]) }
        }
        self.ports = ports
    }

    deinit {
        server.end(SIGKILL)
        _ = Child.run(["rm", "-rf", directory])
    }

    func port(_ kind: Kind) -> String { ports[kind.rawValue] ?? "1" }

    private static let make = """
        cd "$1"
        key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
        for ca in ca other-ca; do
            key $ca; openssl req -x509 -key $ca.key -days 2 -out $ca.pem -subj "/CN=$ca of the test"
        done
        # leaf NAME AUTHORITY DAYS ALTERNATIVE
        leaf() {
            key "$1"; openssl req -new -key "$1.key" -out "$1.csr" -subj "/CN=$1"
            echo "subjectAltName=$4" > "$1.ext"
            openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days "$3" -extfile "$1.ext" -out "$1.pem"
        }
        leaf good ca 2 DNS:localhost
        # Made three days ago: OpenSSL 3.5 takes no negative number of days.
        (export LD_PRELOAD="$(ls /usr/lib/*/faketime/libfaketime.so.1)" FAKETIME=-3d; leaf expired ca 1 DNS:localhost)
        leaf othername ca 2 DNS:elsewhere.test
        leaf stranger other-ca 2 DNS:localhost
        leaf client-one ca 2 DNS:one.test
        leaf client-two ca 2 DNS:two.test
        leaf client-stranger other-ca 2 DNS:three.test
        key selfsigned
        openssl req -x509 -key selfsigned.key -days 2 -out selfsigned.pem -subj /CN=self -addext subjectAltName=DNS:localhost
        """

    private static let serve = """
        import http.server, ssl, sys, threading, time
        directory = sys.argv[1]
        class Service(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                peer = self.connection.getpeercert() if hasattr(self.connection, "getpeercert") else None
                name = peer["subject"][0][0][1] if peer else "CTO"
                body = ('{"title":"%s"}' % name).encode()
                self.send_response(200); self.send_header("Content-Length", str(len(body)))
                if self.server.kind == "lingering": self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)
                if self.server.kind == "lingering": time.sleep(120)
            def log_message(self, *arguments): pass
        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 100
            # The handshake belongs to the connection's own thread.
            def finish_request(self, request, address):
                try:
                    if self.context:
                        request = self.context.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
                        request.do_handshake()
                    self.RequestHandlerClass(request, address, self)
                # Closed with bytes that nobody has read, the socket would be reset, and the alert lost.
                except ssl.SSLError: time.sleep(2)
                except OSError: pass
        for kind in sys.argv[2:]:
            server = Server(("127.0.0.1", 0), Service)
            server.kind, server.context = kind, None
            if kind != "plain":
                name = kind if kind not in ("tls11", "mutual", "mutual13", "lingering") else "good"
                server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                if kind == "tls11":
                    server.context.set_ciphers("DEFAULT@SECLEVEL=0")
                    server.context.minimum_version = server.context.maximum_version = ssl.TLSVersion.TLSv1_1
                server.context.load_cert_chain(f"{directory}/{name}.pem", f"{directory}/{name}.key")
                if kind.startswith("mutual"):
                    if kind == "mutual": server.context.maximum_version = ssl.TLSVersion.TLSv1_2
                    else: server.context.minimum_version = ssl.TLSVersion.TLSv1_3
                    server.context.verify_mode = ssl.CERT_REQUIRED
                    server.context.load_verify_locations(f"{directory}/ca.pem")
            threading.Thread(target=server.serve_forever, daemon=True).start()
            print(kind, server.server_port, flush=True)
        print("ready", flush=True)
        threading.Event().wait()
        """
}
