import Gateway
import Glibc
import TestSupport

/// A server on a Unix socket that answers with the body it got.
final class EchoServer: @unchecked Sendable {
    let loops: [EventLoop]
    let socket: ListeningSocket
    let server: FastCGIServer
    let path: String
    /// Why connections ended without an answer.
    let ended = Locked<[ConnectionEnd]>([])

    init(
        loops count: Int = 2,
        maximumBodyBytes: Int = 1 << 20,
        respond: @escaping Responder = { request, _ in EchoServer.echo(request) },
        adjust: (inout FastCGIServer.Options) -> Void = { _ in }
    ) throws {
        path = "/tmp/flowhook-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sock"
        socket = try ListeningSocket("unix:\(path)")
        loops = try (0..<count).map { try EventLoop(name: "loop \($0)") }
        for loop in loops { loop.start() }
        var options = FastCGIServer.Options(respond: respond, maximumBodyBytes: { maximumBodyBytes })
        options.idleNanoseconds = 1_000_000_000
        options.ended = { [ended] end, _ in ended.withLock { $0.append(end) } }
        adjust(&options)
        server = try FastCGIServer(listener: socket, loops: loops, options: options)
        server.start()
    }

    deinit { unlink(path) }

    static func echo(_ request: WebRequest) -> WebAnswer {
        WebAnswer(
            status: request.isBodyTooLarge ? 413 : request.isBodyTruncated ? 400 : 200,
            headers: [("X-Uri", request[.uri] ?? ""), ("X-Bytes", "\(request.body.count)")],
            body: request.body
        )
    }

    func stop() -> Bool {
        let isDrained = server.drain(seconds: 20)
        socket.removeFile()
        for loop in loops { loop.stop() }
        return isDrained
    }

    func connect() throws -> FastCGIClient {
        try FastCGIClient(path: path)
    }

    /// Waits until the server has so many connections.
    func waitForConnections(_ count: Int) -> Bool {
        for _ in 0..<30_000 where server.connections != count { usleep(1_000) }
        return server.connections == count
    }
}
