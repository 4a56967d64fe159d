import FlowAction
import Gateway
import TestSupport
import Testing

/// A loop with its caller, and requests to a server on loopback.
final class Bench {
    let loop: EventLoop
    let caller: Caller
    var settings = Settings()

    init(resolver: Resolver = Resolver(), circuits: Circuits = Circuits(), turns: Turns = Turns()) throws {
        loop = try EventLoop(name: "calls")
        loop.start()
        caller = Caller(loop: loop, resolver: resolver, circuits: circuits, turns: turns)
        settings.allowNetworks = [try #require(NetworkBlock("127.0.0.0/8"))]
    }

    deinit { loop.stop() }

    func request(
        _ server: RawServer,
        _ method: RequestType = .post,
        path: String = "/p",
        host: String = "127.0.0.1",
        headers: [(String, String)] = [("Accept", "application/json"), ("User-Agent", "flowhook/test")],
        body: String? = nil,
        timeout: Duration = .seconds(10),
        policy: CallPolicy? = nil,
        webhook: String = "w",
        customHeaderCount: Int = 0
    ) -> OutgoingRequest {
        OutgoingRequest(
            method: method,
            url: "http://\(host):\(server.port)\(path)",
            host: host,
            port: server.port,
            isSecure: false,
            headers: headers.map { .init(name: $0.0, value: $0.1) },
            body: body.map { Array($0.utf8) },
            policy: policy ?? CallPolicy(timeout: timeout),
            webhook: webhook,
            customHeaderCount: customHeaderCount
        )
    }

    func send(_ request: OutgoingRequest) -> CallResult {
        let (caller, settings) = (caller, CallSettings(settings))
        return loop.wait { await caller.send(request, settings: settings) }
    }

    /// Makes calls at the same moment; the results in the order in which they came.
    func send(_ requests: [OutgoingRequest]) -> [CallResult] {
        let (caller, settings) = (caller, CallSettings(settings))
        return loop.wait {
            await withTaskGroup(of: CallResult.self) { group in
                for request in requests { group.addTask { await caller.send(request, settings: settings) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
        }
    }

    func failure(_ request: OutgoingRequest) -> CallFailure? {
        if case .failure(let failure) = send(request).outcome { failure } else { nil }
    }
}

let ok = RawServer.Step.text("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")

/// An answer that says that its connection ends with it.
let lastOK = RawServer.Step.text("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")

/// An answer of a status, with headers of its own and no body.
func status(_ status: Int, _ headers: String...) -> RawServer.Step {
    .text("HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\(headers.map { "\($0)\r\n" }.joined())\r\n")
}

extension CallResult {
    /// The status, 0 where no answer came.
    var status: Int { (try? outcome.get().status) ?? 0 }

    /// Why no answer came.
    var failure: CallFailure? {
        if case .failure(let failure) = outcome { failure } else { nil }
    }
}
