import Gateway
import Glibc

/// A client that speaks raw FastCGI over a Unix socket, well or badly.
package final class FastCGIClient: Sendable {
    private let descriptor: Int32

    /// Connects; reads and writes wait for a minute at most.
    ///
    /// - Parameter path: the socket.
    package init(path: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0 else {
            let error = SystemError("connect")
            close(descriptor)
            throw error
        }
        var bound = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &bound, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &bound, socklen_t(MemoryLayout<timeval>.size))
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Sends all of some bytes, or as many as the peer takes before it closes.
    package func send(_ bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            offset += count
        }
    }

    private func read(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var offset = 0
        while offset < count {
            let got = bytes[offset...].withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            guard got > 0 else { return nil }
            offset += got
        }
        return bytes
    }

    /// The STDOUT content up to END_REQUEST; `nil` where the connection ends before.
    package func answer() -> [UInt8]? {
        var content: [UInt8] = []
        while let header = read(8) {
            let length = Int(header[4]) << 8 | Int(header[5])
            guard let bytes = read(length + Int(header[6])) else { return nil }
            if header[1] == 3 { return content }
            if header[1] == 6 { content += bytes[..<length] }
        }
        return nil
    }

    /// The answer as text.
    package func text() -> String? { answer().map { String(decoding: $0, as: UTF8.self) } }

    /// Whether the peer has closed the connection; waits for it, or for a byte.
    package func isAtEnd() -> Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, 0)
        return count == 0 || count < 0 && errno == ECONNRESET
    }

    /// Whether the peer has closed the connection, and said before that nothing follows: bytes behind the last answer,
    /// which a web server that keeps connections takes for a reason not to keep this one.
    package func isAtFarewell() -> Bool {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_WAITALL))
        return count == 16 && bytes[..<2] == [1, 11] && isAtEnd()
    }

    /// Whether the peer has closed the connection by now.
    package var isClosed: Bool {
        var descriptor = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&descriptor, 1, 0) == 1
    }

    /// Writes no more, and still reads.
    package func endWriting() { shutdown(descriptor, Int32(SHUT_WR)) }
}
