import FlowAction
import JSON
import Testing
import XML

/// For values of every sort: what a standard reader reads back is the value, and the text around is unchanged.
@Suite("Encodings, read back")
struct EncodingPropertyTests {
    private let renderer = Renderer(maximumPayloadBytes: 4 << 20)

    private func body(_ payload: String, _ encoding: TokenEncoding, _ first: String, _ second: String) throws -> [UInt8]
    {
        let webhook = TemplateFixture.webhook(payload: payload, encoding: encoding)
        let rendered = try renderer.render(webhook) { TemplateFixture.text($0.name == "A" ? first : second) }
        return try #require(rendered.outgoing.body)
    }

    @Test func json() throws {
        for (first, second) in ValueGenerator.pairs(seed: 1) {
            let bytes = try body(
                #"{"literal \u00e9": [{{my.A}}, "<{{my.A}}{{my.B}}>"], {{my.B}}: null}"#,
                .json,
                first,
                second
            )
            let expected = JSONValue.object(
                JSONObject([
                    .init(name: "literal é", value: .array([.string(first), .string("<\(first)\(second)>")])),
                    .init(name: second, value: .null),
                ])
            )
            let value = try JSONValue(parsing: bytes)
            // By bytes: strings that differ in normalisation are equal.
            #expect(value.serialized == expected.serialized)
        }
    }

    @Test func form() throws {
        for (first, second) in ValueGenerator.pairs(seed: 2) {
            let text = String(
                decoding: try body("a=%2B1&b={{my.A}}&{{my.B}}=c", .formURL, first, second),
                as: UTF8.self
            )
            let pairs = text.split(separator: "&", omittingEmptySubsequences: false)
            #expect(pairs.count == 3)
            #expect(pairs[0] == "a=%2B1")
            let parts = pairs.map {
                $0.split(separator: "=", omittingEmptySubsequences: false).map(StandardReader.form)
            }
            #expect(parts[1] == [Array("b".utf8), Array(first.utf8)])
            #expect(parts[2] == [Array(second.utf8), Array("c".utf8)])
        }
    }

    @Test func urlComponent() throws {
        // A part of the path that is . or .. is refused.
        for (first, second) in ValueGenerator.pairs(seed: 3) where ![".", ".."].contains(first) {
            let webhook = TemplateFixture.webhook(url: "https://h/%7e/{{my.A}}/?q=&%41{{my.B}};", encoding: .json)
            let url = try renderer.render(webhook) { TemplateFixture.text($0.name == "A" ? first : second) }.outgoing
                .url
            let path = url.split(separator: "/", maxSplits: 4, omittingEmptySubsequences: false)
            #expect(path[..<4].joined(separator: "/") == "https://h/%7e")
            let rest = path[4].split(separator: "/", omittingEmptySubsequences: false)
            #expect(rest.count == 2)
            #expect(StandardReader.percent(rest[0]) == Array(first.utf8))
            #expect(rest[1].hasPrefix("?q=&%41"))
            #expect(rest[1].hasSuffix(";"))
            #expect(StandardReader.percent(rest[1].dropFirst(7).dropLast()) == Array(second.utf8))
        }
    }

    @Test func urlAsWritten() throws {
        for (first, _) in ValueGenerator.pairs(seed: 4) {
            let webhook = TemplateFixture.webhook(url: "https://h/?q={{my.A}}", encoding: TokenEncoding.none)
            let url = try renderer.render(webhook) { _ in TemplateFixture.text(first) }.outgoing.url
            #expect(url.hasPrefix("https://h/?q="))
            let written = url.dropFirst(13)
            // An escape in the value is the value's own: both are compared with it resolved.
            #expect(StandardReader.percent(written) == StandardReader.percent(first[...]))
            #expect(written.utf8.allSatisfy { StandardReader.uriCharacters.contains($0) })
        }
    }

    @Test func xml() throws {
        for (first, second) in ValueGenerator.pairs(seed: 5, isXML: true) {
            let bytes = try body(
                "<a b=\"-{{my.A}}\" c='{{my.B}}-'>]{{my.A}}{{my.B}}]&amp;{{my.A}}></a>",
                .xml,
                first,
                second
            )
            // Split by bytes: a value may begin with what joins the character before it.
            let tags = bytes.split(separator: UInt8(ascii: "\""), maxSplits: 2, omittingEmptySubsequences: false)
            #expect(tags[0].elementsEqual("<a b=".utf8))
            #expect(try StandardReader.xml(tags[1]) == "-\(first)".bytes)
            let rest = tags[2].split(separator: UInt8(ascii: "'"), maxSplits: 2, omittingEmptySubsequences: false)
            #expect(rest[0].elementsEqual(" c=".utf8))
            #expect(try StandardReader.xml(rest[1]) == "\(second)-".bytes)
            #expect(rest[2].first == UInt8(ascii: ">"))
            #expect(rest[2].suffix(4).elementsEqual("</a>".utf8))
            let content = rest[2].dropFirst().dropLast(4)
            #expect(!String(decoding: content, as: UTF8.self).unicodeScalars.contains("]]>".unicodeScalars))
            #expect(try StandardReader.xml(content) == "]\(first)\(second)]&\(first)>".bytes)
        }
    }

    @Test func xmlCDATA() throws {
        for (first, second) in ValueGenerator.pairs(seed: 6, isXML: true) {
            let bytes = try body("<a><![CDATA[{{my.A}}{{my.B}}]>{{my.A}}]]></a>", .xml, first, second)
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.hasPrefix("<a>"))
            #expect(text.hasSuffix("</a>"))
            let content = try StandardReader.cdata(Array(text.utf8.dropFirst(3).dropLast(4)))
            #expect(content == Array("\(first)\(second)]>\(first)".utf8))
        }
    }

    /// libxml2 reads the same values back: text, attributes with their normalisation, and CDATA.
    @Test func xmlReadByAParser() throws {
        for (first, second) in ValueGenerator.pairs(seed: 11, isXML: true) {
            let bytes = try body(
                "<a><t>-{{my.A}}{{my.B}}-</t><t b=\"{{my.A}}\" c='{{my.B}}'/><t><![CDATA[{{my.A}}]]>{{my.B}}</t></a>",
                .xml,
                first,
                second
            )
            let root = try XMLElement(parsing: bytes)
            #expect(root.children.map(\.name) == ["t", "t", "t"])
            #expect(root.children[0].text.bytes == "-\(first)\(second)-".bytes)
            #expect(root.children[1].attributes.map(\.value.bytes) == [first.bytes, second.bytes])
            #expect(root.children[2].text.bytes == "\(first)\(second)".bytes)
        }
    }

    /// Numbers and booleans are bare where they are what their type says, and text where they are not.
    @Test func jsonShapes() throws {
        let webhook = TemplateFixture.webhook(payload: #"[{{my.A}}, "{{my.A}}"]"#, encoding: .json)
        for (first, _) in ValueGenerator.pairs(seed: 12) {
            for (text, isNumber) in [(first, JSONNumber.isValid(first)), ("-12.50e3", true), ("", true)] {
                let value = ResolvedToken(text: text, shape: isNumber ? .number : .text, source: .request("lead"))
                let rendered = try renderer.render(webhook) { _ in value }
                let json = try JSONValue(parsing: rendered.outgoing.body ?? [])
                let expected: JSONValue = isNumber ? text.isEmpty ? .null : .number(text) : .string(text)
                #expect(json.serialized == JSONValue.array([expected, .string(text)]).serialized)
            }
        }
    }

    /// `user:password@` goes out as Basic credentials of just these bytes, and nowhere else.
    @Test func userInfo() throws {
        let webhook = TemplateFixture.webhook(url: "https://u%41:{{my.A}}@h/p", encoding: .json)
        for (first, _) in ValueGenerator.pairs(seed: 13) where !first.isEmpty {
            let rendered = try renderer.render(webhook) { _ in TemplateFixture.myToken(first) }
            #expect(rendered.outgoing.url == "https://h/p")
            let credential = try #require(rendered.header("Authorization"))
            #expect(credential.hasPrefix("Basic "))
            #expect(StandardReader.base64(credential.dropFirst(6)) == "uA:\(first)".bytes)
        }
    }

    @Test func plain() throws {
        for (first, second) in ValueGenerator.pairs(seed: 7) {
            let bytes = try body("a={{my.A}}, {{my.B}}", .none, first, second)
            #expect(bytes == Array("a=\(first), \(second)".utf8))
        }
    }

    @Test func header() throws {
        let webhook = TemplateFixture.webhook(headers: [("X", "<{{my.A}}>")])
        for (first, _) in ValueGenerator.pairs(seed: 8) {
            let isCarried = first.unicodeScalars.allSatisfy { $0 == "\t" || $0.properties.generalCategory != .control }
            do throws(CallFailure) {
                let rendered = try renderer.render(webhook) { _ in TemplateFixture.text(first) }
                #expect(isCarried)
                #expect(rendered.header("X").map { Array($0.utf8) } == Array("<\(first)>".utf8))
            } catch {
                #expect(!isCarried)
            }
        }
    }
}

extension String {
    fileprivate var bytes: [UInt8] { Array(utf8) }
}
