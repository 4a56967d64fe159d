internal import CLinux
import Gateway
import Glibc

/// A server on a free port of loopback that records the raw bytes of requests and answers each by a script.
package final class RawServer: @unchecked Sendable {
    /// One step of an answer.
    package enum Step: Sendable {
        /// Sends bytes.
        case send([UInt8])
        /// Waits before the next step.
        case wait(milliseconds: UInt32)
        /// Sends nothing until the peer goes.
        case waitForEver
        /// Closes the connection.
        case close
        /// Resets the connection.
        case reset

        /// Sends text.
        package static func text(_ text: String) -> Step { .send(Array(text.utf8)) }
    }

    /// The port.
    package let port: Int
    private let descriptor: Int32
    private let requests = Locked<[String]>([])
    private let connectionCount = Locked(0)
    private let openCount = Locked(0)
    private let listens = Locked(true)
    private let greeting: [UInt8]
    private let script: @Sendable (_ request: String, _ number: Int) -> [Step]

    /// Starts a server; `script` gives the steps of an answer to a request, which is counted from 1.
    ///
    /// - Parameters:
    ///   - host: the address, of IPv4.
    ///   - port: 0: a free one.
    ///   - greeting: what it sends to who connects, before it has read anything.
    package init(
        host: UInt32 = 0x7F00_0001,
        port wanted: Int = 0,
        greeting: String = "",
        _ script: @escaping @Sendable (_ request: String, _ number: Int) -> [Step]
    ) {
        self.script = script
        self.greeting = Array(greeting.utf8)
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var isReused: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isReused, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(wanted).bigEndian
        address.sin_addr.s_addr = host.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = bind(descriptor, pointer, length)
                _ = listen(descriptor, 4096)
                _ = getsockname(descriptor, pointer, &length)
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
        startThread { [self] in accept() }
    }

    /// The requests so far, as they came.
    package var received: [String] { requests.withLock { $0 } }

    /// Whether it listens.
    package var isListening: Bool { listens.withLock { $0 } }

    /// How many connections were made.
    package var connections: Int { connectionCount.withLock { $0 } }

    /// How many of them are open.
    package var openConnections: Int { openCount.withLock { $0 } }

    /// Listens no more.
    package func stop() {
        // The accepting thread closes the descriptor: closed here, its number could be another server's by then.
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private func accept() {
        defer {
            close(descriptor)
            listens.withLock { $0 = false }
        }
        while true {
            // A program that another test starts must not hold it open.
            let connection = accept4(descriptor, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
            guard connection >= 0 else { return }
            connectionCount.withLock { $0 += 1 }
            openCount.withLock { $0 += 1 }
            startThread { [self] in
                serve(connection)
                close(connection)
                openCount.withLock { $0 -= 1 }
            }
        }
    }

    private func serve(_ connection: Int32) {
        guard greeting.isEmpty || Self.send(greeting, connection) else { return }
        var buffer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            while Self.requestLength(buffer) == nil {
                let count = recv(connection, &piece, piece.count, 0)
                guard count > 0 else { return }
                buffer.append(contentsOf: piece[..<count])
            }
            let length = Self.requestLength(buffer) ?? 0
            let request = String(decoding: buffer[..<length], as: UTF8.self)
            buffer.removeFirst(length)
            let number = requests.withLock { requests in
                requests.append(request)
                return requests.count
            }
            for step in script(request, number) {
                switch step {
                case .send(let bytes):
                    guard Self.send(bytes, connection) else { return }
                case .wait(let milliseconds): usleep(milliseconds * 1_000)
                case .waitForEver:
                    _ = recv(connection, &piece, piece.count, 0)
                    return
                case .close: return
                case .reset:
                    var linger = linger(l_onoff: 1, l_linger: 0)
                    setsockopt(
                        connection,
                        SOL_SOCKET,
                        SO_LINGER,
                        &linger,
                        socklen_t(MemoryLayout.size(ofValue: linger))
                    )
                    return
                }
            }
        }
    }

    private static func send(_ bytes: [UInt8], _ connection: Int32) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            offset += count
        }
        return true
    }

    /// The length of a whole request at the start of some bytes.
    private static func requestLength(_ bytes: [UInt8]) -> Int? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
        let head = text[..<end.lowerBound].lowercased()
        var body = 0
        if let field = head.firstRange(of: "content-length: ") {
            body = Int(head[field.upperBound...].prefix { $0.isNumber }) ?? 0
        }
        let whole = text[..<end.upperBound].utf8.count + body
        return bytes.count >= whole ? whole : nil
    }
}
