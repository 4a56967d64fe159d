import FlowAction
import Testing

@Suite("URL templates")
struct URLPlacesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var text: String
        var code: String
        var offset: Int
        var severity: TemplateFinding.Severity
        var testDescription: String { text }

        init(_ text: String, _ code: String, at offset: Int, _ severity: TemplateFinding.Severity = .error) {
            (self.text, self.code, self.offset, self.severity) = (text, code, offset, severity)
        }
    }

    private func parts(_ text: String, encoding: TokenEncoding? = nil) -> [URLTemplate.Part] {
        let (template, findings) = TemplateFixture.compiler.url(text, encoding: encoding)
        #expect(findings.isEmpty, "\(findings)")
        return template.tokens.map(\.part)
    }

    private func places(_ template: Template) -> [Place] {
        template.segments.compactMap { segment in
            if case .token(_, let place) = segment { place } else { nil }
        }
    }

    @Test("Every part of a URL is told from the others")
    func findsParts() {
        #expect(parts("https://{{my.H}}:{{program.id}}/{{my.P}}?{{my.Q}}?") == [.authority, .authority, .path, .query])
        #expect(parts("{{my.Base URL}}/people/{{lead.Email}}") == [.authority, .path])
        #expect(parts("{{my.Base URL}}?x={{lead.Email}}") == [.authority, .query])
        #expect(parts("{{my.Base URL}}") == [.authority])
        #expect(parts("{{my.Scheme}}://{{my.Host}}/{{lead.Email}}") == [.authority, .authority, .path])
        #expect(parts("https://{{my.User}}:{{my.Password}}@host/{{my.P}}") == [.path, .userInfo, .userInfo])
        #expect(parts("http{{my.S}}://host/") == [.authority])
    }

    @Test(
        "The encoding decides how values are written behind the authority",
        arguments: [
            (nil, Place.urlComponent), (TokenEncoding.none, .urlAsWritten), (.json, .urlComponent),
            (.formURL, .urlComponent), (.xml, .urlComponent),
        ] as [(TokenEncoding?, Place)]
    )
    func choosesPlaces(encoding: TokenEncoding?, place: Place) {
        let template = TemplateFixture.compiler.url("https://{{my.H}}/{{my.P}}?{{my.Q}}", encoding: encoding).template
        #expect(places(template.url) == [.urlAuthority, place, place])
    }

    @Test("user:password@ is taken out of the URL")
    func splitsUserInfo() throws {
        let (template, findings) = TemplateFixture.compiler.url("https://us%40er:p@ss:w@host:8443/@x", encoding: nil)
        #expect(findings.map(\.code) == ["literal-credential"])
        #expect(findings.map(\.offset) == [8])
        #expect(template.url.source == "https://host:8443/@x")
        let userInfo = try #require(template.userInfo)
        guard case .literal(let bytes) = userInfo.segments.first else { throw CancellationError() }
        #expect(String(decoding: bytes, as: UTF8.self) == "us@er:p@ss:w")
        #expect(template.target?.host == "host")
        #expect(template.target?.port == 8443)
    }

    @Test("A URL without a token before its path has a known target")
    func knowsTarget() {
        let compiler = TemplateFixture.compiler
        #expect(compiler.url("HTTP://10.0.0.1/{{my.P}}", encoding: nil).template.target?.host == "10.0.0.1")
        #expect(compiler.url("https://[::1]:81?{{my.P}}", encoding: nil).template.target?.port == 81)
        #expect(compiler.url("https://{{my.H}}/", encoding: nil).template.target == nil)
        #expect(compiler.url("https://{{my.U}}@host/", encoding: nil).template.target?.host == "host")
    }

    @Test(
        "Findings",
        arguments: [
            Case("https://h/a#b", "url-fragment", at: 11),
            Case("https://h/?a={{my.A}}#{{my.B}}", "url-fragment", at: 21),
            Case("ftp://h/", "url-scheme", at: 0),
            Case("htps://h/", "url-scheme", at: 0),
            Case("h/path", "url-scheme", at: 0),
            Case("//h/path", "url-scheme", at: 0),
            Case("/{{my.A}}", "url-scheme", at: 0),
            Case("api.{{my.Domain}}/x", "url-scheme", at: 0),
            Case("", "url-scheme", at: 0),
            Case("https://", "url-host", at: 8),
            Case("https:///x", "url-host", at: 8),
            Case("https://a%2eb/", "url-host", at: 8),
            Case("https://./", "url-host", at: 8),
            Case("https://.a/", "url-host", at: 8),
            Case("https://a../", "url-host", at: 8),
            Case("https://\(String(repeating: "a", count: 64)).example/", "url-host", at: 8),
            Case("https://\(String(repeating: "a.", count: 127))a/", "url-host", at: 8),
            Case("https://münchen.example/", "url-host", at: 8),
            Case("https://a\\b/", "url-host", at: 8),
            Case("https://[1]/", "url-host", at: 8),
            Case("https://h:/", "url-port", at: 8),
            Case("https://h:0/", "url-port", at: 8),
            Case("https://h:65536/", "url-port", at: 8),
            Case("https://h:8o/", "url-port", at: 8),
            Case("https://h/a b", "url-character", at: 11),
            Case("https://h/\n", "url-character", at: 10),
            Case("https://h/%{{my.A}}", "url-escape", at: 11, .warning),
            Case("https://h/%4{{my.A}}", "url-escape", at: 12, .warning),
            Case("https://h/?a=50%&b=1", "url-escape", at: 15, .warning),
            Case("https://h/?a=%4g", "url-escape", at: 13, .warning),
            Case("https://h/?a=%", "url-escape", at: 13, .warning),
            Case("https://{{my.User}}%:{{my.Password}}@h/", "url-escape", at: 19, .warning),
            Case("https://h/?a=1&amp;b={{my.A}}", "url-escape", at: 14, .warning),
            Case("https://{{lead.Email}}/", "url-authority-token", at: 8),
            Case("https://h{{system.date}}", "url-authority-token", at: 9),
            Case("{{campaign.name}}/x", "url-authority-token", at: 0),
            Case("https://{{member.x}}@h/", "url-authority-token", at: 8),
            Case("{{my.Base}}{{company.Company}}/x", "url-authority-token", at: 11),
            Case("https://user:password@h/", "literal-credential", at: 8, .warning),
            Case("https://{{my.H/", "unclosed-token", at: 8),
            Case("https://{{H}}/", "missing-family", at: 8),
        ]
    )
    func findsFaults(_ expected: Case) {
        let findings = TemplateFixture.compiler.url(expected.text, encoding: .formURL).findings
        #expect(findings.map(\.code) == [expected.code])
        #expect(findings.map(\.offset) == [expected.offset])
        #expect(findings.map(\.severity) == [expected.severity])
    }

    @Test(
        "The longest names are names",
        arguments: ["a.", String(repeating: "a", count: 63), String(repeating: "a.", count: 127)]
    )
    func takesTheLongestNames(host: String) {
        let findings = TemplateFixture.compiler.url("https://\(host)/", encoding: .formURL).findings
        #expect(findings.map(\.code) == [])
    }

    @Test("A misspelt scheme is suggested")
    func suggestsScheme() {
        #expect(TemplateFixture.compiler.url("htps://h/", encoding: nil).findings.first?.suggestion == "https")
    }
}
