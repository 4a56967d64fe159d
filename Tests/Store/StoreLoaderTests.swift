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
        #expect(webhook.encoding == .json)
        #expect(webhook.url.userInfo != nil)
        #expect(!webhook.url.url.source.contains("my.Key"))
        #expect(webhook.headers.map(\.name) == ["X-One", "X-Two", "X-Two"])
        #expect(webhook.mappings.map(\.field.soapName) == ["shoeSize", "Title"])
        #expect(webhook.mappings.map(\.clearsOnNull) == [false, true])
        #expect(webhook.mappings.map(\.writesEmpty) == [false, true])
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
        #expect(webhook.responseType == .none)
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

    /// What a finding repeats of a value is for the file's author, who is shown how to quote it, and for no log.
    @Test(arguments: ["description: {MARKED}", "custom_headers: {X-Key: [[MARKED]]}", "payload_template: {{MARKED}}"])
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

    // MARK: Files

    @Test func followsLinksInsideAndRefusesThoseThatLeave() {
        let store = TemporaryStore(["common/enrich.yaml": "url: https://example.com/\n"])
        store.makeFolder("webhooks")
        store.link("webhooks/inside.yaml", to: "../common/enrich.yaml")
        #expect(store.load().snapshot?.webhooks.keys.sorted() == ["inside"])
        // A folder beside the store whose name begins like the store's is outside too.
        let beside = TemporaryStore(["x.yaml": "url: https://example.com/\n"])
        let sibling = "\(store.directory)-beside"
        rename(beside.directory, sibling)
        defer {
            unlink("\(sibling)/x.yaml")
            rmdir(sibling)
        }
        for target in ["/etc/hostname", "\(sibling)/x.yaml"] {
            store.link("webhooks/outside.yaml", to: target)
            #expect(store.load().diagnostics.map(\.code) == ["link-leaves-store"])
            unlink(store.path("webhooks/outside.yaml"))
        }
        store.link("webhooks/broken.yaml", to: "nowhere")
        #expect(store.load().diagnostics.map(\.code) == ["broken-link"])
    }

    /// A folder of the store itself that leads nowhere, or out of it, is not as if there were none.
    @Test(arguments: ["webhooks", "marketing-activities"])
    func aLinkInAFoldersPlaceLeadsToOneOfTheStore(folder: String) {
        let store = TemporaryStore(["other/a.txt": "", "flowhook.yaml": ""])
        let empty = TemporaryStore(["a.txt": ""])
        for (target, code) in [("nowhere", "broken-link"), (empty.path(""), "link-leaves-store"), ("other", nil)] {
            store.link(folder, to: target)
            let result = store.load()
            #expect(result.diagnostics.first { $0.severity == .error }?.code == code)
            #expect((result.snapshot == nil) == (code != nil))
            unlink(store.path(folder))
        }
    }

    /// A name from a file ends no line of the findings, and steers no terminal.
    @Test func escapesControlCharactersInFindings() {
        let store = TemporaryStore(["webhooks/a.yaml": "\"bad\\nkey\\e[2J\\x9b\": 1\nurl: https://example.com/\n"])
        let found = store.load().diagnostics
        #expect(found.count == 1)
        #expect(found[0].text.contains(#"no key "bad\u000akey\u001b[2J\u009b""#), "\(found[0].text)")
        #expect(!found[0].publicText.unicodeScalars.contains { $0.value < 0x20 || 0x7F..<0xA0 ~= $0.value })
    }

    /// Text behind a plain value that is a comment to its author, too.
    @Test(arguments: ["true # see {{my.Key}}", "true #TODO later", "true  ## a", "\"a\" #12", "true#12", "12 # 12"])
    func aCommentIsNoMistake(value: String) {
        let store = TemporaryStore(["webhooks/a.yaml": "url: https://example.com/\ndescription: \(value)\n"])
        #expect(store.load().diagnostics.map(\.code) == [])
    }

    /// A value in a key's place is not repeated where others read it.
    @Test func aSecretInAKeysPlaceIsNotRepeated() {
        let store = TemporaryStore(["marketing-activities/my-tokens.yaml": "K: {secret: true, sk_live_abc123}\n"])
        let found = store.load().diagnostics
        #expect(found.contains { $0.code == "unknown-key" })
        #expect(!found.contains { $0.publicText.contains("sk_live") })
    }

    /// One file that cannot be read is one error, whatever depends on it.
    @Test(arguments: [
        ("fields.json", "{\u{201C}result\u{201D}: []}", "json-syntax"),
        ("flowhook.yaml", "allow_networks: [127.0.0.0/8, 10.0.0.0]x\n", "yaml-token"),
        ("flowhook.yaml", "allow_network: [127.0.0.0/8]\n", "unknown-key"),
        ("flowhook.yaml", "allow_networks: [127.0.0.0/8, 10.0.0.300]\n", "setting"),
        ("marketing-activities/my-tokens.yaml", "Service URL: http://127.0.0.1\n=======\n", "merge-conflict"),
    ])
    func aBrokenFileIsOneError(file: String, text: String, code: String) {
        var files = [
            "fields.json": #"{"result": [{"displayName": "Shoe Size", "dataType": "integer"}]}"#,
            "flowhook.yaml": "allow_networks: [127.0.0.0/8]\n",
            "marketing-activities/my-tokens.yaml": "Service URL: http://127.0.0.1\n",
            "marketing-activities/p/program.yaml": "id: 1\n",
            "webhooks/a.yaml": """
            url: "{{my.Service URL}}/{{lead.Shoe Size}}"
            response_type: JSON
            response_mappings: {Shoe Size: a}
            """,
            "webhooks/b.yaml": "url: http://127.0.0.1/\n",
        ]
        #expect(TemporaryStore(files).load().diagnostics.map(\.text) == [])
        files[file] = text
        let found = TemporaryStore(files).load().diagnostics
        #expect(found.map(\.code) == [code], "\(found.map(\.text))")
    }

    /// What editors put before and behind a secret in its file is no part of it.
    @Test(arguments: ["long-enough", "\u{FEFF}long-enough\r\n", "long-enough\n"])
    func aSecretsFileIsReadWithoutItsFrame(text: String) throws {
        let snapshot = try #require(
            TemporaryStore([
                "secrets/key": text,
                "marketing-activities/my-tokens.yaml": "Key: {secret: true, file: secrets/key}\n",
            ]).load().snapshot
        )
        #expect(snapshot.tree.token("key", in: 0)?.token.value == "long-enough")
    }

    /// A header that every call would be refused for.
    @Test func aLineBreakInAHeadersTokenIsToldOf() {
        let header = "url: https://example.com/\ncustom_headers: {Authorization: 'Bearer {{my.Key}}'}\n"
        let found = TemporaryStore([
            "webhooks/a.yaml": header,
            "marketing-activities/my-tokens.yaml": "Key: {secret: true, value: on one line}\n",
            "marketing-activities/p/my-tokens.yaml": "Key:\n  secret: true\n  value: |\n    abcdefgh\n",
        ]).load().diagnostics
        #expect(found.map(\.code) == ["header-control-character"])
        #expect(found.first?.severity == .warning)
        #expect(found.first?.message.hasSuffix("in marketing-activities/p/my-tokens.yaml") == true, "\(found)")
        let sound = TemporaryStore([
            "webhooks/a.yaml": header,
            "marketing-activities/my-tokens.yaml": "Key:\n  secret: true\n  value: |-\n    abcdefgh\n",
        ])
        #expect(sound.load().diagnostics == [])
    }

    /// What is no file is told of where a file would be read, and passed over elsewhere.
    @Test(arguments: [
        ("webhooks/w.yaml", ["webhooks/w.yaml unreadable"]), ("webhooks/w.txt", []), ("webhooks/socket", []),
        ("marketing-activities/my-tokens.yaml", ["marketing-activities/my-tokens.yaml unreadable"]),
        ("fields.json", ["fields.json unreadable"]),
    ])
    func tellsOfAPipeWhereAFileIsRead(path: String, findings: [String]) {
        let store = TemporaryStore(["webhooks/good.yaml": "url: https://example.com/\n"])
        store.makeFolder("marketing-activities")
        #expect(mkfifo(store.path(path), 0o600) == 0)
        #expect(store.load().diagnostics.map { "\($0.file) \($0.code)" } == findings)
    }

    /// A link that is wrong is told at its own path, and hides nothing of what lies beside it or below.
    @Test(arguments: ["webhooks", "marketing-activities", "tests"])
    func reportsAWrongLinkBesideWhatElseIsWrong(top: String) {
        let store = TemporaryStore()
        let file = ["webhooks": "w.yaml", "marketing-activities": "my-tokens.yaml", "tests": "t.yaml"][top] ?? ""
        for folder in ["", "/deep"] { store.write(Array("[".utf8), to: "\(top)\(folder)/\(file)") }
        store.link("\(top)/broken.yaml", to: "nowhere")
        store.link("\(top)/circle.yaml", to: "circle.yaml")
        store.link("\(top)/folder", to: "nowhere")
        store.link("\(top)/outside", to: "/etc")
        let loaded = store.load()
        let found = loaded.diagnostics + CaseLoader(directory: store.directory, snapshot: nil).load().diagnostics
        let wanted = [
            "broken.yaml broken-link", "circle.yaml broken-link", "folder broken-link", "outside link-leaves-store",
            "\(file) yaml-syntax", "deep/\(file) yaml-syntax",
        ]
        #expect(found.map { "\($0.file) \($0.code)" }.sorted() == wanted.map { "\(top)/\($0)" }.sorted())
    }

    /// A link, of a file and of a folder, that leads now here and now there, while the store is read: nothing of what is
    /// outside is ever taken, whenever the change comes.
    @Test func neverReadsOutsideWhileLinksChange() throws {
        let outside = TemporaryStore(["folder/w.yaml": "url: http://outside.test/\n"])
        let store = TemporaryStore([
            "inside/w.yaml": "url: http://inside.test/\n", "webhooks/plain.yaml": "url: http://inside.test/\n",
        ])
        store.link("webhooks/file.yaml", to: "../inside/w.yaml")
        store.link("webhooks/folder", to: "../inside")
        let links = ChangingLinks([
            (store.path("webhooks/file.yaml"), ["../inside/w.yaml", outside.path("folder/w.yaml")]),
            (store.path("webhooks/folder"), ["../inside", outside.path("folder")]),
        ])
        defer { links.stop() }
        var refused = 0
        for _ in 0..<2_000 {
            let result = store.load()
            if result.diagnostics.contains(where: { $0.code == "link-leaves-store" }) { refused += 1 }
            let urls = result.snapshot?.webhooks.values.map { $0.url.url.source } ?? []
            #expect(urls.allSatisfy { $0.contains("inside") })
        }
        #expect(refused > 0)
    }

    /// More entries than the kernel tells at once, under names of all lengths that it allows.
    @Test func readsAllOfALargeFolder() {
        let names = (0..<400).map { "\($0)" + String(repeating: "n", count: $0 * 7 % 247) }
        let files = names.enumerated().map { ("webhooks/\($1).yaml", "name: W\($0)\nurl: https://example.com/\n") }
        let store = TemporaryStore(Dictionary(uniqueKeysWithValues: files))
        store.makeFolder("webhooks/" + String(repeating: "f", count: 255))
        let result = store.load()
        #expect(result.diagnostics.isEmpty)
        #expect(result.snapshot?.webhooks.keys.sorted() == names.indices.map { "w\($0)" }.sorted())
    }

    /// A ConfigMap's layout: what is seen are links into a folder that `..data` points to.
    @Test func readsAKubernetesLayout() {
        let store = TemporaryStore(["..2026_05/webhooks/a.yaml": "url: https://example.com/\n"])
        store.link("..data", to: "..2026_05")
        store.link("webhooks", to: "..data/webhooks")
        #expect(store.load().snapshot?.webhooks.keys.sorted() == ["a"])
    }

    @Test func theStoreMayBeALink() {
        let store = TemporaryStore(["real/webhooks/a.yaml": "url: https://example.com/\n"])
        store.link("link", to: "real")
        let result = StoreLoader(directory: store.path("link"), options: LoadOptions()).load(at: Instant(seconds: 0))
        #expect(result.snapshot?.webhooks.count == 1)
    }

    @Test func passesOverWhatEditorsLeave() {
        let store = TemporaryStore(["webhooks/a.yaml": "url: https://example.com/\n"])
        for name in [".a.yaml.swp", "a.yaml~", "#a.yaml#", ".hidden.yaml", "b.yaml.tmp", "README.md"] {
            store.write(Array("nonsense: [".utf8), to: "webhooks/\(name)")
        }
        #expect(store.load().snapshot?.webhooks.count == 1)
    }

    @Test func refusesFilesThatAreNoTextOrTooLarge() {
        let store = TemporaryStore()
        store.write([0x75, 0x72, 0x6C, 0x3A, 0x20, 0xFF], to: "webhooks/a.yaml")
        store.write([UInt8](repeating: 0x23, count: (4 << 20) + 1), to: "webhooks/b.yaml")
        store.write([UInt8](repeating: 0x23, count: 4 << 20), to: "webhooks/c.yaml")
        let found = store.load().diagnostics.map { "\($0.file) \($0.code)" }
        #expect(found == ["webhooks/a.yaml not-utf-8", "webhooks/b.yaml too-large", "webhooks/c.yaml empty-file"])
    }

    @Test func takesOffAByteOrderMark() {
        func marked(_ text: String) -> [UInt8] { [0xEF, 0xBB, 0xBF] + text.utf8 }
        let store = TemporaryStore()
        store.write(marked("munchkin_id: one\nmount: /x\n"), to: "flowhook.yaml")
        store.write(marked(#"{"result": [{"displayName": "Shoe Size"}]}"#), to: "fields.json")
        store.write(marked("url: https://example.com/\nresponse_type: JSON\n"), to: "webhooks/a.yaml")
        store.write(marked("id: 1\nname: P\n"), to: "marketing-activities/P/program.yaml")
        store.write(marked("Speaker: Ada\nSeats: 1\n"), to: "marketing-activities/P/my-tokens.yaml")
        let result = store.load()
        #expect(result.diagnostics.isEmpty)
        #expect(result.snapshot?.settings.munchkinID == "one")
        #expect(result.snapshot?.leadFields.field(named: "Shoe Size") != nil)
        #expect(result.snapshot?.webhooks["a"]?.responseType == .json)
        #expect(result.snapshot?.tree.folders.last?.tokens.count == 2)
        // The mark takes no column.
        store.write(marked("urk: https://example.com/\n"), to: "webhooks/a.yaml")
        store.write(marked(#"{"result": [7]}"#), to: "fields.json")
        let places = store.load().diagnostics.map { "\($0.file):\($0.line):\($0.column) \($0.code)" }
        #expect(places.contains("webhooks/a.yaml:1:1 unknown-key"))
        #expect(places.contains("fields.json:1:13 fields"))
    }

    @Test func saysThatThereIsNoStore() {
        let result = StoreLoader(directory: "/nowhere/at/all", options: LoadOptions()).load(at: Instant(seconds: 0))
        #expect(result.snapshot == nil)
        #expect(result.diagnostics.map(\.code) == ["no-store"])
        let file = StoreLoader(directory: "/etc/hostname", options: LoadOptions()).load(at: Instant(seconds: 0))
        #expect(file.diagnostics.map(\.code) == ["no-store"])
        #expect(file.diagnostics.first?.message.contains("is a directory, and this is none") == true)
    }

    @Test func anEmptyFolderIsAStoreWithoutWebhooks() {
        #expect(TemporaryStore().load().snapshot?.webhooks.isEmpty == true)
    }
}
