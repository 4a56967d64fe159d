import FlowAction
import Glibc
import Store
import TestSupport
import Testing

@Suite struct StoreLoaderTests {
    private static let good = [
        "flowhook.yaml": "time_zone: Europe/Berlin\nallow_networks: [127.0.0.0/8]\n",
        "fields.json":
            #"{"result": [{"displayName": "Shoe Size", "dataType": "integer", "rest": {"name": "shoeSize"}}]}"#,
        "webhooks/deep/enrich.yaml": """
        description: Looks up.
        url: https://{{my.Campaign}}:{{my.Key}}@api.example.com/v1?c={{my.Campaign}}
        request_type: PUT
        request_token_encoding: JSON
        payload_template: '{"n": {{lead.Shoe Size}}}'
        custom_headers: {X-One: a, X-Two: [b, "{{my.Key}}"]}
        response_type: JSON
        response_mappings:
          Shoe Size: size
          Title: {attribute: "a[0].b", when_null: clear, when_empty: write}
        unresolved_tokens: fail
        timeout: 250ms
        retry: {attempts: 3, on: [connect, 429, timeout], backoff: 50ms, try_timeout: 100ms}
        max_concurrent: 5
        max_rate: 300/min
        redirects: 2
        """,
        "marketing-activities/my-tokens.yaml": "Campaign: 7\nKey: {secret: true, value: long-enough}\n",
        "marketing-activities/A/P/program.yaml": "id: 1027\ndescription: d\n",
        "marketing-activities/A/P/my-tokens.yaml": "campaign: 8\n",
    ]

    @Test func loadsEverything() throws {
        let result = TemporaryStore(Self.good).load()
        #expect(result.diagnostics.isEmpty)
        let snapshot = try #require(result.snapshot)
        #expect(snapshot.loadedAt == Instant(seconds: 7))
        #expect(snapshot.settings.allowNetworks.count == 1)
        #expect(snapshot.timeZone.offset(at: 1_780_000_000) == 7_200)
        let webhook = try #require(snapshot.webhooks["enrich"])
        #expect(webhook.name == "enrich")
        #expect(webhook.file == "webhooks/deep/enrich.yaml")
        #expect(webhook.requestType == .put)
        let places = webhook.payload?.segments.compactMap { if case .token(_, let place) = $0 { place } else { nil } }
        #expect(places == [.jsonValue])
        #expect(webhook.url.userInfo != nil)
        #expect(!webhook.url.url.source.contains("my.Key"))
        #expect(webhook.headers.map(\.name) == ["X-One", "X-Two", "X-Two"])
        #expect(webhook.mapper.mappings.map(\.field.soapName) == ["shoeSize", "Title"])
        #expect(webhook.mapper.mappings.map(\.clearsOnNull) == [false, true])
        #expect(webhook.mapper.mappings.map(\.writesEmpty) == [false, true])
        #expect(webhook.failsOnUnresolvedTokens)
        let policy = webhook.policy
        #expect(policy.timeout == .milliseconds(250))
        #expect(policy.retry?.attempts == 3)
        #expect(policy.retry?.statuses == [429])
        #expect(policy.retry?.onConnect == true && policy.retry?.onTimeout == true)
        #expect(policy.retry?.backoff == .milliseconds(50))
        #expect(policy.retry?.tryTimeout == .milliseconds(100))
        #expect(policy.maxConcurrent == 5)
        #expect(policy.pace == .milliseconds(200))
        #expect(policy.redirects == 2)
        guard case .folder(let folder) = snapshot.tree.folder(for: "1027") else {
            Issue.record("the program is not found")
            return
        }
        #expect(snapshot.tree.folders[folder].path == "A/P")
        #expect(snapshot.tree.program(of: folder)?.name == "P")
        #expect(snapshot.tree.token("campaign", in: folder)?.token.value == "8")
        #expect(snapshot.tree.token("key", in: folder)?.token.isSecret == true)
        #expect(snapshot.tree.token("campaign", in: 0)?.token.value == "7")
    }

    @Test func aWebhookFileHasDefaults() throws {
        let snapshot = try #require(TemporaryStore(["webhooks/a.yaml": "url: https://example.com/\n"]).load().snapshot)
        let webhook = try #require(snapshot.webhooks["a"])
        #expect(webhook.isEnabled)
        #expect(webhook.requestType == .post)
        #expect(webhook.mapper.responseType == .none)
        #expect(webhook.policy == CallPolicy())
        let limited = TemporaryStore([
            "webhooks/a.yaml": """
            url: https://example.com/
            max_rate: 50/h
            retry: {attempts: 2, on: [503]}
            """
        ])
        let policy = try #require(limited.load().snapshot?.webhooks["a"]?.policy)
        #expect(policy.pace == .seconds(72))
        #expect(policy.retry?.backoff == .milliseconds(100))
        #expect(snapshot.settings == Settings())
    }

    /// A mistake in one file, with its place, its severity and its code.
    private struct Mistake: CustomTestStringConvertible {
        var file: String
        var text: String
        var place: String
        var code: String
        var testDescription: String { "\(place) \(code)" }

        /// A webhook file with a line after its URL.
        static func webhook(_ line: String, _ place: String, _ code: String) -> Mistake {
            Mistake(
                file: "webhooks/w.yaml",
                text: "url: https://example.com/\n\(line)\n",
                place: "webhooks/w.yaml:\(place)",
                code: code
            )
        }

        /// A webhook file as a whole.
        static func file(_ text: String, _ place: String, _ code: String) -> Mistake {
            Mistake(file: "webhooks/w.yaml", text: text, place: "webhooks/w.yaml:\(place)", code: code)
        }

        /// Another file.
        static func other(_ file: String, _ text: String, _ place: String, _ code: String) -> Mistake {
            Mistake(file: file, text: text, place: "\(file):\(place)", code: code)
        }
    }

    private static let mistakes: [Mistake] = [
        .file("", "1:1: error", "empty-file"),
        .file("- a\n", "1:1: error", "mapping-expected"),
        .file("request_type: GET\n", "1:1: error", "url-required"),
        .file("url:\n", "1:1: error", "url-required"),
        .file("url: ~\n", "1:1: error", "url-required"),
        .file("url: ftp://example.com/\n", "1:6: error", "url-scheme"),
        .file("url: http://10.0.0.1/\n", "1:6: error", "private-address"),
        .file("url: http://10.0.0.1./\n", "1:6: error", "private-address"),
        .file("url: https://{{lead.Id}}/\n", "1:14: error", "url-authority-token"),
        .file("url: https://example.com/{{lead.Id\n", "1:26: error", "unclosed-token"),
        .file("url: https://example.com/{{leed.Id}}\n", "1:26: error", "unknown-family"),
        .webhook("name: ''", "2:7: error", "webhook-name"),
        .webhook(#"name: "a\nb""#, "2:7: error", "webhook-name"),
        .webhook(#"name: "a\u0007b""#, "2:7: error", "webhook-name"),
        .webhook(#"name: "a\u2028b""#, "2:7: error", "webhook-name"),
        .webhook("request_token_encoding: JSON\npayload_template: ''", "3:20: error", "not-json"),
        .webhook("request_tpye: GET", "2:1: error", "unknown-key"),
        .webhook("enabled: yes", "2:10: error", "unknown-value"),
        .webhook("request_type: get", "2:15: error", "unknown-value"),
        .webhook("request_token_encoding: json", "2:25: error", "unknown-value"),
        .webhook("response_type: Json", "2:16: error", "unknown-value"),
        .webhook("unresolved_tokens: warn", "2:20: error", "unknown-value"),
        .webhook("description: [a]", "2:14: error", "text-expected"),
        .webhook("request_type: GET\npayload_template: x", "3:19: error", "get-payload"),
        .webhook("payload_template: '{{lead.First Name}}'", "2:20: error", "encoding-required"),
        .webhook(
            "request_token_encoding: JSON\npayload_template: |\n  {\"a\": 1,\n   \"b\": {{lead.Id}}{{lead.Id}}}",
            "5:20: error",
            "adjacent-tokens"
        ),
        .webhook("custom_headers: [a]", "2:17: error", "mapping-expected"),
        .file(
            "url: https://{{my.User}}:{{my.Password}}@example.com/\ncustom_headers: {authorization: Bearer a}",
            "2:33: warning",
            "unused-credentials"
        ),
        .webhook(
            "response_type: JSON\nresponse_mappings:\n  NumberOfEmployees: {attribute: a, when_empty: write}",
            "4:49: warning",
            "empty-not-text"
        ),
        .webhook("custom_headers: {X-Note: ok}\ndescription: Lead #{{lead.Id}} a", "3:19: warning", "yaml-comment"),
        .webhook("description: paint it #ff0000", "2:23: warning", "yaml-comment"),
        .webhook("description: paint it #FACADE", "2:23: warning", "yaml-comment"),
        .webhook("description: \"a\u{2028}b\"", "2:16: warning", "yaml-line-break"),
        .webhook("description: ticket #12", "2:21: warning", "yaml-comment"),
        .webhook("description: Alerts #leads-emea", "2:21: warning", "yaml-comment"),
        .webhook("<<<<<<< HEAD\nenabled: true\n=======\nenabled: false\n>>>>>>> b", "2:1: error", "merge-conflict"),
        .webhook("description: \"a\n=======\nb\"", "3:1: error", "merge-conflict"),
        .other("fields.json", "{\n>>>>>>> main\n}", "2:1: error", "merge-conflict"),
        .webhook("custom_headers: {'a b': c}", "2:18: error", "header-name"),
        .webhook("custom_headers: {Host: c}", "2:18: error", "header-reserved"),
        .webhook("custom_headers: {content-length: c}", "2:18: error", "header-reserved"),
        .webhook("custom_headers: {Transfer-Encoding: c}", "2:18: error", "header-reserved"),
        .webhook("custom_headers: {Connection: c}", "2:18: error", "header-reserved"),
        .webhook("custom_headers: {Keep-Alive: c}", "2:18: error", "header-reserved"),
        .webhook("custom_headers: {TE: c}", "2:18: error", "header-reserved"),
        .webhook("custom_headers: {Trailer: c}", "2:18: error", "header-reserved"),
        .webhook("custom_headers: {Upgrade: c}", "2:18: error", "header-reserved"),
        .webhook("custom_headers: {Proxy-Connection: c}", "2:18: error", "header-reserved"),
        .webhook("custom_headers: {Proxy-Authorization: c}", "2:18: error", "header-reserved"),
        .webhook("custom_headers: {Proxy-Authenticate: c}", "2:18: error", "header-reserved"),
        .webhook("custom_headers: {Expect: c}", "2:18: error", "header-reserved"),
        .webhook("custom_headers: {X-A: c, X-B: d, x-a: e}", "2:34: error", "duplicate-header"),
        .webhook("response_mappings: {Title: a}", "2:20: error", "response-type"),
        .webhook("response_type: JSON\nresponse_mappings: {Tilte: a}", "3:21: error", "unknown-field"),
        .webhook("response_type: JSON\nresponse_mappings: {Id: a}", "3:21: error", "read-only-field"),
        .webhook("response_type: JSON\nresponse_mappings: {Title: a, title: b}", "3:31: error", "duplicate-mapping"),
        .webhook(
            "response_type: JSON\nresponse_mappings: {Title: {when_null: clear}}",
            "3:28: error",
            "attribute-required"
        ),
        .webhook("timeout: 31s", "2:10: error", "duration-expected"),
        .webhook("timeout: 0s", "2:10: error", "duration-expected"),
        .webhook("timeout: 5", "2:10: error", "duration-expected"),
        .webhook("max_concurrent: 0", "2:17: error", "number-expected"),
        .webhook("redirects: 6", "2:12: error", "number-expected"),
        .webhook("max_rate: 10", "2:11: error", "rate-expected"),
        .webhook("max_rate: 0/s", "2:11: error", "rate-expected"),
        .webhook("max_rate: 1e-300/s", "2:11: error", "rate-expected"),
        .webhook("retry: {attempts: 6, on: [503]}", "2:19: error", "number-expected"),
        .webhook("retry: {on: [503]}", "2:8: error", "retry"),
        .webhook("retry: {attempts: , on: [503]}", "2:8: error", "retry"),
        .webhook("retry: {attempts: 2, on: []}", "2:26: error", "retry"),
        .webhook("response_type: JSON\nresponse_mappings: {Title: null}", "3:28: error", "text-expected"),
        .webhook("custom_headers: {X-A: \"a\\u0085b\"}", "2:25: error", "header-control-character"),
        .webhook("retry: {attempts: 2}", "2:8: error", "retry"),
        .webhook("retry: {attempts: 2, on: [200]}", "2:27: error", "retry"),
        .webhook("retry: {attempts: 2, on: [timeout]}", "2:26: error", "retry"),
        .webhook("timeout: 2s\nretry: {attempts: 2, on: [timeout], try_timeout: 2s}", "3:50: warning", "retry"),
        .webhook("custom_headers: {Authorization: 'Basic {{my.Id}}:x'}", "2:49: warning", "basic-credentials"),
        .webhook("custom_headers: {Content-Type: text/xml; charset=iso-8859-1}", "2:41: warning", "content-charset"),
        .webhook("custom_headers:\n  X-Channel: #webinars", "3:14: warning", "yaml-comment"),
        .webhook("custom_headers: {X-Api-Key: '{{my.Plain Key}}'}", "2:30: warning", "secret-plain"),
        .webhook("custom_headers: {X-A: '{{my.Hidden}}'}", "2:24: warning", "secret-plain"),
        .webhook("custom_headers: {Content_Type: a/b}", "2:18: warning", "header-spelling"),
        .webhook("response_type: JSON\nresponse_mappings: {Title: emails.0}", "3:35: warning", "doubtful-key"),
        .webhook("response_type: JSON\nresponse_mappings: {Title: a . b}", "3:28: warning", "doubtful-key"),
        .webhook("tls: {ca_file: nowhere.pem}", "2:16: error", "tls-file"),
        .webhook("tls: {ca_file: webhooks/w.yaml}", "2:16: error", "tls-file"),
        .webhook("tls: {client_key: tls/whole.pem}", "2:6: error", "tls-file"),
        .webhook("tls: {client_certificate: tls/certificate.pem}", "2:27: error", "tls-file"),
        .webhook("tls: {client_certificate: tls/locked.pem}", "2:27: error", "tls-file"),
        .webhook("name: a\nname: b", "3:1: error", "duplicate-key"),
        .webhook("description: &a b", "2:14: error", "yaml-anchor"),
        .webhook("custom_headers:\n  X-Id: {{lead.Id}}", "3:9: error", "yaml-token"),
        .webhook("custom_headers:\n  X-A: a\n  timeout: 1s", "4:3: warning", "misplaced-key"),
        .webhook("custom_headers: {Accept-Language: de, en}", "2:39: warning", "empty-value"),
        .webhook("payload_template: 'a {lead.Id}'", "2:23: warning", "half-token"),
        .webhook("custom_headers: {X-A: 'lead.First Name}}'}", "2:24: warning", "half-token"),
        .file("url: https://example.com/${lead.Id}\n", "1:28: warning", "half-token"),
        .file("url: https://a..example.com/\n", "1:14: error", "url-host"),
        .webhook("custom_headers: {X-A: '{{lead.First\u{A0}Name}}'}", "2:24: warning", "hidden-character"),
        .webhook("response_type: JSON\nresponse_mappings: {Title: person/title}", "3:34: error", "invalid-key"),
        .webhook("description: “x y”", "2:14: warning", "yaml-quotes"),
        .webhook("request_type:GET\nenabled: true", "2:1: error", "yaml-syntax"),
        .webhook("description: \"a\nname: \"b\"", "2:14: error", "yaml-syntax"),
        .webhook("custom_headers: {X-A: '{{my.Nothing}}'}", "2:24: warning", "unknown-my-token"),
        .webhook("custom_headers: {X-A: '{{lead.Frist Name}}'}", "2:24: warning", "unknown-field"),
        .file("url: https://{{my.Secret}}/\n", "1:14: error", "secret-exposed"),
        .file("url: http://example.com/{{my.Secret}}\n", "1:25: error", "secret-exposed"),
        .file("url: http://localhost:8080/\n", "1:6: warning", "private-address"),
        .file("url: http://example.com/?k={{my.Secret}}\n", "1:28: error", "secret-exposed"),
        .other("webhooks/z.yaml", "name: OTHER\nurl: https://example.com/\n", "1:7: error", "duplicate-webhook"),
        .other("marketing-activities/p/program.yaml", "name: x\n", "1:1: error", "program-id"),
        .other("marketing-activities/p/program.yaml", "id: 9\n", "1:5: error", "duplicate-program"),
        .other("marketing-activities/p/program.yaml", "id: 1\nidd: 2\n", "2:1: error", "unknown-key"),
        .other("marketing-activities/p/my_tokens.yaml", "a: 1\n", "1:1: warning", "unknown-file"),
        .other("marketing-activities/p/my-tokens.yaml", "[a]\n", "1:1: error", "mapping-expected"),
        .other("marketing-activities/p/my-tokens.yaml", "a:\nsecret: true\n", "1:1: error", "token-value"),
        .other("marketing-activities/p/my-tokens.yaml", "a: 1\nb:\n", "2:1: warning", "empty-value"),
        .other("marketing-activities/p/my-tokens.yaml", "a: x {{Lead.Id}}\n", "1:4: warning", "nested-token"),
        .other("marketing-activities/p/my-tokens.yaml", "a: {value: '{{my.b}}'}\n", "1:12: warning", "nested-token"),
        .other("marketing-activities/p/my-tokens.yaml", "a: {secret: , value: b}\n", "1:13: error", "unknown-value"),
        .other("marketing-activities/p/my-tokens.yaml", "'a{b': 1\n", "1:1: warning", "token-name"),
        .other("marketing-activities/p/my-tokens.yaml", "a: http://b:c@d/\n", "1:4: warning", "literal-credential"),
        .other("flowhook.yaml", "mount: flow\n", "1:8: error", "setting"),
        .other("flowhook.yaml", "time_zone: Europe/Nowhere\n", "1:12: error", "setting"),
        .other("flowhook.yaml", "log_levle: debug\n", "1:1: error", "unknown-key"),
        .other("fields.json", "{\n \"result\": [}", "2:13: error", "json-syntax"),
        .other("fields.json", "[]", "1:1: error", "fields"),
    ]

    /// What goes to the machine itself crosses no wire.
    @Test(arguments: [
        ("127.0.0.1", true), ("127.0.0.1.", true), ("[::1]", true), ("localhost", true), ("127.9.9.9", true),
        ("[::2]", false),
    ])
    func aSecretStaysOnTheMachineInTheClear(host: String, isAllowed: Bool) {
        let found = TemporaryStore([
            "flowhook.yaml": "allow_networks: [127.0.0.0/8, \"::/64\"]\n",
            "webhooks/a.yaml": "url: 'http://\(host)/'\ncustom_headers: {X-Key: '{{my.Key}}'}\n",
            "marketing-activities/my-tokens.yaml": "Key: {secret: true, value: long-enough}\n",
        ]).load().diagnostics
        #expect(found.map(\.code) == (isAllowed ? [] : ["secret-exposed"]), "\(found)")
    }

    /// A token that stands for nothing is blank in a call, so what stands beside it is the whole host.
    @Test(arguments: [
        "{{my.Base}}{{my.Region}}/v1", "{{my.Base}}{{my.Regoin}}/v1", "{{my.Base}}{{program.description}}/v1",
    ])
    func aHostIsCheckedWithWhatIsBlank(url: String) {
        let files = [
            "webhooks/s.yaml": "url: '\(url)'\ncustom_headers: {Authorization: 'Bearer {{my.Key}}'}\n",
            "marketing-activities/my-tokens.yaml": """
            Base: http://10.9.9.9:39473
            Key: {secret: true, value: supersecret99}
            """,
            "marketing-activities/p/program.yaml": "id: 1\n",
            "marketing-activities/p/my-tokens.yaml": "Base: https://api.example.com\nRegion: /eu\n",
        ]
        let found = TemporaryStore(files).load().diagnostics.filter { $0.severity == .error }
        #expect(found.map(\.code).sorted() == ["program-url", "secret-exposed"], "\(found)")
        #expect(found.allSatisfy { $0.message.hasPrefix("without a program") }, "\(found)")
        // Where only the programs say where it leads, the root says nothing.
        var without = files
        without["marketing-activities/my-tokens.yaml"] = "Key: {secret: true, value: supersecret99}\n"
        #expect(TemporaryStore(without).load().snapshot != nil)
    }

    /// With a dot behind it an address is one all the same, where a My Token gives it as where the URL does.
    @Test func anAddressOfAMyTokenWithADotBehindIt() {
        let found = TemporaryStore([
            "webhooks/a.yaml": "url: '{{my.Base}}/x'\n",
            "marketing-activities/my-tokens.yaml": "Base: http://10.9.9.9.\n",
        ]).load().diagnostics
        #expect(found.map(\.code) == ["program-url"], "\(found)")
    }

    /// A call refuses such a URL, whoever of the two gives the credentials.
    @Test func credentialsInTheTemplateAndInATokenAreTwo() {
        let found = TemporaryStore([
            "webhooks/s.yaml": "url: 'https://a:b@{{my.Host}}/x'\n",
            "marketing-activities/my-tokens.yaml": "Host: c:d@example.com\n",
        ]).load().diagnostics
        #expect(found.contains { $0.code == "program-url" && $0.message.contains("user:password@ twice") }, "\(found)")
    }

    /// A row of tokens in the place of one value: what is found stays in proportion to the file.
    @Test func aLongRowOfTokensIsToldOf() {
        let row = String(repeating: "{{lead.Id}}", count: 10_000)
        let file = "url: https://example.com/\nrequest_token_encoding: JSON\npayload_template: '[\(row)]'\n"
        let found = TemporaryStore(["webhooks/a.yaml": file]).load().diagnostics
        let first = found.first { $0.code == "adjacent-tokens" }
        #expect(first?.suggestion == "\"{{lead.Id}}{{lead.Id}}\"")
        #expect(found.reduce(0) { $0 + ($1.suggestion?.utf8.count ?? 0) } < 1_000_000)
    }

    @Test(arguments: mistakes.indices)
    func reportsAMistakeWithItsPlace(index: Int) throws {
        let mistake = Self.mistakes[index]
        var files = [
            "webhooks/other.yaml": "name: Other\nurl: https://example.com/\n",
            "marketing-activities/my-tokens.yaml": """
            Secret: {secret: true, value: long-enough}
            Hidden: {secret: true, value: long-enough}
            Plain Key: anything
            Id: ada
            """,
            "marketing-activities/a/program.yaml": "id: 9\n",
            "marketing-activities/a/my-tokens.yaml": "Hidden: plain\n",
            "tls/whole.pem": "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n",
            "tls/certificate.pem": "-----BEGIN CERTIFICATE-----\n",
            "tls/locked.pem": "-----BEGIN CERTIFICATE-----\n-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
        ]
        files[mistake.file] = mistake.text
        let result = TemporaryStore(files).load()
        let found = result.diagnostics.map { "\($0.file):\($0.line):\($0.column): \($0.severity.rawValue) \($0.code)" }
        #expect(found.contains("\(mistake.place) \(mistake.code)"), "\(mistake.text) gives \(found)")
        #expect((result.snapshot == nil) == mistake.place.hasSuffix("error"))
    }

    @Test func reportsAllMistakesAtOnceAndSuggests() {
        let result = TemporaryStore([
            "webhooks/a.yaml": "url: https://example.com/\nrequest_tpye: GET\ntimeout: 1h\n",
            "webhooks/b.yaml": "nmae: x\n",
        ]).load()
        #expect(result.snapshot == nil)
        #expect(
            result.diagnostics.map(\.code) == ["unknown-key", "duration-expected", "unknown-key", "url-required"]
        )
        #expect(result.diagnostics.first?.suggestion == "request_type")
        #expect(result.diagnostics.first?.text.hasPrefix("webhooks/a.yaml:2:1: error: ") == true)
    }

    /// A secret that is wrong is one all the same where webhooks name it.
    @Test(arguments: ["{secret: true, value: short}", "{secret: ture, value: long-enough}", "{secret: true, vlaue: a}"])
    func aWrongSecretIsTold(once token: String) {
        let result = TemporaryStore([
            "marketing-activities/my-tokens.yaml": "CRM Key: \(token)\n",
            "webhooks/a.yaml": "url: https://example.com/\ncustom_headers: {X-Api-Key: '{{my.CRM Key}}'}\n",
        ]).load()
        #expect(Set(result.diagnostics.map(\.file)) == ["marketing-activities/my-tokens.yaml"])
    }

    /// As other systems call it: the only word of which it is a part is meant, and what follows from it is told once.
    @Test(arguments: [
        ("headers: {X-Key: a}", "custom_headers"), ("template: a", "payload_template"), ("max: 1", nil),
        ("request_token_encoding: form\npayload_template: a={{lead.Id}}", "Form/Url"), ("type: GET", nil),
    ])
    func suggestsTheWholeOfAWord(yaml: String, suggestion: String?) {
        let result = TemporaryStore(["webhooks/a.yaml": "url: https://example.com/\n\(yaml)\n"]).load()
        #expect(result.diagnostics.map(\.suggestion) == [suggestion], "\(result.diagnostics.map(\.text))")
    }

    /// What is wrong only because another file cannot be read is left out, whatever keeps it from being read.
    @Test(arguments: ["A: *x", "A: b\n---\nC: d", "? [a]\n: b", "A:b\nC: d"])
    func tellsNoConsequences(tokens: String) {
        let result = TemporaryStore([
            "webhooks/a.yaml": "url: https://example.com/{{my.Other}}\n", "marketing-activities/my-tokens.yaml": tokens,
        ]).load()
        #expect(result.diagnostics.map(\.file) == ["marketing-activities/my-tokens.yaml"], "\(result.diagnostics)")
    }

    /// What a finding repeats of a value is for the file's author, who is shown how to quote it, and for no log.
    @Test(arguments: [
        "description: {MARKED}", "custom_headers: {X-Key: [[MARKED]]}", "payload_template: {{MARKED}}",
        "description: “MARKED”", "description: a: MARKED", "payload_template: '{my.a:default=MARKED}'",
    ])
    func tellsTheLogNoValue(line: String) {
        let result = TemporaryStore(["webhooks/a.yaml": "url: https://example.com/\n\(line)\n"]).load()
        #expect(result.diagnostics.contains { $0.text.contains("MARKED") })
        #expect(!result.diagnostics.contains { $0.publicText.contains("MARKED") }, "\(result.diagnostics)")
        let misspelt = TemporaryStore(["webhooks/a.yaml": "url: https://example.com/\nrequest_tpye: GET\n"]).load()
        #expect(misspelt.diagnostics.map(\.publicText) == misspelt.diagnostics.map(\.text))
        #expect(misspelt.diagnostics.first?.publicText.hasSuffix("did you mean request_type?") == true)
    }

    /// Beyond a bound findings are left out; that is an error where one of them is, and no sooner.
    @Test(arguments: [200, 201, 1_000])
    func loadsHoweverManyWarningsAFileHas(count: Int) {
        let warnings = String(repeating: "{{trigger.Nmae}} ", count: count)
        let head = "url: https://example.com/\nrequest_token_encoding: None\ncustom_headers: {X-A: '\(warnings)'}\n"
        let store = TemporaryStore(["webhooks/a.yaml": head])
        let result = store.load()
        #expect(result.snapshot != nil)
        #expect(result.diagnostics.count == min(count, 201))
        #expect(result.diagnostics.contains { $0.code == "too-many-findings" } == (count > 200))
        store.write(Array(head.replacing(" '}", with: " {{leed.Id}}'}").utf8), to: "webhooks/a.yaml")
        let broken = store.load()
        #expect(broken.snapshot == nil)
        #expect(broken.diagnostics.contains { $0.severity == .error })
    }
}
