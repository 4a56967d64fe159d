import FlowAction
import Testing

/// W3C Trace Context, sections 3.2, 3.3 and 4.3.
@Suite struct TraceContextTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let parent = "b7ad6b7169203331"
    private let new = "00f067aa0ba902b7"

    private func read(_ traceParent: String, state: String? = nil) -> TraceContext? {
        TraceContext(traceParent: traceParent, traceState: state, parentID: new)
    }

    /// What the call is told; the request is any.
    private func headers(_ context: TraceContext?, custom: [OutgoingRequest.HeaderField] = []) -> [String] {
        var request = OutgoingRequest(
            method: .get,
            url: "http://127.0.0.1/",
            host: "127.0.0.1",
            port: 80,
            isSecure: false,
            headers: custom,
            body: nil,
            policy: CallPolicy()
        )
        request.join(context)
        return request.headers.map { "\($0.name): \($0.value)" }
    }

    @Test(arguments: [
        ("00-\(trace)-\(parent)-01", "01"),
        ("00-\(trace)-\(parent)-00", "00"),
        // The random flag (level 2) stays with its trace id; flags that nobody knows do not.
        ("00-\(trace)-\(parent)-03", "03"),
        ("00-\(trace)-\(parent)-ff", "03"),
        // A later version counts as far as its first fields go.
        ("01-\(trace)-\(parent)-01", "01"),
        ("fe-\(trace)-\(parent)-01-what-comes-then", "01"),
    ])
    func passesOnWithANewParent(traceParent: String, flags: String) throws {
        let context = try #require(read(traceParent))
        #expect(context.traceID == Self.trace)
        #expect(headers(context) == ["traceparent: 00-\(Self.trace)-\(new)-\(flags)"])
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-\(parent)", "00-\(trace)-\(parent)-1", "00-\(trace)-\(parent)-0g",
        // Version 00 has these four fields, and ff is none.
        "00-\(trace)-\(parent)-01-more", "00-\(trace)-\(parent)-01-", "ff-\(trace)-\(parent)-01",
        "01-\(trace)-\(parent)-01.more", "0-\(trace)-\(parent)-01",
        // Ids of zeros, and ids that are none.
        "00-00000000000000000000000000000000-\(parent)-01", "00-\(trace)-0000000000000000-01",
        "00-\(trace.uppercased())-\(parent)-01", "00-\(trace)-\(parent.uppercased())-01", "0A-\(trace)-\(parent)-01",
        "00_\(trace)_\(parent)_01", " 00-\(trace)-\(parent)-01", "00-\(trace)-\(parent)-01 ",
        "00-\(trace)-\(parent)-01\n", "00-\(trace.dropLast())-\(parent)x-01",
        "00-ｅaf7651916cd43dd8448eb211c8031-\(parent)-01",
    ])
    func takesNothingElse(traceParent: String) {
        #expect(read(traceParent) == nil)
    }

    @Test(arguments: [
        "congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "a=1, \t b=2 ,", "fw529a3039@dt=FfAE;0|a b",
        "1a-_*/=x",
    ])
    func passesOnTheState(state: String) throws {
        let context = try #require(read("00-\(Self.trace)-\(Self.parent)-01", state: state))
        #expect(headers(context).last == "tracestate: \(state)")
    }

    /// A state that is none is left out, and the parent goes on (section 4.3).
    @Test(arguments: [
        "", ",", "congo", "=x", "a=", "Congo=x", "a=1,a=2", "a=b=c", "a=\u{7}", "a=ü",
        (0..<33).map { "k\($0)=v" }.joined(separator: ","), "a=\(String(repeating: "v", count: 257))",
    ])
    func leavesAMalformedStateOut(state: String) throws {
        let context = try #require(read("00-\(Self.trace)-\(Self.parent)-01", state: state))
        #expect(headers(context).count == 1)
    }

    @Test func leavesAWebhooksOwnHeadersAlone() {
        let context = read("00-\(Self.trace)-\(Self.parent)-01", state: "a=1")
        #expect(
            headers(context, custom: [.init(name: "TraceParent", value: "mine")]) == ["TraceParent: mine"]
        )
        #expect(
            headers(context, custom: [.init(name: "tracestate", value: "mine=1")]) == [
                "tracestate: mine=1", "traceparent: 00-\(Self.trace)-\(new)-01",
            ]
        )
        #expect(headers(nil) == [])
    }
}
