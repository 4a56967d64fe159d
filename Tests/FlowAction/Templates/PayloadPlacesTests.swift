import FlowAction
import Testing

/// What a payload template should compile to.
struct PayloadCase: Sendable, CustomTestStringConvertible {
    var text: String
    var places: [Place]
    var finding: String?
    var offset: Int
    var testDescription: String { text }

    /// A template without findings.
    init(_ text: String, _ places: Place...) {
        (self.text, self.places, finding, offset) = (text, places, nil, 0)
    }

    /// A template with one finding.
    init(_ text: String, finds code: String, at offset: Int) {
        (self.text, places, finding, self.offset) = (text, [], code, offset)
    }

    func check(_ encoding: TokenEncoding?, contentType: String? = nil) {
        let (template, findings) = TemplateFixture.compiler.payload(
            text,
            encoding: encoding,
            contentType: contentType
        )
        if let finding {
            #expect(findings.map(\.code) == [finding])
            #expect(findings.first?.offset == offset)
        } else {
            #expect(findings.isEmpty, "\(findings)")
            let found: [Place] = template.segments.compactMap { segment in
                if case .token(_, let place) = segment { place } else { nil }
            }
            #expect(found == places)
        }
        #expect(template.source == text)
    }
}

@Suite("Payload templates")
struct PayloadPlacesTests {
    @Test(
        "JSON",
        arguments: [
            PayloadCase("{{my.A}}", .jsonValue),
            PayloadCase(" [ {{my.A}} , {{my.B}} ] ", .jsonValue, .jsonValue),
            PayloadCase(#"{"a": {{my.A}}, "b": "x {{my.B}}{{my.C}} y"}"#, .jsonValue, .jsonString, .jsonString),
            PayloadCase(#"{{{my.A}}: 1, {{my.B}} :{{my.C}}}"#, .jsonName, .jsonName, .jsonValue),
            PayloadCase(#"{"{{my.A}}": "{{my.B}}"}"#, .jsonString, .jsonString),
            PayloadCase(#"{"a":"\"{{my.A}}\\","b":[[],{},-0.5e+3,true,null,{{my.B}}]}"#, .jsonString, .jsonValue),
            PayloadCase(#"["😀{{my.A}}","\ud83d\ude00"]"#, .jsonString),
            PayloadCase(#"{"a": {"b": {{my.A}}}}"#, .jsonValue),
            PayloadCase(#"{"a": 1}"#),
            PayloadCase("", finds: "not-json", at: 0),
            PayloadCase(" ", finds: "not-json", at: 1),
            PayloadCase("{{my.A}}{{my.B}}", finds: "adjacent-tokens", at: 8),
            PayloadCase(#"{"a": {{my.A}} {{my.B}}}"#, finds: "adjacent-tokens", at: 15),
            PayloadCase(#"{{{my.A}}{{my.B}}: 1}"#, finds: "adjacent-tokens", at: 9),
            PayloadCase("[1{{my.A}}]", finds: "not-json", at: 2),
            PayloadCase("[1.{{my.A}}]", finds: "not-json", at: 3),
            PayloadCase("[-{{my.A}}]", finds: "not-json", at: 2),
            PayloadCase("[{{my.A}}1]", finds: "not-json", at: 9),
            PayloadCase(#"["a"{{my.A}}]"#, finds: "not-json", at: 4),
            PayloadCase(#"[{{my.A}}"a"]"#, finds: "not-json", at: 9),
            PayloadCase("[tr{{my.A}}]", finds: "not-json", at: 1),
            PayloadCase(#"["\{{my.A}}"]"#, finds: "not-json", at: 2),
            PayloadCase(#"["\u00{{my.A}}"]"#, finds: "not-json", at: 2),
            PayloadCase(#"["\ud83d{{my.A}}"]"#, finds: "not-json", at: 2),
            PayloadCase(#"["\x{{my.A}}"]"#, finds: "not-json", at: 2),
            PayloadCase(#"{"a": {{my.A}},}"#, finds: "not-json", at: 15),
            PayloadCase("[{{my.A}},]", finds: "not-json", at: 10),
            PayloadCase(#"{"a" {{my.A}}}"#, finds: "not-json", at: 5),
            PayloadCase(#"{"a": {{my.A}}"#, finds: "not-json", at: 14),
            PayloadCase(#"{"a": "{{my.A}}"#, finds: "not-json", at: 6),
            PayloadCase("{\"a\": \"{{my.A}}\n\"}", finds: "not-json", at: 15),
            PayloadCase(#"{'a': {{my.A}}}"#, finds: "not-json", at: 1),
            PayloadCase("{{my.A}} x", finds: "not-json", at: 9),
            PayloadCase("[01, {{my.A}}]", finds: "not-json", at: 1),
            PayloadCase("a={{my.A}}", finds: "not-json", at: 0),
            PayloadCase("[1,]", finds: "not-json", at: 3),
            PayloadCase(" ", finds: "not-json", at: 1),
        ]
    )
    func json(_ payload: PayloadCase) {
        payload.check(.json)
        payload.check(.json, contentType: "Application/JSON; charset=utf-8")
        payload.check(.json, contentType: "application/vnd.api+json")
    }

    @Test(
        "Plain text under JSON",
        arguments: [
            PayloadCase(#"say "{{my.A}}" and "\"{{my.B}}""#, .jsonString, .jsonString),
            PayloadCase(#"say "{{my.A}}" {{my.B}}"#, finds: "literal-in-text", at: 15),
            PayloadCase(#""\\" {{my.A}}"#, finds: "literal-in-text", at: 5),
            PayloadCase("<a>{{my.A}}</a>", finds: "encoding-mismatch", at: 0),
        ]
    )
    func textUnderJSON(_ payload: PayloadCase) {
        payload.check(.json, contentType: "text/plain")
    }

    @Test(
        "XML",
        arguments: [
            PayloadCase("", finds: "not-xml", at: 0),
            PayloadCase("<a>{{my.A}}</a>", .xmlText),
            PayloadCase(
                #"<?xml version="1.0" encoding='utf-8' standalone="yes" ?> <!-- c --><a b="{{my.A}}" c='{{my.B}}'/> "#,
                .xmlAttribute,
                .xmlAttribute
            ),
            PayloadCase("<a><b:c>x{{my.A}}y</b:c><![CDATA[<{{my.B}}]]></a>", .xmlText, .xmlCDATA),
            PayloadCase("<?xml-stylesheet href='x'?><é.1-2 x = \"a&amp;&#x41;&#65;\" >&lt;{{my.A}}</é.1-2 >", .xmlText),
            PayloadCase("<a>{{my.A}}]]<![CDATA[]]></a>", .xmlText),
            PayloadCase("<a><![CDATA[]{{my.A}}]]]></a>", .xmlCDATA),
            PayloadCase("<a>]]&amp;>{{my.A}}</a>", .xmlText),
            PayloadCase("<{{my.A}}/>", finds: "token-in-markup", at: 1),
            PayloadCase("<a{{my.A}}/>", finds: "token-in-markup", at: 2),
            PayloadCase("<a {{my.A}}='x'/>", finds: "token-in-markup", at: 3),
            PayloadCase("<a></{{my.A}}>", finds: "token-in-markup", at: 5),
            PayloadCase("<a><!-- {{my.A}} --></a>", finds: "token-in-markup", at: 8),
            PayloadCase("<a><?pi {{my.A}}?></a>", finds: "token-in-markup", at: 8),
            PayloadCase("<?xml version='{{my.A}}'?><a/>", finds: "token-in-markup", at: 15),
            PayloadCase("<a b={{my.A}}/>", finds: "not-xml", at: 5),
            PayloadCase("<!DOCTYPE a><a>{{my.A}}</a>", finds: "not-xml", at: 0),
            PayloadCase("<a>{{my.A}}</b>", finds: "not-xml", at: 11),
            PayloadCase("<a><b>{{my.A}}</b>", finds: "not-xml", at: 0),
            PayloadCase("<a/>{{my.A}}", finds: "not-xml", at: 4),
            PayloadCase("{{my.A}}<a/>", finds: "not-xml", at: 0),
            PayloadCase("<a/><b/>", finds: "not-xml", at: 4),
            PayloadCase("<a x='1' x='{{my.A}}'/>", finds: "not-xml", at: 9),
            PayloadCase("<a x='1'y='2'/>", finds: "not-xml", at: 8),
            PayloadCase("<a>&nbsp;{{my.A}}</a>", finds: "not-xml", at: 3),
            PayloadCase("<a>&{{my.A}};</a>", finds: "not-xml", at: 3),
            PayloadCase("<a>&#0;</a>", finds: "not-xml", at: 3),
            PayloadCase("<a>&#+65;</a>", finds: "not-xml", at: 3),
            PayloadCase("<a>a & b {{my.A}}</a>", finds: "not-xml", at: 5),
            PayloadCase("<a>1 < 2 {{my.A}}</a>", finds: "not-xml", at: 6),
            PayloadCase("<a x='<'/>", finds: "not-xml", at: 6),
            PayloadCase("<a>]]{{my.A}}></a>", finds: "not-xml", at: 13),
            PayloadCase("<a><![CDATA[]{{my.A}}]></a>", finds: "not-xml", at: 22),
            PayloadCase("<a><![CDATA[{{my.A}}</a>", finds: "not-xml", at: 3),
            PayloadCase("<a>\u{1}</a>", finds: "not-xml", at: 3),
            PayloadCase("<a>\u{FFFE}</a>", finds: "not-xml", at: 3),
            PayloadCase("<a><!-- -- --></a>", finds: "not-xml", at: 10),
            PayloadCase(" <?xml version='1.0'?><a/>", finds: "not-xml", at: 1),
            PayloadCase("<?xml encoding='UTF-8'?><a/>", finds: "not-xml", at: 6),
            PayloadCase("<?xml version='1.0' encoding='ISO-8859-1'?><a/>", finds: "not-xml", at: 20),
            PayloadCase("<?xml version='1.1'?><a/>", finds: "not-xml", at: 6),
            PayloadCase("<?xml version='1.0'encoding='UTF-8'?><a/>", finds: "not-xml", at: 19),
            PayloadCase("<?xml version='1.0' standalone='1'?><a/>", finds: "not-xml", at: 20),
            PayloadCase("<?xmlversion='1.0'?><a/>", finds: "not-xml", at: 12),
            PayloadCase("<a><?pi/?></a>", finds: "not-xml", at: 7),
            PayloadCase("<×/>", finds: "not-xml", at: 1),
            PayloadCase("<", finds: "not-xml", at: 1),
            PayloadCase("<a", finds: "not-xml", at: 0),
            PayloadCase("<a b='", finds: "not-xml", at: 6),
            PayloadCase("text", finds: "not-xml", at: 0),
            PayloadCase("{{my.A}}", finds: "not-xml", at: 0),
        ]
    )
    func xml(_ payload: PayloadCase) {
        payload.check(.xml)
    }

    @Test("Values stand plain under None, form-encoded under Form/Url")
    func otherEncodings() {
        PayloadCase("a={{my.A}}&b={{my.B}}", .plain, .plain).check(TokenEncoding.none)
        PayloadCase("a={{my.A}}&b={{my.B}}", .form, .form).check(.formURL)
        PayloadCase("{{my.A}}", .form).check(.formURL)
        PayloadCase("a={{my.A}}&b=c+d%20 e&flag&=", .form).check(.formURL)
        // A block of YAML has a line break at its end.
        PayloadCase("a={{my.A}}&b=1\n", finds: "form-line-break", at: 14).check(.formURL)
        PayloadCase("a={{my.A}}&b=1\n", .plain).check(TokenEncoding.none)
    }

    @Test(
        "What a form's text will hardly mean",
        arguments: [
            PayloadCase("a=1\n&b={{my.A}}", finds: "form-line-break", at: 3),
            PayloadCase("a={{my.A}} &b=1", finds: "form-character", at: 10),
            PayloadCase("a={{my.A}}& b=1", finds: "form-character", at: 11),
            PayloadCase(" {{my.A}}", finds: "form-character", at: 0),
            PayloadCase("a={{my.A}}&amp;b=1", finds: "form-character", at: 10),
            PayloadCase("a=50% off {{my.A}}", finds: "form-character", at: 4),
            PayloadCase("a=50%{{my.A}}", finds: "form-character", at: 4),
            PayloadCase("to=+49{{my.A}}", finds: "form-character", at: 3),
            PayloadCase("a={{my.A}}&b=Q&A tonight", finds: "form-character", at: 15),
            PayloadCase(#"payload={"a": "{{my.A}}"}"#, finds: "nested-format", at: 15),
            PayloadCase(#"a=1&payload= [{"a": {{my.A}}}, "{{my.B}}"]"#, finds: "nested-format", at: 20),
            PayloadCase("x=<?xml version='1.0'?><a>{{my.A}}</a>", finds: "nested-format", at: 26),
            PayloadCase("x={{{my.A}}}&y=<b>{{my.A}}</b>", .form, .form),
        ]
    )
    func formText(_ payload: PayloadCase) {
        payload.check(.formURL)
    }

    @Test(
        "A format inside a string of JSON",
        arguments: [
            PayloadCase(#"{"m": "{\"a\": \"{{my.A}}\"}"}"#, finds: "nested-format", at: 17),
            PayloadCase(#"{"m": "<?xml version='1.0'?><a>{{my.A}}</a>"}"#, finds: "nested-format", at: 31),
            PayloadCase(#"{"m": "{\\ {{my.A}}"}"#, .jsonString),
            PayloadCase(#"{"m": "<p>{{my.A}}</p>", "n": "\"{{my.A}}\""}"#, .jsonString, .jsonString),
            PayloadCase(#"{"m": "{\"a\": 1}", "n": "{{my.A}}"}"#, .jsonString),
        ]
    )
    func nestedInJSON(_ payload: PayloadCase) {
        payload.check(.json)
    }

    @Test(
        "A format inside XML",
        arguments: [
            PayloadCase("<a><![CDATA[<?xml version='1.0'?><b>{{my.A}}</b>]]></a>", finds: "nested-format", at: 36),
            PayloadCase(#"<a><![CDATA[{"t": "{{my.A}}"}]]></a>"#, finds: "nested-format", at: 19),
            PayloadCase(#"<a><b/>{"t": "{{my.A}}"}</a>"#, finds: "nested-format", at: 14),
            PayloadCase(#"<a b="{">{{my.A}}</a>"#, .xmlText),
            PayloadCase(#"<a b="c">{ {{my.A}}</a>"#, .xmlText),
            PayloadCase(#"<a>{"b" <c d="{{my.A}}"/></a>"#, .xmlAttribute),
            PayloadCase("<a><![CDATA[<p>{{my.A}}</p>]]>{{my.A}}</a>", .xmlCDATA, .xmlText),
            PayloadCase(#"<a><![CDATA[{"t": 1}]]>{{my.A}}</a>"#, .xmlText),
        ]
    )
    func nestedInXML(_ payload: PayloadCase) {
        payload.check(.xml)
    }

    @Test("The Content-Type is held against the encoding")
    func otherContentType() {
        let form = "application/x-www-form-urlencoded; charset=utf-8"
        PayloadCase("a={{my.A}}", finds: "encoding-mismatch", at: 0).check(TokenEncoding.none, contentType: form)
        PayloadCase("a={{my.A}}", finds: "encoding-mismatch", at: 0).check(.formURL, contentType: "application/json")
        PayloadCase("a={{my.A}}", finds: "encoding-mismatch", at: 0).check(.formURL, contentType: "text/xml")
        PayloadCase("<a>{{my.A}}</a>", finds: "encoding-mismatch", at: 0).check(.xml, contentType: form)
        PayloadCase("{{my.A}}", .plain).check(TokenEncoding.none, contentType: form)
        PayloadCase("{{my.A}}", .plain).check(TokenEncoding.none, contentType: "application/json")
        PayloadCase("a={{my.A}}", .form).check(.formURL, contentType: "{{my.Type}}")
        PayloadCase("a={{my.A}}", .form).check(.formURL, contentType: form)
        PayloadCase("<a>{{my.A}}</a>", .xmlText).check(.xml, contentType: "application/soap+xml")
        // JSON all the same, whatever its name.
        PayloadCase(#"{"a": {{my.A}}}"#, .jsonValue).check(.json, contentType: "application/x-ndjson")
    }

    @Test("What may go out as JSON is checked as JSON")
    func tokenInContentType() {
        let type = "application/{{my.Format:default=json}}"
        PayloadCase(#"{"a": "{{my.A}}" oops}"#, finds: "not-json", at: 17).check(.json, contentType: type)
        PayloadCase(#"{"a": {{my.A}}}"#, .jsonValue).check(.json, contentType: type)
    }

    @Test(
        "JSON and XML under another encoding are doubtful",
        arguments: [
            (#"{"a": "{{my.A}}"}"#, TokenEncoding.none, "request_token_encoding: JSON"),
            ("[{{my.A}}]", .formURL, "request_token_encoding: JSON"),
            ("<a>{{my.A}}</a>", .formURL, "request_token_encoding: XML"),
            (#"{"a": 1}"#, .none, "request_token_encoding: JSON"),
        ] as [(String, TokenEncoding, String)]
    )
    func warnsOfOtherEncoding(text: String, encoding: TokenEncoding, suggestion: String) {
        let findings = TemplateFixture.compiler.payload(text, encoding: encoding, contentType: nil).findings
        #expect(findings.map(\.code) == ["encoding-mismatch"])
        #expect(findings.map(\.severity) == [.warning])
        #expect(findings.first?.suggestion == suggestion)
    }

    @Test("Text without a token under None is nobody's business once its Content-Type is given")
    func acceptsDeclaredText() {
        let findings = TemplateFixture.compiler.payload(
            #"{"a": 1}"#,
            encoding: nil,
            contentType: "application/json"
        ).findings
        #expect(findings.isEmpty)
    }

    @Test("The wrong encoding is suggested away")
    func suggestsEncoding() {
        let asJSON = TemplateFixture.compiler.payload("<a>{{my.A}}</a>", encoding: .json, contentType: nil).findings
        #expect(asJSON.first?.suggestion == "request_token_encoding: XML")
        let asXML = TemplateFixture.compiler.payload("[{{my.A}}]", encoding: .xml, contentType: nil).findings
        #expect(asXML.first?.suggestion == "request_token_encoding: JSON")
    }

    @Test("A token wants an encoding")
    func requiresEncoding() {
        let findings = TemplateFixture.compiler.payload(#"{"a": {{my.A}}}"#, encoding: nil, contentType: nil).findings
        #expect(findings.map(\.code) == ["encoding-required"])
        #expect(findings.first?.offset == 6)
        #expect(findings.first?.suggestion == "request_token_encoding: JSON")
        #expect(TemplateFixture.compiler.payload("text", encoding: nil, contentType: nil).findings.isEmpty)
    }

    @Test("A token that never closes is the only finding")
    func doesNotJudgeUnclosed() {
        for encoding in TokenEncoding.allCases {
            let findings = TemplateFixture.compiler.payload(
                #"{"a": {{my.A}, "b": 1}"#,
                encoding: encoding,
                contentType: nil
            ).findings
            #expect(findings.map(\.code) == ["unclosed-token"])
        }
    }

    @Test("Deep nesting and long runs neither trap nor take long")
    func survivesExtremes() {
        let count = 5_000
        for text in ["[", "{\"a\":", "{{", "{{a", "{{a:default=", "<a>", "<", "&", "]]>"] {
            let long = String(repeating: text, count: count)
            for encoding in TokenEncoding.allCases {
                _ = TemplateFixture.compiler.payload(long, encoding: encoding, contentType: nil)
            }
        }
    }
}
