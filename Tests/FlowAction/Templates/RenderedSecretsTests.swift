import FlowAction
import Testing

/// What a render keeps from sight: the secrets that it lists, and a preview without them.
@Suite("Rendered secrets and previews")
struct RenderedSecretsTests {
    private let renderer = Renderer(maximumPayloadBytes: 1000)

    @Test("Secrets are listed as they are and as they were written")
    func listsWrittenSecrets() throws {
        let webhook = TemplateFixture.webhook(
            url: "https://h/?k={{my.K}}",
            payload: "[{{my.K}}, \"{{my.K}}\"]",
            encoding: .json
        )
        let rendered = try renderer.render(webhook) { _ in TemplateFixture.myToken("a\"b/cdefg", isSecret: true) }
        #expect(rendered.secrets == ["a\"b/cdefg", "a%22b%2Fcdefg", "a\\\"b/cdefg"])
    }

    @Test("A preview shows no secret anywhere")
    func masks() throws {
        let webhook = TemplateFixture.webhook(
            url: "https://user:{{my.Plain}}@h/?k={{my.K}}",
            payload: #"{"a": {{my.K}}, "b": "x{{my.K}}", "c": {{lead.Email}}}"#,
            encoding: .json,
            headers: [("X", "Key {{my.K}}")]
        )
        let rendered = try renderer.preview(
            webhook,
            resolve: TemplateFixture.resolver([
                "my.K": TemplateFixture.myToken("s3cret-key", isSecret: true),
                "my.Plain": TemplateFixture.myToken("passw0rd"),
                "lead.Email": TemplateFixture.text("a@b"),
            ])
        )
        #expect(rendered.outgoing.url == "https://h/?k=••••••")
        #expect(rendered.outgoing.host == "h")
        #expect(rendered.bodyText == #"{"a": "••••••", "b": "x••••••", "c": "a@b"}"#)
        #expect(rendered.header("X") == "Key ••••••")
        #expect(rendered.header("Authorization") == "Basic ••••••")
        #expect(rendered.secrets.isEmpty)
        #expect(
            rendered.tokens.map { "\($0.token.spelling) \($0.value.text) \($0.place.rawValue)" } == [
                "my.K •••••• URL component", "my.Plain •••••• URL authority", "my.K •••••• JSON value",
                "my.K •••••• JSON string", "lead.Email a@b JSON value", "my.K •••••• header",
            ]
        )
        #expect(!"\(rendered)".contains("s3cret-key"))
        #expect(!"\(rendered)".contains("passw0rd"))
    }

    @Test("A preview masks the credential of a token's URL, and a secret URL as a whole")
    func masksBaseURL() throws {
        let webhook = TemplateFixture.webhook(url: "{{my.Base}}/x")
        let plain = try renderer.preview(webhook) { _ in TemplateFixture.myToken("https://u:passw0rd@h") }
        #expect(plain.outgoing.url == "https://h/x")
        #expect(!"\(plain)".contains("passw0rd"))
        let secret = try renderer.preview(webhook) { _ in TemplateFixture.myToken("https://h/s3cret", isSecret: true) }
        #expect(secret.outgoing.url == "••••••")
        #expect(!"\(secret)".contains("s3cret"))
    }

    @Test("A preview fails where the render would")
    func previewFails() {
        let webhook = TemplateFixture.webhook(headers: [("X", "{{lead.Email}}")])
        #expect(throws: CallFailure.self) { try renderer.preview(webhook) { _ in TemplateFixture.text("\n") } }
    }
}
