import FlowAction
import JSON
import Store
import Testing

/// Webhooks as listings show them, from their files.
@Suite struct WebhookListingTests {
    private static let files = [
        "webhooks/deep/full.yaml": """
        name: Full One
        description: "12"
        enabled: false
        url: https://ada:pass@example.com/v1?campaign={{my.Campaign}}&api_key=abc
        request_type: PUT
        request_token_encoding: JSON
        payload_template: |
          {"n": {{lead.First Name}}, "password": "abc"}
        custom_headers: {Authorization: Bearer abc, X-Two: [one, "{{my.Campaign}}"], X-Token: [abc, d], X-Api-Key: "{{my.Campaign}}", Accept: 007}
        response_type: JSON
        response_mappings: {Title: "a[0].b", Rating: {attribute: c, when_null: clear}}
        unresolved_tokens: fail
        timeout: 250ms
        retry: {attempts: 3, on: [connect, 429], backoff: 50ms}
        max_concurrent: 5
        max_rate: 300/min
        redirects: 2
        """,
        "webhooks/bare.yaml": "url: https://example.com/\nretry:\n",
    ]

    @Test func showsEveryKeyAsWrittenAndMasksCredentials() throws {
        let snapshot = try #require(TemporaryStore(Self.files).load().snapshot)
        let json = try snapshot.requireWebhook(named: "FULL one", in: "the path").json
        let expected = #"""
            {"name": "Full One", "description": "12", "enabled": false, "file": "webhooks/deep/full.yaml",
             "url": "https://••••••@example.com/v1?campaign={{my.Campaign}}&api_key=••••••", "requestType": "PUT",
             "payloadTemplate": "{\"n\": {{lead.First Name}}, \"password\": \"••••••\"}\n",
             "requestTokenEncoding": "JSON",
             "customHeaders": {"Authorization": "Bearer ••••••", "X-Two": ["one", "{{my.Campaign}}"], "X-Token": ["••••••", "••••••"],
              "X-Api-Key": "{{my.Campaign}}", "Accept": "007"},
             "responseType": "JSON",
             "responseMappings": {"Title": "a[0].b", "Rating": {"attribute": "c", "whenNull": "clear"}},
             "unresolvedTokens": "fail", "timeout": "250ms",
             "retry": {"attempts": 3, "on": ["connect", 429], "backoff": "50ms"}, "maxConcurrent": 5,
             "maxRate": "300/min", "redirects": 2, "tls": null}
            """#
        #expect(json == (try JSONValue(parsing: Array(expected.utf8))))
    }

    /// The default of a token is text of the file like any other.
    @Test func masksAndWarnsOfCredentialsInDefaults() throws {
        let result = TemporaryStore([
            "webhooks/w.yaml": """
            url: "https://{{my.b:default=bob:hunter2secret@api.example.com}}/x?q={{my.q:default=all}}"
            request_token_encoding: JSON
            payload_template: '{"secret": "{{my.s:default=a1b2c3d4}}"}'
            custom_headers: {Authorization: "Bearer {{my.p:default=sk_live_123456}}"}
            """,
            "marketing-activities/my-tokens.yaml": "b: ''\nq: ''\ns: ''\np: ''\n",
        ]).load()
        #expect(result.diagnostics.map(\.code) == Array(repeating: "literal-credential", count: 3))
        #expect(result.diagnostics.map(\.line) == [1, 3, 4])
        let json = try #require(result.snapshot).requireWebhook(named: "w", in: "the path").json
        #expect(
            json["url"] == .string("https://{{my.b:default=••••••@api.example.com}}/x?q={{my.q:default=all}}")
        )
        #expect(json["payloadTemplate"] == .string(#"{"secret": "{{my.s:default=••••••}}"}"#))
        #expect(json["customHeaders"]?["Authorization"] == .string("Bearer {{my.p:default=••••••}}"))
    }

    @Test func showsWhatAFileLeavesOut() throws {
        let snapshot = try #require(TemporaryStore(Self.files).load().snapshot)
        let expected = #"""
            {"name": "bare", "description": null, "enabled": true, "file": "webhooks/bare.yaml",
             "url": "https://example.com/", "requestType": "POST", "payloadTemplate": null,
             "requestTokenEncoding": null, "customHeaders": {}, "responseType": "None", "responseMappings": {},
             "unresolvedTokens": "blank", "timeout": "30s", "retry": null, "maxConcurrent": null, "maxRate": null,
             "redirects": 0, "tls": null}
            """#
        let listing = WebhookListing(of: snapshot).json
        #expect(listing["webhooks"]?[0] == (try JSONValue(parsing: Array(expected.utf8))))
        #expect(listing["webhooks"]?[1]?["name"] == .string("Full One"))
        #expect(listing["webhooks"]?[2] == nil)
    }

    @Test func namesTheNearestWhereThereIsNone() throws {
        let snapshot = try #require(TemporaryStore(Self.files).load().snapshot)
        #expect {
            try snapshot.requireWebhook(named: "bar", in: "the path")
        } throws: { error in
            guard let problem = error as? Problem else { return false }
            return problem.name == .unknownWebhook && problem.detail.contains("did you mean \"bare\"?")
        }
    }

    /// A look for the nearest name is long work where there are many: a request is not to hold others up.
    @Test(arguments: [(2_000, true), (2_001, false)])
    func suggestsAmongFewWebhooks(count: Int, suggests: Bool) throws {
        let store = TemporaryStore(["webhooks/Enrich Lead.yaml": "url: https://example.com/\n"])
        let webhook = Array("url: https://example.com/\n".utf8)
        for number in 1..<count { store.write(webhook, to: "webhooks/\(number).yaml") }
        let snapshot = try #require(store.load().snapshot)
        let problem = #expect(throws: Problem.self) {
            try snapshot.requireWebhook(named: "Enrich Laed", in: "\"webhook\"")
        }
        #expect(problem?.detail.contains("Enrich Lead") == suggests)
    }
}
