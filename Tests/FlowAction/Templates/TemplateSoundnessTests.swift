import FlowAction
import JSON
import Testing

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
        for round in 0..<20_000 {
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
        #expect(accepted > 1000 && refused > 1000)
    }

    private func mutated(_ text: String, using generator: inout ValueGenerator) -> String {
        var scalars = Array(text.unicodeScalars)
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
            let position = Int.random(in: 0...scalars.count, using: &generator)
            let end = min(scalars.count, position + Int.random(in: 0...2, using: &generator))
            let piece = Bool.random(using: &generator) ? Self.pieces.randomElement(using: &generator) ?? "" : ""
            scalars.replaceSubrange(position..<end, with: piece.unicodeScalars)
        }
        return scalars.reduce(into: "") { $0.unicodeScalars.append($1) }
    }
}
