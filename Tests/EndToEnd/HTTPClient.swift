import Glibc

/// A blocking HTTP client: one request a connection.
struct HTTPClient {
    let port: Int
    /// The last byte of the address of loopback that requests come from, 127.0.0.x.
    var source: UInt32 = 1
    /// A Unix socket to connect to in place of the port.
    var socketPath: String?

    struct Response {
        var status: Int
        /// The lines of the head after the status line.
        var headers: [String]
        var body: String

        /// The value of a header, its name without regard to case.
        func header(_ name: String) -> String? {
            headers.first { $0.lowercased().hasPrefix("\(name.lowercased()): ") }.map {
                String($0.dropFirst(name.count + 2))
            }
        }
    }

    func post(_ path: String, _ body: String, headers: [String] = ["Content-Type: application/json"]) -> Response {
        finish(begin("POST", path, body, headers: headers))
    }

    func get(_ path: String) -> Response {
        finish(begin("GET", path, nil, headers: []))
    }

    /// Sends a request; the answer is left to ``finish(_:)``.
    func begin(_ method: String, _ path: String, _ body: String?, headers: [String]) -> Int32 {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: test\r\nConnection: close\r\n"
        for header in headers { text += "\(header)\r\n" }
        if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
        return send("\(text)\r\n\(body ?? "")")
    }

    /// Connects and sends text as it is; the answer is left to ``finish(_:)``.
    func send(_ text: String) -> Int32 {
        let descriptor = connected()
        let bytes = Array(text.utf8)
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { break }
            offset += count
        }
        return descriptor
    }

    /// A descriptor that is connected, or that nothing can be sent on.
    private func connected() -> Int32 {
        let family = socketPath == nil ? AF_INET : AF_UNIX
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var bound = timeval(tv_sec: 120, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &bound, socklen_t(MemoryLayout<timeval>.size))
        if let socketPath {
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socketPath.utf8) }
            _ = Self.with(&address) { connect(descriptor, $0, $1) }
        } else {
            var own = Self.loopback(source, port: 0)
            var server = Self.loopback(1, port: port)
            guard Self.with(&own, { bind(descriptor, $0, $1) }) == 0 else { return descriptor }
            _ = Self.with(&server) { connect(descriptor, $0, $1) }
        }
        return descriptor
    }

    private static func loopback(_ last: UInt32, port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = (0x7F00_0000 | last).bigEndian
        return address
    }

    private static func with<Address>(_ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32)
        -> Int32
    {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }

    /// Reads an answer to the end of its connection; status 0 where none came.
    func finish(_ descriptor: Int32) -> Response {
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n") else { return Response(status: 0, headers: [], body: "") }
        let lines = text[..<end.lowerBound].split(separator: "\r\n").map(String.init)
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return Response(status: status ?? 0, headers: Array(lines.dropFirst()), body: String(text[end.upperBound...]))
    }
}
