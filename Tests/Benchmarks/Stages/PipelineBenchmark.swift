import FlowAction
import Gateway
import Glibc
import JSON
import Store

extension Benchmark {
    /// The demo's store.
    private static let demoSnapshot: Snapshot = {
        let loader = StoreLoader(directory: "\(root)/nginx/demo-store", options: LoadOptions())
        guard let snapshot = loader.load(at: .now).snapshot else { preconditionFailure("the demo's store is broken") }
        return snapshot
    }()

    private static let root = #filePath.split(separator: "/").dropLast(4).reduce(into: "") { $0 += "/\($1)" }

    /// What a caller costs who sends all that is known of a lead, whatever the webhook needs of it.
    static let wholeLead = Benchmark(name: "whole-lead") {
        let snapshot = demoSnapshot
        let names = snapshot.leadFields.fields.map(\.displayName)
        let lead = names.map { JSONObject.Member(name: $0, value: .string("The value of \($0)")) }
        let body = JSONValue.object(
            JSONObject([
                JSONObject.Member(name: "webhook", value: .string("Enrich Lead")),
                JSONObject.Member(name: "lead", value: .object(JSONObject(lead))),
            ])
        )
        .serialized
        guard let request = try? FlowActionRequest(decoding: body) else { preconditionFailure("no request") }
        measure("decode: \(names.count) fields, \(body.count) bytes") { _ = try? FlowActionRequest(decoding: body) }
        measure("resolve: open the scope of their tokens") {
            _ = try? TokenScope(request: request, snapshot: snapshot, folder: 0, instant: .now)
        }
    }

    /// The stages of a flow action, each by itself and all together, on the demo's first request and its store.
    static let pipeline = Benchmark(name: "pipeline") {
        let body = file("\(root)/nginx/demo-requests/enrich-lead.json")
        let snapshot = demoSnapshot
        guard let request = try? FlowActionRequest(decoding: body),
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
