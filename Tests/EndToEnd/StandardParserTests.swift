import Glibc
import JSON
import TestSupport
import Testing

extension EndToEnd {
    /// What Python's own parsers read back from the raw bytes that a third-party service gets is the value.
    @Suite struct StandardParserTests {
        private static let count = 50

        private static let files: [String: String] = {
            func each(_ separator: String, _ text: (Int) -> String) -> String {
                (0..<count).map(text).joined(separator: separator)
            }
            let json = each(", ") { "{{my.V\($0)}}, \"<{{my.V\($0)}}>\", {\"{{my.V\($0)}}\": 1}" }
            let form = each("&") { "v={{my.V\($0)}}" }
            let xml = each("") { "<v a=\"{{my.V\($0)}}\">{{my.V\($0)}}<c><![CDATA[{{my.V\($0)}}]]></c></v>" }
            return [
                "json": "request_token_encoding: JSON\npayload_template: '[\(json)]'\n",
                "form": "request_token_encoding: Form/Url\npayload_template: '\(form)'\n",
                "xml": "request_token_encoding: XML\npayload_template: '<r>\(xml)</r>'\n",
                "url": "request_type: GET\n",
            ]
        }()

        private static let parser = """
            import json, sys, urllib.parse, xml.etree.ElementTree as tree
            kind, raw = sys.argv[1], open(sys.argv[2], 'rb').read()
            head, body = raw.split(b'\\r\\n\\r\\n', 1)
            if kind == 'json':
                got = json.loads(body)
                values = got[0::3]
                assert all(t == '<' + v + '>' for t, v in zip(got[1::3], values)), 'strings'
                assert all(o == {v: 1} for o, v in zip(got[2::3], values)), 'names'
            elif kind == 'form':
                pairs = urllib.parse.parse_qsl(body.decode('ascii'), keep_blank_values=True, strict_parsing=True, errors='strict')
                assert all(name == 'v' for name, _ in pairs), 'names'
                values = [value for _, value in pairs]
            elif kind == 'xml':
                root = tree.fromstring(body)
                values = [v.text or '' for v in root]
                assert all(v.attrib['a'] == t for v, t in zip(root, values)), 'attributes'
                assert all((v[0].text or '') == t for v, t in zip(root, values)), 'CDATA'
            else:
                target = head.split(b' ')[1].decode('ascii')
                query = urllib.parse.urlsplit('http://h' + target).query
                values = [urllib.parse.unquote(p.split('=', 1)[1], errors='strict') for p in query.split('&')]
            print(' '.join(v.encode('utf-8').hex() or '-' for v in values))
            """

        @Test func readsBackEveryValue() throws {
            let service = RawServer { _, _ in [.text("HTTP/1.1 204 No Content\r\n\r\n")] }
            defer { service.stop() }
            let base = "http://127.0.0.1:\(service.port)"
            let query = (0..<Self.count).map { "v={{my.V\($0)}}" }.joined(separator: "&")
            var store = ["flowhook.yaml": "allow_networks: [127.0.0.0/8]\n"]
            for (kind, text) in Self.files {
                store["webhooks/\(kind).yaml"] = "url: '\(base)/\(kind == "url" ? "?\(query)" : kind)'\n\(text)"
            }
            let installation = Installation(store: store)
            defer { installation.stop() }
            Files.write(Self.parser, to: "\(installation.directory)/parse.py")
            var generator = TemptingValues(seed: 21)
            for kind in ["json", "form", "xml", "url"] {
                for round in 0..<5 {
                    let values = (0..<Self.count).map { _ in generator.value(isXML: kind == "xml") }
                    try check(values, kind, round, service, installation)
                }
            }
        }

        private func check(
            _ values: [String],
            _ kind: String,
            _ round: Int,
            _ service: RawServer,
            _ installation: Installation
        ) throws {
            let before = service.received.count
            let tokens = values.enumerated().map { index, value in
                JSONValue.object(["name": .string("V\(index)"), "value": .string(value)])
            }
            let request = JSONValue.object(["webhook": .string(kind), "lead": .object([:]), "tokens": .array(tokens)])
            let answer = installation.call(String(decoding: request.serialized, as: UTF8.self))
            #expect(answer.status == 200 && answer.body.contains(#""outcome":"sent""#), "\(answer.body)")
            #expect(service.received.count == before + 1)
            let raw = "\(installation.directory)/\(kind)-\(round)"
            Files.write(bytes: Array((service.received.last ?? "").utf8), to: raw)
            let parsed = Child.run(["python3", "\(installation.directory)/parse.py", kind, raw])
            #expect(parsed.status == 0, "\(parsed.output)")
            let read = parsed.output.split(whereSeparator: \.isWhitespace).map(String.init)
            #expect(read == values.map(Self.hexadecimal))
        }

        private static func hexadecimal(_ value: String) -> String {
            let digits = Array("0123456789abcdef")
            let text = value.utf8.map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined()
            return text.isEmpty ? "-" : text
        }
    }
}

/// Values that tempt an encoder, the same for the same seed.
private struct TemptingValues {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    private static let pieces = [
        "\"", "'", "\\", "\\u0041", "{{my.V1}}", "}}", "{{", "%", "%41", "+", " ", "&", "=", "&amp;", "<", ">", "]]>",
        "<!--", "#", "?", "/", ";", "\n", "\t", "\r", "\r\n", "é", "e\u{301}", "\u{2028}", "👩‍👩‍👧", "null", "1e9", "0",
    ]

    private mutating func next(_ bound: UInt64) -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state >> 33) % bound
    }

    mutating func value(isXML: Bool) -> String {
        var value = ""
        for _ in 0..<next(7) {
            switch next(6) {
            case 0: value.unicodeScalars.append(scalar(isXML: isXML))
            case 1 where !isXML: value.unicodeScalars.append(Unicode.Scalar(UInt8(next(0xA0))))
            default: value += Self.pieces[Int(next(UInt64(Self.pieces.count)))]
            }
        }
        return value
    }

    private mutating func scalar(isXML: Bool) -> Unicode.Scalar {
        while true {
            guard let scalar = Unicode.Scalar(UInt32(next(0x110000))), scalar.value >= 0x20 else { continue }
            if !isXML || scalar.value & 0xFFFE != 0xFFFE { return scalar }
        }
    }
}
