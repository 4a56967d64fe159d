import FlowAction
import JSON
import Testing
import XML

@Suite struct ResponseAttributeTests {
    private static let json = #"""
        {"foo": 1, "orders": [{"orderDate": "d"}, {"a b": 2}], "a": [[10, 11], [12]], "b.c": 3, "x": {"é漢_-:9": 4, "": 5},
         "a\"b": 6, "@type": 7, "Foo": 8, "dup": 9, "dup": 10, "[0]": 11, "$": 12, "n": null, "t": {"t": {"t": true}}}
        """#

    private func find(_ path: String, in json: String) throws -> FoundValue {
        let paths = JSONPaths([try ResponseAttribute(path, responseType: .json).jsonSteps])
        return FoundValue(try paths.find(in: Array(json.utf8))[0])
    }

    @Test(
        "into JSON",
        arguments: [
            ("foo", .number("1")), ("Foo", .number("8")), ("FOO", .nothing), ("orders[0].orderDate", .string("d")),
            ("orders[1].a b", .number("2")), ("a[0][1]", .number("11")), ("a[1][0]", .number("12")),
            ("a[1][1]", .nothing), ("a[2]", .nothing), ("a", .container), ("a[0]", .container), ("x", .container),
            ("[\"b.c\"]", .number("3")), ("b.c", .nothing), ("x.é漢_-:9", .number("4")), ("x[\"\"]", .number("5")),
            (#"["a\"b"]"#, .number("6")), (#"["a\u0022b"]"#, .number("6")), ("[\"@type\"]", .number("7")),
            ("dup", .number("10")), ("[\"[0]\"]", .number("11")), ("[\"$\"]", .number("12")), ("n", .null),
            ("n.x", .nothing), ("foo.x", .nothing), ("foo[0]", .nothing), ("t.t.t", .boolean(true)),
            ("t[\"t\"].t", .boolean(true)), ("t[\"t\"][\"t\"]", .boolean(true)), ("[0]", .nothing),
            ("a[999999999]", .nothing), ("x.e\u{301}漢_-:9", .nothing),
        ] as [(String, FoundValue)]
    )
    func intoJSON(path: String, found: FoundValue) throws {
        #expect(try find(path, in: Self.json) == found)
    }

    @Test(
        "into a root array",
        arguments: [
            ("[0].a", .number("1")), ("[1]", .string("x")), ("[2][0]", .null), ("[3]", .nothing), ("a", .nothing),
            ("[0][\"b.c\"]", .boolean(false)), ("[00].a", .number("1")),
        ] as [(String, FoundValue)]
    )
    func intoAnArray(path: String, found: FoundValue) throws {
        #expect(try find(path, in: #"[{"a": 1, "b.c": false}, "x", [null]]"#) == found)
    }

    private static let xml = """
        <s:Envelope xmlns:s="urn:s" id=" e "><s:Body><item>a</item><other/><item id="2"> b <!-- c -->
        </item><item><x.y>z</x.y></item><mixed>one<b/>two</mixed>
        <cdata><![CDATA[ <b> ]]></cdata><é>漢</é></s:Body></s:Envelope>
        """

    @Test(
        "into XML",
        arguments: [
            ("s:Envelope.s:Body.item", .xmlText("a")), ("s:Envelope.s:Body.item[0]", .xmlText("a")),
            ("s:Envelope.s:Body.item[1]", .xmlText("b")), ("s:Envelope.s:Body.item[2]", .container),
            ("s:Envelope.s:Body.item[3]", .nothing), ("s:Envelope.s:Body.item[1].@id", .xmlText("2")),
            ("s:Envelope.s:Body.item.@id", .nothing), ("s:Envelope.@id", .xmlText("e")),
            ("s:Envelope.@xmlns:s", .xmlText("urn:s")), ("s:Envelope.s:Body.item[2][\"x.y\"]", .xmlText("z")),
            ("s:Envelope.s:Body.other", .xmlText("")), ("s:Envelope.s:Body.mixed", .container),
            ("s:Envelope.s:Body.cdata", .xmlText("<b>")), ("s:Envelope.s:Body.é", .xmlText("漢")),
            ("s:Envelope", .container), ("s:Envelope[0].s:Body[0].item[0]", .xmlText("a")), ("s:Envelope[1]", .nothing),
            ("Envelope.Body.item", .nothing), ("s:envelope", .nothing), ("s:Body.item", .nothing),
            ("s:Envelope.s:Body.Item", .nothing), ("s:Envelope.s:Body.item.deeper", .nothing),
            ("[\"s:Envelope\"][\"s:Body\"][\"item\"][1]", .xmlText("b")), ("s:Envelope[\"@id\"]", .xmlText("e")),
        ] as [(String, FoundValue)]
    )
    func intoXML(path: String, found: FoundValue) throws {
        let root = try XMLElement(parsing: Array(Self.xml.utf8))
        #expect(try ResponseAttribute(path, responseType: .xml).find(in: root) == found)
    }

    @Test(
        "what the grammar refuses, with the offset",
        arguments: [
            ("", .json, 0, "empty-attribute"), ("", .xml, 0, "empty-attribute"), (".a", .json, 0, "empty-key"),
            ("a.", .json, 2, "empty-key"), ("a..b", .json, 2, "empty-key"), ("a.[0]", .json, 2, "empty-key"),
            ("a[-1]", .json, 2, "invalid-index"), ("a[]", .json, 2, "invalid-index"),
            ("a[*]", .json, 2, "invalid-index"),
            ("a[ 0]", .json, 2, "invalid-index"), ("a[0 ]", .json, 3, "invalid-index"),
            ("a[1.5]", .json, 3, "invalid-index"),
            ("a[b]", .json, 2, "invalid-index"), ("a['b']", .json, 2, "invalid-index"),
            ("a[0x1]", .json, 3, "invalid-index"),
            ("a[12345678901234567890]", .json, 2, "invalid-index"), ("a[", .json, 1, "unclosed-bracket"),
            ("a[0", .json, 1, "unclosed-bracket"), ("a[\"b\"", .json, 1, "unclosed-bracket"),
            ("a[\"b", .json, 2, "unclosed-quote"), ("a[\"b\\\"]", .json, 2, "unclosed-quote"),
            ("a[\"b\\", .json, 2, "unclosed-quote"),
            (#"a["\x"]"#, .json, 3, "invalid-key"), (#"a["\ud800"]"#, .json, 3, "invalid-key"),
            ("a[\"b\"c]", .json, 5, "invalid-path"), ("a[0]b", .json, 4, "invalid-path"),
            ("a]", .json, 1, "invalid-path"),
            ("a[0]]", .json, 4, "invalid-path"), ("a/b", .json, 1, "invalid-key"), ("é+b", .json, 2, "invalid-key"),
            ("$.a", .json, 0, "invalid-key"), ("/a/b", .xml, 0, "invalid-key"), ("a\tb", .json, 1, "invalid-key"),
            ("a,b", .json, 1, "invalid-key"), ("a😀", .json, 1, "invalid-key"), ("a#b", .json, 1, "invalid-key"),
            ("@id", .json, 0, "attribute-in-json"), ("a.@id", .json, 2, "attribute-in-json"),
            ("a.@id.b", .xml, 6, "attribute-not-last"), ("a.@id[0]", .xml, 5, "attribute-not-last"),
            ("a.@id[\"b\"]", .xml, 5, "attribute-not-last"), ("a.@", .xml, 2, "invalid-key"),
            ("@id", .xml, 0, "invalid-path"), ("{{my.A}}", .json, 0, "invalid-key"),
            ("a.b@id", .xml, 3, "invalid-key"), ("[0].a", .xml, 0, "invalid-path"),
            ("a[0][1]", .xml, 4, "invalid-index"),
            ("a[\"b\"][0][1]", .xml, 9, "invalid-index"), ("a[\"\"]", .xml, 2, "empty-key"),
        ] as [(String, ResponseType, Int, String)]
    )
    func refuses(path: String, type: ResponseType, offset: Int, code: String) throws {
        let finding = #expect(throws: TemplateFinding.self) { try ResponseAttribute(path, responseType: type) }
        #expect(finding?.offset == offset, "\(path)")
        #expect(finding?.code == code, "\(path)")
        #expect(finding?.severity == .error)
        // A clause, as every finding has it: it stands behind "error: ".
        #expect(finding?.message.hasSuffix(".") == false)
    }

    @Test(
        "what would be right",
        arguments: [
            ("$.a.b", .json, "a.b"), ("a.b+c.d", .json, "a[\"b+c\"].d"), ("a[b].c", .json, "a[\"b\"].c"),
            ("a['b.c']", .json, "a[\"b.c\"]"), ("a.@type[0]", .json, "a[\"@type\"][0]"), ("#a", .json, "[\"#a\"]"),
            ("a.b[1].text()", .xml, "a.b[1]"),
        ] as [(String, ResponseType, String)]
    )
    func suggests(path: String, type: ResponseType, suggestion: String) throws {
        let finding = #expect(throws: TemplateFinding.self) { try ResponseAttribute(path, responseType: type) }
        #expect(finding?.suggestion == suggestion)
    }

    @Test func suggestsNothingForAToken() throws {
        let finding = #expect(throws: TemplateFinding.self) {
            try ResponseAttribute("{{response.company}}", responseType: .json)
        }
        #expect(finding?.suggestion == nil && finding?.message.contains("no tokens") == true)
    }

    @Test(
        "what is hardly meant",
        arguments: [
            ("emails.0", 7), ("a.12[1].b", 2), ("a . b", 0), ("a. b", 2), ("0.a", nil), ("a[\"0\"].b", nil),
            ("a b.c1", nil), ("a[0].b", nil),
        ] as [(String, Int?)]
    )
    func doubts(path: String, offset: Int?) throws {
        let doubt = try ResponseAttribute(path, responseType: .json).doubt
        #expect(doubt?.offset == offset)
        #expect(doubt == nil || doubt?.severity == .warning)
    }

    @Test func keepsItsSpelling() throws {
        #expect(try ResponseAttribute("a[\"b\"][00]", responseType: .json).source == "a[\"b\"][00]")
    }

    /// Whatever is cut or changed by one byte compiles or is refused, never a trap.
    @Test func survivesMutations() {
        let path = Array("orders[0].a b[\"x\\u0041\"].@id[12]".utf8)
        for type in ResponseType.allCases {
            for position in path.indices {
                _ = try? ResponseAttribute(String(decoding: path[..<position], as: UTF8.self), responseType: type)
                for byte in Array("[].\"\\@-0 $/é".utf8) {
                    var mutated = path
                    mutated[position] = byte
                    _ = try? ResponseAttribute(String(decoding: mutated, as: UTF8.self), responseType: type)
                }
            }
        }
    }
}
