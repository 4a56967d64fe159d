import FlowAction
import Gateway
import Glibc
import JSON
import Store
import TestSupport
import Testing

@Suite struct DrainingServiceTests {
    /// While it drains a call is made where it can end in time, and refused where it could be cut off.
    @Test func refusesWhatCouldOutlastIt() throws {
        var template = Array("/tmp/flowhook-test-XXXXXX".utf8CString)
        let directory = try #require(mkdtemp(&template).map { String(cString: $0) })
        let third = RawServer { _, _ in [.text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")] }
        defer {
            third.stop()
            for name in ["short", "long"] { unlink("\(directory)/webhooks/\(name).yaml") }
            unlink("\(directory)/flowhook.yaml")
            rmdir("\(directory)/webhooks")
            rmdir(directory)
        }
        mkdir("\(directory)/webhooks", 0o700)
        let files = [
            "flowhook.yaml": "allow_networks: [127.0.0.0/8]",
            "webhooks/short.yaml": "{url: \"http://127.0.0.1:\(third.port)/\", request_type: GET, timeout: 10s}",
            "webhooks/long.yaml": "{url: \"http://127.0.0.1:\(third.port)/\", request_type: GET, timeout: 30s}",
        ]
        for (path, text) in files {
            let file = try #require(fopen("\(directory)/\(path)", "w"))
            fputs(text, file)
            fclose(file)
        }
        let loaded = StoreLoader(directory: directory, options: LoadOptions(environment: [:], secrets: .required))
            .load(at: .now)
        let snapshot = try #require(loaded.snapshot)
        let loop = try EventLoop(name: "loop")
        loop.start()
        defer { loop.stop() }
        let log = Log(writer: LogWriter(descriptor: open("/dev/null", O_WRONLY)), settings: snapshot.settings)
        let service = Service(
            snapshot: snapshot,
            callers: [Caller(loop: loop, resolver: Resolver(threads: 1))],
            log: log
        )
        func ask(_ path: String, _ body: String = "") -> WebAnswer {
            var request = WebRequest()
            request[.method] = body.isEmpty ? "GET" : "POST"
            request[.uri] = path
            request.body = Array(body.utf8)
            let whole = request
            return loop.wait { await service.respond(to: whole, on: loop) }
        }
        let (short, long) = (#"{"webhook": "short", "lead": {}}"#, #"{"webhook": "long", "lead": {}}"#)
        #expect(ask("/flow/call-webhook", long).status == 200)
        #expect(ask("/flow/readyz").status == 200)
        service.beginDraining(seconds: 25)
        #expect(ask("/flow/readyz").status == 503)
        #expect(ask("/flow/call-webhook", short).status == 200)
        let refused = ask("/flow/call-webhook", long)
        #expect(refused.status == 503)
        #expect(refused.headers.contains { $0.name == "Retry-After" })
        let problem = try JSONValue(parsing: refused.body)
        #expect(problem["type"] == .string("urn:flowhook:problem:draining"))
        // Nothing was sent for it; what is wrong is told first.
        #expect(third.received.count == 2)
        #expect(ask("/flow/call-webhook", #"{"webhook": "nobody", "lead": {}}"#).status == 404)
    }
}
