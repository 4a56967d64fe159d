import FlowAction
import Testing
import YAML

@testable import Store

@Suite struct FindingsTests {
    /// A suggestion is long work, and beyond the bound nobody reads it.
    @Test func asksForNoSuggestionThatIsNotTold() throws {
        let node = try #require(try YAMLNode.parse(Array("text".utf8)))
        var asked = 0
        func suggestion() -> String? {
            asked += 1
            return "this"
        }
        var findings = Findings(file: "webhooks/w.yaml")
        for _ in 0..<500 {
            findings.add(
                TemplateFinding(offset: 0, .warning, code: "a", message: "b"),
                in: node,
                suggestion: suggestion()
            )
        }
        for _ in 0..<500 {
            findings.error("a", "b", at: node, suggestion: suggestion())
            findings.warning("a", "b", at: node, suggestion: suggestion())
            findings.add(.warning, "a", "b", suggestion: suggestion())
        }
        #expect(asked == 200)
        #expect(findings.diagnostics.count == 201)
        #expect(findings.diagnostics[..<200].allSatisfy { $0.suggestion == "this" })
        #expect(findings.diagnostics.last?.code == "too-many-findings")
    }

    /// The first of many misspelt My Tokens of a webhook each get the nearest name, the others nothing.
    @Test func suggestsForUnknownMyTokensUpToTheBound() {
        let names = (0..<300).map { "{{my.Misspelt \($0)}}" }.joined()
        let result = TemporaryStore([
            "webhooks/w.yaml":
                "url: https://example.com/\nrequest_token_encoding: None\npayload_template: \"\(names)\"\n",
            "marketing-activities/my-tokens.yaml": "Misspelt: a\n",
        ]).load()
        #expect(result.diagnostics.count == 201)
        let told = result.diagnostics.filter { $0.code == "unknown-my-token" }
        #expect(told.count == 200 && told.allSatisfy { $0.suggestion == "Misspelt" })
        #expect(result.diagnostics.contains { $0.code == "too-many-findings" })
    }
}
