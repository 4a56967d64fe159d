import FlowAction
import Testing

@Suite("Renderer")
struct RendererTests {
    private let renderer = Renderer(maximumPayloadBytes: 1000)

    private func failure(
        _ webhook: Webhook,
        _ values: [String: ResolvedToken] = [:]
    ) -> CallFailure? {
        do throws(CallFailure) {
            _ = try renderer.render(webhook, resolve: TemplateFixture.resolver(values))
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "A value makes no step of the URL's path",
        arguments: [
            ("https://h/v1/{{my.A}}/{{my.B}}", "..", "x", false), ("https://h/v1/{{my.A}}", ".", "", false),
            ("https://h/v1/{{my.A}}", "../x", "", false), ("https://h/v1/{{my.A}}", "x\\..", "", false),
            ("https://h/v1/{{my.A}}{{my.B}}", ".", ".", false), ("https://h/v1/%2E{{my.A}}", ".", "", false),
            ("https://h/v1/../{{my.A}}", "..", "", false), ("https://h/v1/.{{my.A}}", ".?x", "", true),
            ("https://h/v1/../{{my.A}}", "x", "", true), ("https://h/v1/{{my.A}}", "...", "", true),
            ("https://h/v1/{{my.A}}", "a..b", "", true), ("https://h/v1?p=/{{my.A}}/", "..", "", true),
            ("https://h/v1/{{my.A}};p/y", "..", "", false), ("https://h/v1/{{my.A}}/y", "..;a", "", false),
            ("https://h/v1/..;a/{{my.A}}", "x", "", true), ("https://h/v1/{{my.A}}", "a;..", "", true),
            ("https://h/v1/x{{my.A}}", "..", "", true), ("https://h/v1/..?p={{my.A}}", "..", "", true),
        ]
    )
    func refusesSteps(url: String, first: String, second: String, isAllowed: Bool) {
        let values = ["my.A": TemplateFixture.myToken(first), "my.B": TemplateFixture.myToken(second)]
        for encoding in [nil, .json, TokenEncoding.none] as [TokenEncoding?] {
            let failure = failure(TemplateFixture.webhook(url: url, encoding: encoding), values)
            // As written under None a ? ends the path.
            let isCut = encoding == TokenEncoding.none && first == ".?x"
            #expect((failure == nil) == isAllowed || isCut, "\(url) \(first)")
            #expect(failure?.type ?? .renderFailure == .renderFailure)
        }
    }

    @Test("A whole request")
    func rendersAll() throws {
        let webhook = TemplateFixture.webhook(
            url: "https://api.example.com/v1/people?campaign={{my.Campaign ID}}",
            payload: #"{"email": {{lead.Email}}, "greeting": "Dear {{lead.First Name:default=friend}}"}"#,
            encoding: .json,
            headers: [("Authorization", "Bearer {{my.Key}}")],
            responseType: .json
        )
        let rendered = try renderer.render(
            webhook,
            resolve: TemplateFixture.resolver([
                "my.Campaign ID": TemplateFixture.myToken("7 7"),
                "lead.Email": TemplateFixture.text("a\"b"),
                "lead.First Name": TemplateFixture.text("Zoë"),
                "my.Key": TemplateFixture.myToken("s3cret-key", isSecret: true),
            ])
        )
        #expect(rendered.outgoing.method == .post)
        #expect(rendered.outgoing.url == "https://api.example.com/v1/people?campaign=7%207")
        #expect(rendered.outgoing.host == "api.example.com")
        #expect(rendered.outgoing.port == 443)
        #expect(rendered.outgoing.isSecure)
        #expect(rendered.bodyText == #"{"email": "a\"b", "greeting": "Dear Zoë"}"#)
        #expect(
            rendered.outgoing.headers.map { "\($0.name): \($0.value)" } == [
                "Authorization: Bearer s3cret-key", "User-Agent: flowhook/0.1.0", "Accept: application/json",
                "Accept-Encoding: gzip, deflate", "Content-Type: application/json",
            ]
        )
        #expect(rendered.secrets == ["s3cret-key"])
        #expect(rendered.unresolvedTokens.isEmpty)
        #expect(rendered.tokens.isEmpty)
    }

    @Test(
        "JSON writes a value by its shape and its place",
        arguments: [
            (ResolvedToken.Shape.text, "12", "\"12\"", "\"12\""),
            (.text, "", "\"\"", "\"\""),
            (.number, "1.50", "1.50", "\"1.50\""),
            (.number, "", "null", "\"\""),
            (.boolean, "true", "true", "\"true\""),
            (.boolean, "", "null", "\"\""),
        ] as [(ResolvedToken.Shape, String, String, String)]
    )
    func rendersShapes(shape: ResolvedToken.Shape, text: String, value: String, name: String) throws {
        let webhook = TemplateFixture.webhook(payload: "{{{my.A}}: {{my.A}}, \"s\": \"{{my.A}}\"}", encoding: .json)
        let token = ResolvedToken(text: text, shape: shape, source: .request("lead"))
        let rendered = try renderer.render(webhook) { _ in token }
        #expect(rendered.bodyText == "{\(name): \(value), \"s\": \"\(text)\"}")
    }

    @Test(
        "Each encoding writes a value its own way",
        arguments: [
            (TokenEncoding.none, "a={{my.A}}", "a=a b&<\u{e9}>\"'%41{{my.B}}+*~"),
            (.formURL, "a={{my.A}}", "a=a+b%26%3C%C3%A9%3E%22%27%2541%7B%7Bmy.B%7D%7D%2B*%7E"),
            (.xml, "<a>{{my.A}}</a>", "<a>a b&amp;&lt;\u{e9}&gt;&quot;&apos;%41{{my.B}}+*~</a>"),
            (.json, "{{my.A}}", "\"a b&<\u{e9}>\\\"'%41{{my.B}}+*~\""),
        ]
    )
    func rendersEncodings(encoding: TokenEncoding, payload: String, expected: String) throws {
        let webhook = TemplateFixture.webhook(payload: payload, encoding: encoding)
        let rendered = try renderer.render(webhook) { _ in TemplateFixture.text("a b&<é>\"'%41{{my.B}}+*~") }
        #expect(rendered.bodyText == expected)
    }

    @Test("XML keeps carriage returns, and in attributes tabs and line feeds")
    func rendersXMLBlanks() throws {
        let webhook = TemplateFixture.webhook(
            payload: "<a b='{{my.A}}'>{{my.A}}<![CDATA[{{my.A}}]]></a>",
            encoding: .xml
        )
        let rendered = try renderer.render(webhook) { _ in TemplateFixture.text("\t\n\r") }
        #expect(rendered.bodyText == "<a b='&#9;&#10;&#13;'>\t\n&#13;<![CDATA[\t\n]]>&#13;<![CDATA[]]></a>")
    }

    @Test(
        "No value completes a ]]> with its neighbours",
        arguments: [
            ("<a><![CDATA[{{my.A}}]]></a>", "x]]>y", "", "<a><![CDATA[x]]]]><![CDATA[>y]]></a>"),
            ("<a><![CDATA[{{my.A}}>]]></a>", "x]]", "", "<a><![CDATA[x]]]]><![CDATA[>]]></a>"),
            ("<a><![CDATA[{{my.A}}]>]]></a>", "x]", "", "<a><![CDATA[x]]]><![CDATA[]>]]></a>"),
            ("<a><![CDATA[]]{{my.A}}]]></a>", ">", "", "<a><![CDATA[]]]]><![CDATA[>]]></a>"),
            ("<a><![CDATA[{{my.A}}{{my.B}}]]></a>", "]]", ">", "<a><![CDATA[]]]]><![CDATA[>]]></a>"),
            ("<a><![CDATA[{{my.A}}]]></a>", "]]", "", "<a><![CDATA[]]]]></a>"),
            ("<a>{{my.A}}></a>", "x]]", "", "<a>x]&#93;></a>"),
            ("<a>{{my.A}}]></a>", "x]", "", "<a>x&#93;]></a>"),
            ("<a>{{my.A}}></a>", "x]", "", "<a>x]></a>"),
        ]
    )
    func splitsCDATA(payload: String, first: String, second: String, expected: String) throws {
        let webhook = TemplateFixture.webhook(payload: payload, encoding: .xml)
        let rendered = try renderer.render(webhook) { TemplateFixture.text($0.name == "A" ? first : second) }
        #expect(rendered.bodyText == expected)
    }

    @Test(
        "The URL's text goes out as written, its values by the encoding",
        arguments: [
            (nil, "https://h/a&%26/a%20b%26%2F%3F%25%C3%A9~"),
            (TokenEncoding.formURL, "https://h/a&%26/a%20b%26%2F%3F%25%C3%A9~"),
            (TokenEncoding.none, "https://h/a&%26/a%20b&/?%25%C3%A9~"),
        ] as [(TokenEncoding?, String)]
    )
    func rendersURL(encoding: TokenEncoding?, expected: String) throws {
        let webhook = TemplateFixture.webhook(url: "https://h/a&%26/{{lead.Email}}", encoding: encoding)
        let rendered = try renderer.render(webhook) { _ in TemplateFixture.text("a b&/?%é~") }
        #expect(rendered.outgoing.url == expected)
    }

    @Test(
        "What is beyond ASCII in path and query is percent-encoded wherever it comes from, and ASCII stays",
        arguments: [
            ("http://h/é?ü=é|%41", "http://h/%C3%A9?%C3%BC=%C3%A9|%41"),
            ("http://h?ü={{lead.Email}}ö", "http://h?%C3%BC=%C3%B6%C3%B6"),
            ("http://u@h/é{{lead.Email}}", "http://h/%C3%A9%C3%B6"),
            ("{{my.Base}}/ü?{{lead.Email}}=é", "http://h/%C3%A9[/%C3%BC?%C3%B6=%C3%A9"),
            ("{{my.User}}/ü", "http://h/%C3%A9/%C3%BC"),
        ]
    )
    func encodesURLsBeyondASCII(url: String, expected: String) throws {
        let webhook = TemplateFixture.webhook(url: url, encoding: .formURL)
        let values = [
            "my.Base": TemplateFixture.myToken("http://h/é["), "my.User": TemplateFixture.myToken("http://ü:ö@h/é"),
            "lead.Email": TemplateFixture.text("ö"),
        ]
        let rendered = try renderer.render(webhook, resolve: TemplateFixture.resolver(values))
        #expect(rendered.outgoing.url == expected)
    }

    @Test("Under None what may not stand in a URI is percent-encoded")
    func rendersURLAsWritten() throws {
        let webhook = TemplateFixture.webhook(url: "https://h/?{{lead.Email}}", encoding: TokenEncoding.none)
        let rendered = try renderer.render(webhook) { _ in
            TemplateFixture.text("%41%4%g1\t\u{7F}\"<>\\^{|}`#[];@:$,'!*()=+")
        }
        #expect(
            rendered.outgoing.url
                == "https://h/?%41%254%25g1%09%7F%22%3C%3E%5C%5E%7B%7C%7D%60%23%5B%5D;@:$,'!*()=+"
        )
    }

    @Test(
        "A token may hold the beginning of the URL",
        arguments: [
            ("https://api.example.com", "https://api.example.com/people", "api.example.com", 443),
            ("http://api.example.com:8080/v1", "http://api.example.com:8080/v1/people", "api.example.com", 8080),
            ("HTTPS://[::1]:9", "HTTPS://[::1]:9/people", "::1", 9),
        ]
    )
    func rendersBaseURL(base: String, url: String, host: String, port: Int) throws {
        let webhook = TemplateFixture.webhook(url: "{{my.Base URL}}/people")
        let rendered = try renderer.render(webhook) { _ in TemplateFixture.myToken(base) }
        #expect(rendered.outgoing.url == url)
        #expect(rendered.outgoing.host == host)
        #expect(rendered.outgoing.port == port)
    }

    @Test(
        "A resulting URL that breaks the rules is not sent",
        arguments: [
            "", "ftp://h", "https://", "https://h:0", "https://h:99999", "https://h/#x", "https://h/a b",
            "https://h\r\nX",
            "https:/", "https://a b", "//h", "https://ex\u{e4}mple",
        ]
    )
    func refusesURL(base: String) {
        let webhook = TemplateFixture.webhook(url: "{{my.Base URL}}/{{lead.Email}}")
        let failure = failure(
            webhook,
            ["my.Base URL": TemplateFixture.myToken(base), "lead.Email": TemplateFixture.text("evil.example")]
        )
        #expect(failure?.type == .renderFailure)
        #expect(failure?.sent == .no)
        #expect(failure?.detail.contains("evil") == false)
    }

    @Test("A request may not override a token of the authority")
    func refusesOverriddenAuthority() {
        let webhook = TemplateFixture.webhook(url: "https://{{my.Host}}/")
        let value = ResolvedToken(text: "evil.example", shape: .text, source: .request("tokens"))
        #expect(failure(webhook, ["my.Host": value])?.type == .renderFailure)
    }

    @Test(
        "The part that is the key is kept out of texts; one that is too short to be told from them is not looked for",
        arguments: [
            ("key-1234567890:X@", "key-1234567890"), ("key-1234567890:@", "key-1234567890"),
            ("key-1234567890@", "key-1234567890"), ("user:password-1@", "password-1"), ("user:short@", nil),
            ("user@", nil),
        ] as [(String, String?)]
    )
    func masksTheKey(userInfo: String, secret: String?) throws {
        let rendered = try renderer.render(TemplateFixture.webhook(url: "https://\(userInfo)h/x")) { _ in .unresolved }
        // The first is the header's own.
        #expect(rendered.secrets.dropFirst().first == secret)
    }

    @Test("user:password@ becomes Basic credentials")
    func authorizes() throws {
        let webhook = TemplateFixture.webhook(url: "https://Aladdin:{{my.Password}}@h/x")
        let rendered = try renderer.render(webhook) { _ in TemplateFixture.myToken("open%20sesame") }
        #expect(rendered.outgoing.url == "https://h/x")
        #expect(rendered.header("Authorization") == "Basic QWxhZGRpbjpvcGVuJTIwc2VzYW1l")
        #expect(rendered.secrets == ["QWxhZGRpbjpvcGVuJTIwc2VzYW1l", "open%20sesame"])
    }

    @Test(
        "Literal credentials and those of a token's URL are percent-decoded",
        arguments: ["https://Aladdin:open%20sesame@h/x", "{{my.Base URL}}/x"]
    )
    func decodesCredentials(url: String) throws {
        let rendered = try renderer.render(TemplateFixture.webhook(url: url)) { _ in
            TemplateFixture.myToken("https://Aladdin:open%20sesame@h")
        }
        #expect(rendered.outgoing.url == "https://h/x")
        #expect(rendered.header("Authorization") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        #expect(rendered.secrets == ["QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "open sesame"])
    }

    @Test("Credentials without a password, twice, or beside a header of the author's")
    func credentialEdges() throws {
        let key = try renderer.render(
            TemplateFixture.webhook(url: "https://key@h/"),
            resolve: TemplateFixture.resolver([:])
        )
        #expect(key.header("Authorization") == "Basic a2V5Og==")
        #expect(key.secrets == ["a2V5Og=="])
        #expect(
            failure(TemplateFixture.webhook(url: "https://a:b@{{my.H}}/"), ["my.H": TemplateFixture.myToken("c:d@h")])
                != nil
        )
        let own = try renderer.render(
            TemplateFixture.webhook(url: "https://a:b@h/", headers: [("authorization", "Mine")]),
            resolve: TemplateFixture.resolver([:])
        )
        #expect(own.outgoing.headers.filter { $0.name.lowercased() == "authorization" }.map(\.value) == ["Mine"])
    }

    @Test("Custom headers win, in their order and repeated")
    func headersOverride() throws {
        let webhook = TemplateFixture.webhook(
            payload: "x",
            encoding: .xml,
            headers: [
                ("x-b", "1"), ("USER-AGENT", "me"), ("x-b", "2"), ("content-type", "text/xml"), ("accept", "a/b"),
            ],
            responseType: .xml
        )
        let rendered = try renderer.render(webhook, resolve: TemplateFixture.resolver([:]))
        #expect(
            rendered.outgoing.headers.map { "\($0.name): \($0.value)" } == [
                "x-b: 1", "USER-AGENT: me", "x-b: 2", "content-type: text/xml", "accept: a/b",
                "Accept-Encoding: gzip, deflate",
            ]
        )
    }

    @Test(
        "Content-Type follows the encoding, Accept the response type",
        arguments: [
            (TokenEncoding.json, ResponseType.json, "application/json", "application/json"),
            (.formURL, .none, "application/x-www-form-urlencoded", "*/*"),
            (.xml, .xml, "application/xml", "application/xml"),
            (TokenEncoding.none, .none, "text/plain; charset=utf-8", "*/*"),
            (nil, .none, "text/plain; charset=utf-8", "*/*"),
        ] as [(TokenEncoding?, ResponseType, String, String)]
    )
    func impliesMediaTypes(encoding: TokenEncoding?, responseType: ResponseType, type: String, accept: String) throws {
        let webhook = TemplateFixture.webhook(payload: "1", encoding: encoding, responseType: responseType)
        let rendered = try renderer.render(webhook, resolve: TemplateFixture.resolver([:]))
        #expect(rendered.header("Content-Type") == type)
        #expect(rendered.header("Accept") == accept)
    }

    @Test("Without a payload, and with GET, there is no body and no Content-Type")
    func rendersNoBody() throws {
        for webhook in [
            TemplateFixture.webhook(encoding: .json),
            TemplateFixture.webhook(requestType: .get, payload: "1", encoding: .json),
        ] {
            let rendered = try renderer.render(webhook, resolve: TemplateFixture.resolver([:]))
            #expect(rendered.outgoing.body == nil)
            #expect(rendered.header("Content-Type") == nil)
        }
    }

    @Test("Unresolved tokens are listed once, by first appearance in URL, payload and headers")
    func listsUnresolved() throws {
        let webhook = TemplateFixture.webhook(
            url: "https://h/{{my.U}}",
            payload: "{{lead.P:default=x}}{{my.u}}{{Lead.First Name}}",
            encoding: TokenEncoding.none,
            headers: [("X", "{{member.H}}{{LEAD.p}}")]
        )
        let rendered = try renderer.render(
            webhook,
            resolve: TemplateFixture.resolver(["Lead.First Name": TemplateFixture.text("")])
        )
        #expect(rendered.unresolvedTokens == ["my.U", "lead.P", "member.H"])
        #expect(rendered.bodyText == "x")
        #expect(rendered.header("X") == "")
    }

    @Test("A webhook that fails on unresolved tokens names those without a default")
    func failsOnUnresolved() {
        let webhook = TemplateFixture.webhook(
            url: "{{my.U}}/{{lead.P:default=x}}",
            headers: [("X", "{{lead.p}}{{lead.P}}{{my.V:default=}}")],
            failsOnUnresolvedTokens: true
        )
        #expect(failure(webhook)?.detail == "these tokens resolve to nothing: my.U, lead.p")
        let withDefault = TemplateFixture.webhook(url: "https://h/{{lead.P:default=x}}", failsOnUnresolvedTokens: true)
        #expect(failure(withDefault) == nil)
    }

    @Test("A value without a text is blank, and no failure")
    func rendersBlank() {
        let webhook = TemplateFixture.webhook(url: "https://h/{{lead.Email}}", failsOnUnresolvedTokens: true)
        #expect(failure(webhook, ["lead.Email": TemplateFixture.text("")]) == nil)
    }

    @Test("Characters that a place cannot carry make the render fail", arguments: ["\r\n", "\0", "\u{7F}", "a\u{85}b"])
    func refusesControlsInHeaders(value: String) {
        let webhook = TemplateFixture.webhook(headers: [("X", "{{lead.Email}}")])
        let failure = failure(webhook, ["lead.Email": TemplateFixture.text(value)])
        #expect(failure?.detail == "the value of lead.Email holds a control character, which no header may carry")
    }

    @Test("A tab may stand in a header")
    func acceptsTab() {
        let webhook = TemplateFixture.webhook(headers: [("X", "{{lead.Email}}")])
        #expect(failure(webhook, ["lead.Email": TemplateFixture.text("a\tb é")]) == nil)
    }

    @Test(
        "XML refuses what it cannot carry at every place",
        arguments: ["<a>{{lead.Email}}</a>", "<a b='{{lead.Email}}'/>", "<a><![CDATA[{{lead.Email}}]]></a>"],
        ["\0", "\u{1F}", "\u{FFFE}", "\u{FFFF}"]
    )
    func refusesCharactersInXML(payload: String, value: String) {
        let webhook = TemplateFixture.webhook(payload: payload, encoding: .xml)
        #expect(failure(webhook, ["lead.Email": TemplateFixture.text(value)])?.type == .renderFailure)
    }

    @Test("Bounds hold to the byte")
    func enforcesBounds() {
        func value(_ count: Int) -> [String: ResolvedToken] {
            ["lead.Email": TemplateFixture.text(String(repeating: "x", count: count))]
        }
        let payload = TemplateFixture.webhook(payload: "{{lead.Email}}", encoding: TokenEncoding.none)
        #expect(failure(payload, value(1000)) == nil)
        #expect(failure(payload, value(1001))?.type == .renderFailure)
        let url = TemplateFixture.webhook(url: "https://h/{{lead.Email}}")
        #expect(failure(url, value((16 << 10) - 10)) == nil)
        #expect(failure(url, value((16 << 10) - 9))?.type == .renderFailure)
        let header = TemplateFixture.webhook(headers: [("X", "{{lead.Email}}")])
        #expect(failure(header, value((64 << 10) - 200)) == nil)
        #expect(failure(header, value(64 << 10))?.type == .renderFailure)
    }

    @Test("Many uses of a long value stop at the bound")
    func stopsEarly() {
        let uses = String(repeating: "{{lead.Email}}", count: 10_000)
        let webhooks = [
            (TemplateFixture.webhook(payload: uses, encoding: TokenEncoding.none), 600),
            (TemplateFixture.webhook(url: "https://h/?q=\(uses)"), 10_000),
        ]
        for (webhook, bytes) in webhooks {
            var count = 0
            let long = TemplateFixture.text(String(repeating: "x", count: bytes))
            #expect(throws: CallFailure.self) {
                try renderer.render(webhook) { _ in
                    count += 1
                    return long
                }
            }
            #expect(count == 2)
        }
    }
}
