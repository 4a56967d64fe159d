import Testing
import XML

@Suite struct XMLParserTests {
    private func parse(_ text: String, maximumDepth: Int = 64) throws(XMLError) -> XMLElement {
        try XMLElement(parsing: Array(text.utf8), maximumDepth: maximumDepth)
    }

    @Test func readsATree() throws {
        let root = try parse(
            """
            <?xml version="1.0"?>
            <!-- before -->
            <people total="2" unit='a "b" &amp; &#x20AC;'>
              <person id="1">Ada</person><person/>
            </people>
            <?after done?>
            """
        )
        #expect(root.name == "people")
        #expect(
            root.attributes == [
                XMLElement.Attribute(name: "total", value: "2"),
                XMLElement.Attribute(name: "unit", value: "a \"b\" & €"),
            ]
        )
        #expect(
            root.children == [
                XMLElement(name: "person", attributes: [.init(name: "id", value: "1")], text: "Ada"),
                XMLElement(name: "person"),
            ]
        )
    }

    @Test(
        "an element's text",
        arguments: [
            ("<a>x</a>", "x"),
            ("<a></a>", ""),
            ("<a/>", ""),
            ("<a> x\n</a>", " x\n"),
            ("<a>&lt;&gt;&amp;&quot;&apos;</a>", "<>&\"'"),
            ("<a>&#233;&#xE9;&#x1F600;</a>", "éé😀"),
            ("<a>x<![CDATA[<b>&amp;]]>y</a>", "x<b>&amp;y"),
            ("<a><![CDATA[]]></a>", ""),
            ("<a>x<!-- c -->y<?p i?>z</a>", "xyz"),
            ("<a>x<b>inner</b>y</a>", "xy"),
            ("<a>x\r\ny\rz</a>", "x\ny\nz"),
            ("<a>é漢😀</a>", "é漢😀"),
        ]
    )
    func text(document: String, text: String) throws {
        #expect(try parse(document).text == text)
    }

    @Test func tellsChildrenFromText() throws {
        #expect(try parse("<a>text</a>").children.isEmpty)
        let mixed = try parse("<a>one<b/>two</a>")
        #expect(mixed.children == [XMLElement(name: "b")])
        #expect(mixed.text == "onetwo")
    }

    @Test(
        "names as written",
        arguments: [
            "<soap:Envelope xmlns:soap=\"urn:x\"/>", "<soap:Envelope/>", "<x:y:z/>", "<ünïcode/>", "<a.b-c_1/>",
        ]
    )
    func names(document: String) throws {
        let name = document.dropFirst().prefix { !" /".contains($0) }
        #expect(try parse(document).name == name)
    }

    @Test func keepsPrefixesOfAttributesAndDeclarations() throws {
        let root = try parse("<a xmlns=\"urn:d\" xmlns:x=\"urn:x\" x:k=\"1\" y:k=\"2\"/>")
        #expect(root.attributes.map(\.name) == ["xmlns", "xmlns:x", "x:k", "y:k"])
    }

    @Test func normalisesAttributeValues() throws {
        #expect(try parse("<a k=\" x\ny\tz&#10;\"/>").attributes.first?.value == " x y z\n")
    }

    @Test(
        "an encoding declaration is ignored",
        arguments: ["ISO-8859-1", "UTF-16", "windows-1252", "Shift_JIS", "no-such-charset"]
    )
    func encodingDeclaration(encoding: String) throws {
        #expect(try parse("<?xml version=\"1.0\" encoding=\"\(encoding)\"?><a>é</a>").text == "é")
    }

    @Test(
        "refusals",
        arguments: [
            ("", .noElement), (" ", .noElement), ("plain", .noElement), ("{\"a\": 1}", .noElement),
            ("<!-- only -->", .noElement), ("<a>", .unexpectedEnd), ("<a><b></a>", .mismatchedTag),
            ("<a></b>", .mismatchedTag), ("<a/>x", .trailingContent), ("<a/><b/>", .trailingContent),
            ("<a k=\"1\" k=\"2\"/>", .duplicateAttribute), ("<a>\u{1}</a>", .invalidCharacter),
            ("<a>&#1;</a>", .invalidCharacter), ("<a>\u{FFFE}</a>", .invalidCharacter),
            ("<a>\0</a>", .invalidCharacter),
            ("<a>&nbsp;</a>", .undeclaredEntity), ("<a k=\"&nbsp;\"/>", .undeclaredEntity),
            ("<a k=1/>", .malformed), ("<a k/>", .malformed), ("<a>&</a>", .malformed), ("<a>&amp</a>", .malformed),
            ("<a k=\"<\"/>", .malformed), ("<1/>", .malformed), ("<a><!-- -- --></a>", .malformed),
            ("<!DOCTYPE a><a/>", .documentType), ("<!DOCTYPE html><html></html>", .documentType),
            ("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", .documentType),
            ("<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>", .documentType),
            ("<!DOCTYPE a [<!ENTITY % p SYSTEM \"http://127.0.0.1/p\"> %p;]><a/>", .documentType),
            (
                "<!DOCTYPE l [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;\">]><l>&c;</l>",
                .documentType
            ),
        ] as [(String, XMLError.Code)]
    )
    func refuses(document: String, code: XMLError.Code) {
        #expect(throws: XMLError.self) { try parse(document) }
        do throws(XMLError) { _ = try parse(document) } catch { #expect(error.code == code, "\(document)") }
    }

    @Test(
        "bytes that are no UTF-8",
        arguments: [
            [0xE9], [0xC3], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF, 0xFE],
        ] as [[UInt8]]
    )
    func invalidUTF8(bytes: [UInt8]) {
        #expect(throws: XMLError.self) { try XMLElement(parsing: Array("<a>".utf8) + bytes + Array("</a>".utf8)) }
    }

    @Test func tellsLineAndColumn() {
        let error = #expect(throws: XMLError.self) { try parse("<a>\n  <b>\n  </c>\n</a>") }
        #expect(error?.line == 3)
        #expect((error?.column ?? 0) > 2)
    }

    @Test func refusesTheElementBeyondTheDepth() throws {
        let deep = { (depth: Int) in
            String(repeating: "<a>", count: depth) + "x" + String(repeating: "</a>", count: depth)
        }
        #expect(throws: Never.self) { try parse(deep(64)) }
        #expect(throws: XMLError(.tooDeep, line: 1, column: 195)) { try parse(deep(65)) }
        #expect(throws: XMLError.self) { try parse("<a><a/></a>", maximumDepth: 1) }
        // Siblings are no depth.
        #expect(try parse("<r>" + String(repeating: "<a/>", count: 1000) + "</r>").children.count == 1000)
    }

    /// A document of more names than libxml2 finds in reasonable time.
    @Test func refusesTooManyNames() throws {
        let elements = { (count: Int) in "<r>" + (0..<count).map { "<a\($0)/>" }.joined() + "</r>" }
        #expect(try parse(elements(4_095)).children.count == 4_095)
        #expect(throws: XMLError(.tooManyNames, line: 1, column: 31_655)) { try parse(elements(4_096)) }
        let attributes = (0..<4_095).map { "<a k\($0) = '' />" }.joined()
        #expect(throws: XMLError.self) { try parse("<r>\(attributes)</r>") }
        #expect(try parse("<r>" + String(repeating: "<a k='1'></a>", count: 9_000) + "</r>").children.count == 9_000)
    }

    /// A document whose attributes libxml2 would compare with one another for seconds.
    @Test func refusesTooManyAttributes() throws {
        let element = { (count: Int) in "<a" + (0..<count).map { "\n k\($0)='>'" }.joined() + "/>" }
        #expect(try parse(element(256)).attributes.count == 256)
        #expect(throws: XMLError(.tooManyAttributes, line: 258, column: 6)) { try parse(element(257)) }
        let hidden = ["<!-- x='<' ", "-->", "<![CDATA[ ' <a x='", "]]>", "<?p \" <", "?>"].joined()
        #expect(throws: XMLError.self) { try parse("<r>" + hidden + element(257) + "</r>") }
        // A comment's end shares no hyphen with its beginning.
        for (open, close) in [("<!-->", "-->"), ("<!--->", "-->")] {
            let comment = "\(open) <![CDATA[ \(close)"
            #expect(throws: XMLError.self) { try parse("\(comment)\(element(257))<!-- ]]> -->") }
            let equals = String(repeating: "=", count: 300)
            #expect(throws: Never.self) { try parse("<r>\(open)<\(equals)\(close)</r>") }
        }
        // An equals sign elsewhere is no attribute.
        let text = String(repeating: "= ", count: 1000)
        #expect(throws: Never.self) { try parse("<r><!--\(text)--><a k='\(text)'>\(text)</a><![CDATA[\(text)]]></r>") }
    }

    @Test func readsManyChildrenAndLongText() throws {
        let text = String(repeating: "xé&amp;", count: 100_000)
        #expect(try parse("<a>\(text)</a>").text.utf8.count == 400_000)
    }

    @Test func readsOnManyThreads() async throws {
        try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<64 {
                group.addTask { try XMLElement(parsing: Array("<a><b>\(number)</b></a>".utf8)).children[0].text }
            }
            var seen: Set<String> = []
            for try await text in group { seen.insert(text) }
            #expect(seen.count == 64)
        }
    }
}
