import FlowAction
import Testing

@Suite struct RedirectTests {
    private func request(_ url: String = "http://a/b/c/d;p?q", body: Bool = true) throws -> OutgoingRequest {
        let target = try ServiceURL(parsing: Array(url.utf8))
        return OutgoingRequest(
            method: body ? .post : .delete,
            url: url,
            host: target.host,
            port: target.port,
            isSecure: target.isSecure,
            headers: [
                ("X-Key", "k"), ("Accept", "text/custom"), ("Content-Type", "text/x"), ("Authorization", "Basic x"),
                ("User-Agent", "flowhook/x"), ("Accept-Encoding", "gzip, deflate"), ("Idempotency-Key", "i"),
            ].map { .init(name: $0.0, value: $0.1) },
            body: body ? [1] : nil,
            policy: CallPolicy(redirects: 5),
            customHeaderCount: 3
        )
    }

    private func follow(_ status: Int, _ location: String?, from request: OutgoingRequest) -> OutgoingRequest? {
        request.following(
            ServiceAnswer(status: status, reasonPhrase: "", contentType: nil, body: [], location: location)
        )
    }

    /// The examples of RFC 3986, sections 5.4.1 and 5.4.2, fragments dropped.
    @Test(arguments: [
        ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"), ("/g", "http://a/g"),
        ("//g", "http://g"), ("?y", "http://a/b/c/d;p?y"), ("g?y", "http://a/b/c/g?y"), ("#s", "http://a/b/c/d;p?q"),
        ("g#s", "http://a/b/c/g"), ("g?y#s", "http://a/b/c/g?y"), (";x", "http://a/b/c/;x"),
        ("g;x", "http://a/b/c/g;x"),
        ("g;x?y#s", "http://a/b/c/g;x?y"), ("", "http://a/b/c/d;p?q"), (".", "http://a/b/c/"), ("./", "http://a/b/c/"),
        ("..", "http://a/b/"), ("../", "http://a/b/"), ("../g", "http://a/b/g"), ("../..", "http://a/"),
        ("../../", "http://a/"), ("../../g", "http://a/g"), ("../../../g", "http://a/g"),
        ("../../../../g", "http://a/g"),
        ("/./g", "http://a/g"), ("/../g", "http://a/g"), ("g.", "http://a/b/c/g."), (".g", "http://a/b/c/.g"),
        ("g..", "http://a/b/c/g.."), ("..g", "http://a/b/c/..g"), ("./../g", "http://a/b/g"),
        ("./g/.", "http://a/b/c/g/"),
        ("g/./h", "http://a/b/c/g/h"), ("g/../h", "http://a/b/c/h"), ("g;x=1/./y", "http://a/b/c/g;x=1/y"),
        ("g;x=1/../y", "http://a/b/c/y"), ("g?y/./x", "http://a/b/c/g?y/./x"), ("g?y/../x", "http://a/b/c/g?y/../x"),
        ("g#s/./x", "http://a/b/c/g"), ("http://x/../y?z", "http://x/y?z"), ("HTTPS://x", "HTTPS://x"),
        // What servers send although no URL holds it.
        (" /a b\u{e9} ", "http://a/a%20b%C3%A9"), ("//h:81/x", "http://h:81/x"),
    ])
    func resolvesALocation(location: String, url: String) throws {
        #expect(try follow(303, location, from: request())?.url == url)
    }

    @Test(arguments: [
        "http:g", "http:/.//b/", "https:/..//b/", "mailto:a@b", "ftp://a/", "//", "http:///x", "//u:p@a/",
        "http://a:0/", "http://a:99999/", "//a b/",
        "javascript:x", "http://[::1/", "/\(String(repeating: "x", count: 17_000))",
    ])
    func followsNoInvalidLocation(location: String) throws {
        #expect(try follow(303, location, from: request()) == nil)
    }

    @Test(
        arguments: [
            (301, RequestType.get, false), (302, .get, false), (303, .get, false), (307, .post, true),
            (308, .post, true),
        ]
    )
    func changesMethodAndBodyByStatus(status: Int, method: RequestType, keepsBody: Bool) throws {
        let next = try #require(try follow(status, "/x", from: request()))
        #expect(next.method == method)
        #expect((next.body != nil) == keepsBody)
        #expect(next.headers.contains { $0.name == "Content-Type" } == keepsBody)
        // On the same host everything else comes along.
        for name in ["X-Key", "Accept", "Authorization", "Idempotency-Key"] {
            #expect(next.headers.contains { $0.name == name }, "\(name)")
        }
    }

    @Test(arguments: [200, 204, 300, 304, 305, 306, 309, 400])
    func followsNoOtherStatus(status: Int) throws {
        #expect(try follow(status, "/x", from: request()) == nil)
        #expect(try follow(302, nil, from: request()) == nil)
    }

    @Test(arguments: ["http://b/x", "http://a:81/x", "https://a/x"])
    func customHeadersStayBehindWhereHostOrPortChanges(location: String) throws {
        let next = try #require(try follow(302, location, from: request()))
        #expect(next.headers.map(\.name).sorted() == ["Accept", "Accept-Encoding", "User-Agent"])
        #expect(next.headers.first { $0.name == "Accept" }?.value == "*/*")
        #expect(next.customHeaderCount == 0)
        // They do not come back on the way home.
        let home = try #require(follow(302, "//a/", from: next))
        #expect(home.headers.count == 3)
    }

    @Test func aBodyStaysOnItsHost() throws {
        #expect(try follow(307, "http://b/x", from: request()) == nil)
        #expect(try follow(308, "http://b/x", from: request()) == nil)
        // Without a body the method goes there.
        #expect(try follow(307, "http://b/x", from: request(body: false))?.method == .delete)
        // Another port is the same host; its type says how to read a body.
        let next = try #require(try follow(307, "https://A/x", from: request()))
        #expect(next.body == [1])
        #expect(next.headers.contains(.init(name: "Content-Type", value: "text/x")))
        #expect(!next.headers.contains { $0.name == "X-Key" || $0.name == "Authorization" })
    }

    @Test(arguments: [("http://a/x", true), ("http://A/x", true), ("http://b/x", false), ("http://a:81/x", false)])
    func theClientsCertificateStaysBehindLikeHeaders(location: String, isKept: Bool) throws {
        let file = CallPolicy.TLSFiles.File(path: "/f", contents: [1])
        var request = try request(body: false)
        for authorities in [file, nil] {
            request.policy = CallPolicy(
                redirects: 5,
                tls: .init(certificateAuthorities: authorities, clientCertificate: file, clientKey: file)
            )
            let next = try #require(follow(302, location, from: request))
            #expect((next.policy.tls?.clientCertificate != nil) == isKept)
            #expect((next.policy.tls?.clientKey != nil) == isKept)
            #expect(next.policy.tls?.certificateAuthorities == authorities)
            #expect(next.policy.redirects == 5)
        }
    }

    @Test func neverLeavesTLS() throws {
        let secure = try request("https://a/")
        #expect(follow(302, "http://a/", from: secure) == nil)
        #expect(follow(302, "//a/", from: secure)?.isSecure == true)
    }
}
