import Testing

@testable import Gateway

@Suite struct RequestPathTests {
    private func request(_ uri: String, _ others: [WebRequest.Variable: String] = [:]) -> WebRequest {
        var request = WebRequest()
        request[.uri] = uri
        for (variable, value) in others { request[variable] = value }
        return request
    }

    /// What web servers pass on, and the path below the mount.
    @Test(
        arguments: [
            ("/flow/call-webhook", [:], "/call-webhook"),
            ("/flow/call-webhook?x=1&y=%2F", [:], "/call-webhook"),
            ("/flow/call%2Dwebhook", [:], "/call-webhook"),
            ("/fl%6Fw/healthz", [:], "/healthz"),
            ("http://example.com/flow/healthz", [:], "/healthz"),
            ("/flow", [:], ""),
            ("/flow/", [:], "/"),
            ("/flowing/call-webhook", [:], nil),
            ("/other/call-webhook", [:], nil),
            ("/", [:], nil),
            ("/hooks/healthz", [.mount: "/hooks"], "/healthz"),
            ("/hooks/healthz", [.mount: "/hooks/"], "/healthz"),
            ("/flow/healthz", [.mount: "/hooks"], nil),
            ("/healthz", [.mount: "/"], "/healthz"),
            // A CGI program is found below its own path.
            ("/cgi-bin/flowhook/healthz", [.scriptName: "/cgi-bin/flowhook", .pathInfo: "/healthz"], "/healthz"),
            ("/cgi-bin/flowhook/healthz", [.scriptName: "/cgi-bin/flowhook"], nil),
            // Servers that split the path elsewhere do no harm.
            ("/flow/healthz", [.scriptName: "/flow", .pathInfo: "/healthz"], "/healthz"),
            ("/flow/healthz", [.pathInfo: "/flow/healthz"], "/healthz"),
        ] as [(String, [WebRequest.Variable: String], String?)]
    )
    func findsThePathBelowTheMount(uri: String, others: [WebRequest.Variable: String], path: String?) {
        #expect(RequestPath.below(mount: "/flow", in: request(uri, others)) == path)
    }

    /// The mount that an answer names: the one that the request came in by, else the one that it was to be below.
    @Test(
        arguments: [
            ("/flow/openapi.json?x=/", [:], "/flow"),
            ("/elsewhere", [:], "/flow"),
            ("/hooks/openapi.json", [.mount: "/hooks/"], "/hooks"),
            ("/elsewhere", [.mount: "/hooks/"], "/hooks"),
            ("/flow/openapi.json", [.mount: ""], "/flow"),
            ("/elsewhere", [.mount: ""], "/flow"),
            ("/openapi.json", [.mount: "/"], ""),
            ("/my%20flow/openapi.json", [.mount: "/my flow"], "/my flow"),
            ("/cgi-bin/fh/openapi.json", [.scriptName: "/cgi-bin/fh", .pathInfo: "/openapi.json"], "/cgi-bin/fh"),
        ] as [(String, [WebRequest.Variable: String], String)]
    )
    func tellsTheMount(uri: String, others: [WebRequest.Variable: String], mount: String) {
        #expect(RequestPath.mount(of: request(uri, others), setting: "/flow") == mount)
    }

    @Test(arguments: [
        ("/a%zz", "/a%zz"), ("/a%4", "/a%4"), ("/a%", "/a%"), ("/%C3%A9", "/é"), ("/%e9", "/\u{FFFD}"),
        ("/a+b", "/a+b"),
    ])
    func resolvesPercentEscapes(path: String, decoded: String) {
        #expect(RequestPath.decoded(path) == decoded)
    }
}

@Suite struct RequestIDTests {
    @Test(
        arguments: [
            ("5b1f6c0e", nil, "5b1f6c0e"), (nil, "caller-1.2_3", "caller-1.2_3"), ("server", "caller", "server"),
            ("bad id", "caller", "caller"), ("", "caller", "caller"),
        ] as [(String?, String?, String)]
    )
    func prefersTheWebServers(server: String?, caller: String?, expected: String) {
        var request = WebRequest()
        request[.requestID] = server
        request[.callerRequestID] = caller
        #expect(RequestID.of(request) == expected)
    }

    @Test(arguments: ["a b", "a\"b", "a\nb", "é", String(repeating: "x", count: 65)])
    func makesANewOneForWhatIsNoID(caller: String) {
        var request = WebRequest()
        request[.callerRequestID] = caller
        let id = RequestID.of(request)
        #expect(id.utf8.count == 32)
        #expect(id.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) })
        #expect(RequestID.of(request) != id)
    }
}
