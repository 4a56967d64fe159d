import FlowAction
import Testing

@Suite("Token syntax")
struct TokenSyntaxTests {
    private func tokens(_ text: String) -> [TokenReference] {
        TemplateFixture.compiler.header(text).template.segments.compactMap { segment in
            if case .token(let token, _) = segment { token } else { nil }
        }
    }

    @Test("Family and name ignore case, and blanks around them are dropped")
    func readsTokens() throws {
        let token = try #require(tokens("Dear {{ LEAD . first name }}!").first)
        #expect(token.family == .lead)
        #expect(token.name == "first name")
        #expect(token.key == "first name")
        #expect(token.spelling == "LEAD.first name")
        #expect(token.defaultText == nil)
        #expect(token.leadField == 1)
        #expect(token.offset == 5)
    }

    @Test("Fields are bound under each of their names", arguments: ["Email Address", "email", "EMAIL"])
    func bindsFields(name: String) {
        #expect(tokens("{{lead.\(name)}}").first?.leadField == 0)
    }

    @Test("A company token knows the company's fields and the lead's")
    func bindsCompanyFields() {
        #expect(tokens("{{company.Company Name}}").first?.companyField == 0)
        #expect(tokens("{{company.Industry}}").first?.companyField == nil)
        #expect(tokens("{{company.Industry}}").first?.leadField == 3)
    }

    @Test(
        "A default runs to the first }} as written",
        arguments: [
            ("{{lead.First Name:default=friend}}", "friend"),
            ("{{lead.First Name :default= dear friend }}", " dear friend "),
            ("{{lead.First Name:DEFAULT=a}b:c{d}}", "a}b:c{d"),
            ("{{lead.First Name:default=}}", ""),
            ("{{lead.First Name:default={x}}}", "{x"),
            ("{{lead.First Name:default=one\ntwo}}", "one\ntwo"),
        ]
    )
    func readsDefaults(text: String, expected: String) {
        #expect(tokens(text).first?.name == "First Name")
        #expect(tokens(text).first?.defaultText == expected)
    }

    @Test(
        "Braces that open or close no token are text",
        arguments: [
            ("{a} }} {", "{a} }} {"),
            ("{{{my.A}}}", "{|}"),
            ("{\"a\":{\"b\":{{my.A}}}}", "{\"a\":{\"b\":|}}"),
            ("{{my.A}}{{my.B}}", "||"),
            ("", ""),
        ]
    )
    func keepsOtherBraces(text: String, expected: String) {
        let (template, findings) = TemplateFixture.compiler.header(text)
        let shown = template.segments.map { segment in
            switch segment {
            case .literal(let bytes): String(decoding: bytes, as: UTF8.self)
            case .token: "|"
            }
        }
        #expect(shown.joined() == expected)
        #expect(findings.isEmpty)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var text: String
        var offset: Int
        var severity: TemplateFinding.Severity
        var code: String
        var suggestion: String?
        var testDescription: String { text }

        init(
            _ text: String,
            _ offset: Int,
            _ severity: TemplateFinding.Severity,
            _ code: String,
            _ suggestion: String? = nil
        ) {
            self.text = text
            self.offset = offset
            self.severity = severity
            self.code = code
            self.suggestion = suggestion
        }
    }

    @Test(
        "Findings",
        arguments: [
            Case("ab {{lead.First Name", 3, .error, "unclosed-token"),
            Case("é {{lead.First Name, {{lead.Email}}", 3, .error, "unclosed-token"),
            Case("{{lead.First Name}, {}}", 0, .error, "unclosed-token"),
            Case("{{lead.First Name\nand more}}", 0, .error, "unclosed-token"),
            Case("{{lead.First Name:default=x}", 0, .error, "unclosed-token"),
            Case("{{}}", 0, .error, "empty-token"),
            Case("x{{  }}", 1, .error, "empty-token"),
            Case("{{.Name}}", 0, .error, "missing-family", "{{my.Name}}"),
            Case("{{First Name}}", 0, .error, "missing-family", "{{lead.First Name}}"),
            Case("{{Lead: Email Address}}", 0, .error, "missing-family", "{{lead.Email Address}}"),
            Case("{{Company Name}}", 0, .error, "missing-family", "{{company.Company Name}}"),
            Case("{{lead.}}", 0, .error, "missing-name"),
            Case("{{led.First Name}}", 0, .error, "unknown-family", "lead"),
            Case("{{programm.id}}", 0, .error, "unknown-family", "program"),
            Case("{{contact.First Name}}", 0, .error, "unknown-family"),
            Case("{{program.naem}}", 0, .error, "unknown-name", "name"),
            Case("{{campaign.type}}", 0, .error, "unknown-name"),
            Case("{{system.datetim}}", 0, .error, "unknown-name", "dateTime"),
            Case("{{system.unsubscribelink}}", 0, .warning, "email-link"),
            Case("{{trigger.Trigger Nme}}", 0, .warning, "unknown-trigger-name", "Trigger Name"),
            Case("{{lead.Frist Name}}", 0, .warning, "unknown-field", "First Name"),
            Case("{{lead.Shoe Size}}", 0, .warning, "unknown-field"),
            Case("{{company.Compny Name}}", 0, .warning, "unknown-field", "Company Name"),
            Case("{{lead.First Name:default=edit me}}", 0, .warning, "placeholder-default"),
            Case("{{lead.First Name:default={{my.Name}}", 0, .warning, "nested-token"),
            Case("{{my.Name: default=x}}", 0, .warning, "default-syntax"),
            Case("{{my.Name default=x}}", 0, .warning, "default-syntax"),
            Case("{{my.Name | default = x}}", 0, .warning, "default-syntax"),
            Case("é {lead.First Name}", 4, .warning, "half-token", "{{lead.First Name}}"),
            Case("{ Lead.Id }", 2, .warning, "half-token", "{{Lead.Id }}"),
            Case("a lead.Id}}", 2, .warning, "half-token", "{{lead.Id}}"),
            Case("{{lead.First Name}} {lead.Id}}", 21, .warning, "half-token", "{{lead.Id}}"),
            Case("{my.Key:default=a b}", 1, .warning, "half-token", "{{my.Key:default=a b}}"),
            Case("${my.Straße}", 2, .warning, "half-token", "{{my.Straße}}"),
            Case("{{my.No\u{200B}Name}}", 0, .warning, "hidden-character"),
        ]
    )
    func findsFaults(_ expected: Case) throws {
        let findings = TemplateFixture.compiler.payload(expected.text, encoding: TokenEncoding.none, contentType: nil)
            .findings
        let finding = try #require(findings.first)
        #expect(finding.offset == expected.offset)
        #expect(finding.severity == expected.severity)
        #expect(finding.code == expected.code)
        #expect(finding.suggestion == expected.suggestion)
        #expect(!finding.message.isEmpty)
        #expect(findings.count == 1)
    }

    /// A dot behind a family's word is common, and two braces at an end are.
    @Test(
        "Text that is none",
        arguments: [
            #"{"a": {"b": "see my.site"}}"#, "{ lead: my.site }", "xlead.Id}}", "a.my.Id}}", "{lead.}", "{lead. }",
            "lead.Id}",
            "{my.a, b}", "{{my.Id}}}", "{{{my.Id}}}", "{my.Id", "{lead\n.Id}", "{my.a\nb}", "{my.Key:default=a\nb}",
        ]
    )
    func takesTextForText(text: String) {
        let found = TemplateFixture.compiler.payload(text, encoding: TokenEncoding.none, contentType: nil).findings
        #expect(!found.contains { $0.code == "half-token" }, "\(found)")
    }

    @Test(
        "Every known name passes",
        arguments: [
            "{{program.ID}}{{program.name}}{{program.Description}}{{campaign.id}}{{system.munchkinid}}{{system.time}}",
            "{{trigger.name}}{{trigger.Client IP Address}}{{member.anything}}{{my.Anything at all}}",
        ]
    )
    func acceptsKnownNames(text: String) {
        #expect(TemplateFixture.compiler.header(text).findings.isEmpty)
    }

    @Test("A header's value is one line")
    func refusesLineBreaksInHeaders() {
        let findings = TemplateFixture.compiler.header("Bearer {{my.Key}}\n").findings
        #expect(findings.map(\.code) == ["header-control-character"])
        #expect(findings.first?.offset == 17)
        #expect(TemplateFixture.compiler.header("a\tb").findings.isEmpty)
    }

    @Test("A finding for every fault, in order")
    func reportsAll() {
        let findings = TemplateFixture.compiler.header("{{a.B}} {{lead.}} {{lead.Nope}} {{system.x").findings
        #expect(findings.map(\.code) == ["unknown-family", "missing-name", "unknown-field", "unclosed-token"])
        #expect(findings.map(\.offset) == [0, 8, 18, 32])
    }
}
