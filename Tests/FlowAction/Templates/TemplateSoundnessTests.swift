import FlowAction
import JSON
import Testing
import XML

/// What the compiler accepts stays valid whatever the values are; without a token it accepts what a reader accepts.
@Suite("Soundness of compiled templates")
struct TemplateSoundnessTests {
    private static let seeds = [
        #"{"a": {{my.A}}, "b": ["x{{my.B}}", -1.5e+3, true, null, {}, []]}"#,
        #"[{{my.A}}, "\"\\\/\b\u00e9\ud83d\ude00", 0, 10, 0.1, 1E5]"#,
        #"{"n": {"m": [[{{my.A}}], {"k": "{{my.A}}{{my.B}}"}]}}"#,
        #" { "one" : 1 , "two" : [ false , "2" ] } "#,
    ]
    private static let pieces = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u00", "u", "e", "E", "-", "+", ".", "0", "1", "true", "nul", " ",
        "\n", "\t", "{{my.A}}", "{{my.B}}", "{{my.A}}{{my.B}}", "/", "é", "\u{1}", "\\ud83d", "\u{FEFF}",
    ]

    @Test func json() throws {
        var generator = ValueGenerator(seed: 9)
        let values = ValueGenerator.pairs(seed: 10)
        var accepted = 0
        var refused = 0
        for round in 0..<ValueGenerator.rounds(20_000) {
            let text = mutated(Self.seeds[round % Self.seeds.count], using: &generator)
            let (template, findings) = TemplateFixture.compiler.payload(text, encoding: .json, contentType: nil)
            guard findings.allSatisfy({ $0.code == "not-json" || $0.code == "adjacent-tokens" }) else { continue }
            let holdsTokens = template.segments.contains { if case .token = $0 { true } else { false } }
            let (first, second) = values[round % values.count]
            let rendered = try Renderer(maximumPayloadBytes: 1 << 20).render(
                TemplateFixture.webhook(payload: text, encoding: .json)
            ) { TemplateFixture.text($0.name == "A" ? first : second) }
            let isJSON = (try? JSONValue(parsing: rendered.outgoing.body ?? [])) != nil
            if findings.isEmpty {
                accepted += 1
                #expect(isJSON || text.isEmpty, "\(text)")
            } else {
                refused += 1
                #expect(!isJSON || holdsTokens, "\(text)")
            }
        }
        #expect(accepted > ValueGenerator.rounds(1_000) && refused > ValueGenerator.rounds(1_000))
    }

    private static let xmlSeeds = [
        #"<?xml version="1.0"?><a b="{{my.A}}" c='x'><d>{{my.B}}&amp;]</d><!-- c --></a>"#,
        #"<a><![CDATA[{{my.A}}]{{my.B}}]]>&#65;{{my.A}}</a>"#, #"<a b='{{my.A}}{{my.B}}'/>"#,
        #"<a><?p i?><b c="&lt;">]]{{my.A}}</b></a><!-- end -->"#,
    ]
    private static let xmlPieces = [
        "<", ">", "</", "/>", "<a>", "</a>", "&", ";", "&amp;", "\"", "'", "=", " ", "b", "b='c'", "]", "]]", "]]>",
        "<![CDATA[", "<!--", "--", "-->", "<?p", "?>", "{{my.A}}", "{{my.B}}", "\n", "\r", "é", "\u{1}", "\u{FFFE}",
    ]

    /// What libxml2 thinks of what is rendered.
    @Test func xml() throws {
        var generator = ValueGenerator(seed: 14)
        let values = ValueGenerator.pairs(seed: 15, isXML: true)
        var accepted = 0
        for round in 0..<ValueGenerator.rounds(20_000) {
            let seed = Self.xmlSeeds[round % Self.xmlSeeds.count]
            let text = mutated(seed, with: Self.xmlPieces, using: &generator)
            let (_, findings) = TemplateFixture.compiler.payload(text, encoding: .xml, contentType: nil)
            guard findings.isEmpty, !text.isEmpty else { continue }
            accepted += 1
            let (first, second) = values[round % values.count]
            let webhook = TemplateFixture.webhook(payload: text, encoding: .xml)
            let rendered = try Renderer(maximumPayloadBytes: 1 << 20).render(webhook) {
                TemplateFixture.text($0.name == "A" ? first : second)
            }
            #expect((try? XMLElement(parsing: rendered.outgoing.body ?? [])) != nil, "\(text)")
        }
        #expect(accepted > ValueGenerator.rounds(1_000))
    }

    private func mutated(
        _ text: String,
        with pieces: [String] = pieces,
        using generator: inout ValueGenerator
    ) -> String {
        var scalars = Array(text.unicodeScalars)
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
            let position = Int.random(in: 0...scalars.count, using: &generator)
            let end = min(scalars.count, position + Int.random(in: 0...2, using: &generator))
            let piece = Bool.random(using: &generator) ? pieces.randomElement(using: &generator) ?? "" : ""
            scalars.replaceSubrange(position..<end, with: piece.unicodeScalars)
        }
        return scalars.reduce(into: "") { $0.unicodeScalars.append($1) }
    }
}
