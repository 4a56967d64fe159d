import FlowAction
import TestSupport
import Testing

@Suite struct LiteralCredentialsTests {
    @Test(arguments: [
        ("https://api.example.com/v1?campaign=7&{{lead.Id}}", "https://api.example.com/v1?campaign=7&{{lead.Id}}"),
        ("https://ada:pa:ss@example.com/", "https://••••••@example.com/"),
        ("https://{{my.User}}:{{my.Password}}@example.com/", "https://{{my.User}}:{{my.Password}}@example.com/"),
        ("https://api:{{my.Password}}@example.com/a@b", "https://api:{{my.Password}}@example.com/a@b"),
        ("https://marketing:{{my.Password}}@example.com/", "https://marketing:{{my.Password}}@example.com/"),
        ("https://{{my.User}}:long-enough@example.com/", "https://{{my.User}}••••••@example.com/"),
        ("https://example.com/?api_key=abc&b=c", "https://example.com/?api_key=••••••&b=c"),
        ("https://example.com/?a=1&Access%2DToken=abc#x", "https://example.com/?a=1&Access%2DToken=••••••#x"),
        ("https://example.com/?key={{my.Key}}&token=", "https://example.com/?key={{my.Key}}&token="),
        ("https://example.com/?key=prefix-of-8{{my.Key}}", "https://example.com/?key=••••••{{my.Key}}"),
        ("https://example.com/?q={{my.A:default=?key=abc}}", "https://example.com/?q={{my.A:default=?key=abc}}"),
        (
            "https://example.com/?max_tokens=256&token_type=bearer",
            "https://example.com/?max_tokens=256&token_type=bearer"
        ),
        ("{{my.Base URL}}/people?password=hunter2", "{{my.Base URL}}/people?password=••••••"),
        ("https://{{my.b:default=bob:hunter2@a.example}}/x", "https://{{my.b:default=••••••@a.example}}/x"),
        ("{{my.Base:default=http://bob:pw@h/?sig=a}}&b=c", "{{my.Base:default=http://••••••@h/?sig=••••••}}&b=c"),
        ("https://{{my.U:default=bob}}:{{my.P}}@h/", "https://{{my.U:default=bob}}:{{my.P}}@h/"),
        (
            "https://{{my.U:default=bob}}:{{my.P:Default=pw}}@h/",
            "https://{{my.U:default=••••••}}••••••{{my.P:Default=••••••}}@h/"
        ),
        (
            "https://h/?key={{my.K:default=a&b}}&q={{my.Q:default=c}}",
            "https://h/?key={{my.K:default=••••••}}&q={{my.Q:default=c}}"
        ),
        ("https://h/?key={{my.K:default=}}", "https://h/?key={{my.K:default=}}"),
        ("https://h/?{{my.Q:default=api_key=abc}}", "https://h/?{{my.Q:default=api_key=••••••}}"),
        ("https://h/?{{my.Token:default=a=b}}", "https://h/?{{my.Token:default=a=b}}"),
        ("", ""),
    ])
    func masksURLs(text: String, masked: String) {
        #expect(LiteralCredentials(inURL: text).masked(text) == masked)
    }

    @Test(arguments: [
        ("Authorization", "Bearer abc", "Bearer ••••••"),
        ("AUTHORIZATION", "abc", "••••••"),
        ("Authorization", "Bearer {{my.API Key}}", "Bearer {{my.API Key}}"),
        ("Proxy-Authorization", "Basic YWRhOnBhc3M=", "Basic ••••••"),
        ("X-Api-Key", "12 34", "••••••"),
        ("api-key", "k", "••••••"),
        ("Ocp-Apim-Subscription-Key", "k", "••••••"),
        ("Cookie", "session=abc; lang=en", "••••••"),
        ("X-Auth-Token", "abc", "••••••"),
        ("Client_Secret", "ä", "••••••"),
        ("Accept", "text/plain", "text/plain"),
        ("Idempotency-Key", "{{lead.Id}}-7", "{{lead.Id}}-7"),
        ("Authorization", "", ""),
        ("Authorization", "Bearer {{my.p:default=sk_live}}", "Bearer {{my.p:default=••••••}}"),
        ("Authorization", "{{my.p:default=Bearer sk_live}}", "{{my.p:default=••••••}}"),
        ("X-Auth-Token", "{{my.p:default=abc}}-{{my.q}}", "{{my.p:default=abc}}-{{my.q}}"),
        ("Accept", "{{my.Type:default=text/plain}}", "{{my.Type:default=text/plain}}"),
    ])
    func masksHeaders(name: String, value: String, masked: String) {
        #expect(LiteralCredentials(inHeader: name, value).masked(value) == masked)
    }

    @Test(arguments: [
        (
            #"{"user": "ada", "password" : "pa\"ss", "n": {"apiKey":"{{my.Key}}", "token": 5}}"#,
            #"{"user": "ada", "password" : "••••••", "n": {"apiKey":"{{my.Key}}", "token": 5}}"#
        ),
        (#"[{"a": "password", "b": "c"}, "secret", "d"]"#, #"[{"a": "password", "b": "c"}, "secret", "d"]"#),
        (#"{"secret": "abc"#, #"{"secret": "abc"#),
        (
            #"{"a": {{lead.Id}}, "secret": "abc", "note": "{{my.A:default="}}"}"#,
            #"{"a": {{lead.Id}}, "secret": "••••••", "note": "{{my.A:default="}}"}"#
        ),
        (
            #"{"secret": "{{my.S:default=a"b}}", "token": {{my.T:default=abc}}, "n": {{my.N:default=1}}, "key": "k"}"#,
            #"{"secret": "{{my.S:default=••••••}}", "token": {{my.T:default=••••••}}, "n": {{my.N:default=1}}, "key": "••••••"}"#
        ),
        (
            "client_secret={{my.S:default=abc}}&a={{my.A:default=d}}",
            "client_secret={{my.S:default=••••••}}&a={{my.A:default=d}}"
        ),
        ("<r><token>{{my.T:default=abc}}</token></r>", "<r><token>{{my.T:default=••••••}}</token></r>"),
        ("grant_type=password&client_secret=abc\n", "grant_type=password&client_secret=••••••\n"),
        ("{{lead.Id}}&token=abc", "{{lead.Id}}&token=••••••"),
        (
            "<?xml version=\"1.0\"?><r k:password='x' a=\"b\"><s:secret> y </s:secret><t>z</t></r>",
            "<?xml version=\"1.0\"?><r k:password='••••••' a=\"b\"><s:secret> •••••• </s:secret><t>z</t></r>"
        ),
        ("<r><password><![CDATA[a<b]]></password></r>", "<r><password><![CDATA[••••••]]></password></r>"),
        ("<r><password>{{my.P}}</password><secret/></r>", "<r><password>{{my.P}}</password><secret/></r>"),
        ("<", "<"), ("<a b=", "<a b="), ("<password", "<password"), ("<password>", "<password>"),
        ("plain text", "plain text"),
    ])
    func masksPayloads(text: String, masked: String) {
        #expect(LiteralCredentials(inPayload: text).masked(text) == masked)
    }

    /// What is masked by its place is worth a warning only where it reads as a credential too.
    @Test(arguments: [
        (#"{"password": "hunter2hunter2"}"#, 1), (#"{"password": "hunter2"}"#, 0), (#"{"token": "long words"}"#, 0),
        (#"{"key": "AIzaSyD3u9f8s7d6f5g4h3"}"#, 1), (#"{"key": "customer_email"}"#, 0), (#"{"key": "MKT"}"#, 0),
        (#"{"signature": "Kind regards, Ada"}"#, 0), ("pass=gold&auth=oauth2&token=true", 0),
        ("api_key=0123456789", 1), ("<password>hunter2hunter2</password>", 1),
    ])
    func warnsOfWhatReadsAsACredential(payload: String, count: Int) {
        let found = TemplateFixture.compiler.payload(payload, encoding: .formURL, contentType: "text/csv").findings
        #expect(found.count { $0.code == "literal-credential" } == count, "\(found)")
    }

    /// The tokens that stand in the place of a credential; one for the user alone is none.
    @Test func findsTheTokensOfCredentials() {
        let url = "https://{{my.User}}:{{my.Key}}@h/?api_key={{my.Key}}&q={{my.Q}}"
        #expect(LiteralCredentials(inURL: url).tokens == [20, 42])
        #expect(LiteralCredentials(inURL: "https://{{my.Key}}:@h/{{my.Path}}").tokens == [8])
        #expect(LiteralCredentials(inHeader: "Authorization", "Bearer {{my.Key}}").tokens == [7])
        #expect(LiteralCredentials(inHeader: "X-Note", "{{my.Key}}").tokens == [])
        #expect(LiteralCredentials(inPayload: #"{"secret": {{my.S:default=a1}}, "a": {{my.A}}}"#).tokens == [11])
    }

    /// Members without a value, and members with a token each, cost no more than their length, however many there are:
    /// what grows with the square of it would take minutes and hours.
    @Test(arguments: [("a&", 0), ("key={{my.K}}&", 0), ("key=a&", 1)])
    func readsLongForms(member: String, credentials: Int) {
        let count = 500_000 / member.utf8.count
        let form = String(repeating: member, count: count)
        let (ranges, seconds) = timingCPU { LiteralCredentials(inPayload: form).ranges }
        #expect(seconds < 60)
        #expect(ranges.count == credentials * count)
    }

    /// The ranges are in order, inside the text and apart, whatever the text is.
    @Test func takesAnyText() {
        let pieces = [
            "{", "}", "{{", "}}", "{{my.Key}}", "{{my.Key:default=", "\"", "\\", ":", "password", "token", "=", "&",
            "<", ">", "/", "?", "@",
            "://", "<![CDATA[", "]]>", " ", "é", "abcdefgh", "'",
        ]
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<ValueGenerator.rounds(3_000) {
            let text = (0..<Int.random(in: 0...14, using: &generator)).map { _ in
                pieces.randomElement(using: &generator) ?? ""
            }.joined()
            for ranges in [
                LiteralCredentials(inURL: text).ranges, LiteralCredentials(inPayload: text).ranges,
                LiteralCredentials(inHeader: "Authorization", text).ranges,
            ] {
                var end = 0
                for range in ranges {
                    #expect(range.lowerBound >= end && range.upperBound <= text.utf8.count, "\(text) \(ranges)")
                    end = range.upperBound
                }
            }
        }
    }
}
