import FlowAction
import Gateway
import Glibc
import Store

extension Benchmark {
    /// The stages of a flow action, each by itself and all together, on the demo's first request and its store.
    static let pipeline = Benchmark(name: "pipeline") {
        let root = #filePath.split(separator: "/").dropLast(4).reduce(into: "") { $0 += "/\($1)" }
        let body = file("\(root)/nginx/demo-requests/enrich-lead.json")
        let loaded = StoreLoader(directory: "\(root)/nginx/demo-store", options: LoadOptions()).load(at: .now)
        guard let snapshot = loaded.snapshot, let request = try? FlowActionRequest(decoding: body),
            let webhook = snapshot.webhooks[request.webhook.lowercased()],
            case .folder(let folder)? = request.program.map({ snapshot.tree.folder(for: $0.text) }),
            let scope = try? TokenScope(request: request, snapshot: snapshot, folder: folder, instant: .now)
        else { preconditionFailure("the demo's store does not serve the demo's request") }
        let renderer = Renderer(maximumPayloadBytes: snapshot.settings.maxPayloadBytes)

        measure("decode: \(body.count) bytes") { _ = try? FlowActionRequest(decoding: body) }
        measure("resolve: open the scope of the tokens") {
            _ = try? TokenScope(request: request, snapshot: snapshot, folder: folder, instant: .now)
        }
        measure("resolve and render: 7 tokens") { _ = try? renderer.render(webhook, resolve: scope.resolve) }
        measureAll(snapshot, body)
    }

    /// Everything but the sockets: decode, resolve, render, map and encode, on an event loop like a real request.
    private static func measureAll(_ snapshot: Snapshot, _ body: [UInt8]) {
        let pipeline = Pipeline(snapshot: snapshot)
        let answer = ServiceAnswer(
            status: 200,
            reasonPhrase: "OK",
            contentType: "application/json",
            body: Array(#"{"company": {"employees": 250}, "person": {"title": "CTO"}, "scores": []}"#.utf8)
        )
        guard let loop = try? EventLoop(name: "stages") else { preconditionFailure("no event loop") }
        loop.start()
        defer { loop.stop() }
        let rounds = 100
        let microseconds = measured {
            loop.wait {
                for _ in 0..<rounds {
                    let result = CallResult(outcome: .success(answer), timing: CallTiming())
                    let answer = try? await pipeline.callWebhook(body, Pipeline.Context()) { _ in result }
                    precondition(answer?.outcome == .updated, "the demo's request is not served")
                    _ = answer?.serialized
                }
            }
        }
        report("all stages but the sockets", "\(rounded(microseconds / Double(rounds))) µs of CPU")
    }

    private static func file(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { preconditionFailure("\(path) cannot be read") }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes[..<count])
    }
}
