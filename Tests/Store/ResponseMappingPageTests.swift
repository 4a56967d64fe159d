import FlowAction
import JSON
import Store
import TestSupport
import Testing

/// Runs what the page on response mapping says: each example, and each cell of its tables.
@Suite struct ResponseMappingPageTests {
    /// A body, what a webhook file says, and what comes of it.
    struct Example: CustomTestStringConvertible, Sendable {
        var line: Int
        var body: String
        var webhook: String
        var expected: String

        var testDescription: String { "line \(line)" }
    }

    static let examples: [Example] = {
        let blocks = DocumentationPage(named: "ResponseMapping").examples
        return blocks.indices.dropLast(2).compactMap { index in
            guard blocks[index + 1].text.hasPrefix("response_type:") else { return nil }
            return Example(
                line: blocks[index].line,
                body: blocks[index].text,
                webhook: blocks[index + 1].text,
                expected: blocks[index + 2].text
            )
        }
    }()

    private static func indented(_ text: String, by count: Int) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : String(repeating: " ", count: count) + $0 }.joined(separator: "\n")
    }

    @Test func hasExamplesOfEverything() {
        let count = { (type: String) in Self.examples.count { $0.webhook.hasPrefix("response_type: \(type)") } }
        #expect(count("JSON") >= 6)
        #expect(count("XML") >= 10)
    }

    @Test("an example", arguments: examples)
    func example(example: Example) async throws {
        let store = TemporaryStore([
            "webhooks/example.yaml": "url: https://api.example.com/\n" + example.webhook,
            "tests/example.yaml": """
            request: {webhook: example, lead: {}}
            answer:
              body: |
            \(Self.indented(example.body, by: 4))
            expect:
            \(Self.indented(example.expected, by: 2))
            """,
        ])
        let loaded = store.load()
        #expect(loaded.diagnostics.map(\.text) == [])
        let snapshot = try #require(loaded.snapshot)
        let cases = CaseLoader(directory: store.directory, snapshot: snapshot).load()
        #expect(cases.diagnostics.map(\.text) == [])
        let item = try #require(cases.cases.first)
        let differences = await Pipeline(snapshot: snapshot).differences(of: item, now: Instant(seconds: 0))
        #expect(differences == [])
        // Every mapping of the example is accounted for.
        if item.expected["outcome"] == nil {
            let named = ["fields", "skipped"].reduce(into: 0) { count, key in
                if case .object(let object)? = item.expected[key] { count += object.members.count }
            }
            #expect(named == snapshot.webhooks["example"]?.mapper.mappings.count)
        }
    }

    private static let columns: [String: [FieldType]] = [
        "text": [.string, .phone, .text, .reference], "whole": [.integer, .score, .percent],
        "decimal": [.float, .currency], "boolean": [.boolean], "date": [.date], "datetime": [.datetime],
    ]

    @Test(arguments: [ResponseType.json, .xml])
    func tables(type: ResponseType) throws {
        let tables = DocumentationPage(named: "ResponseMapping").tables(type.rawValue)
        #expect(tables.count == (type == .json ? 2 : 1))
        for table in tables {
            for row in table.dropFirst() {
                #expect(row.count == table[0].count)
                for (column, cell) in zip(table[0], row).dropFirst() {
                    for field in try #require(Self.columns[column]) {
                        #expect(try outcome(row[0], type, field) == cell, "\(row[0]) to \(field)")
                    }
                }
            }
        }
    }

    private func outcome(_ value: String, _ type: ResponseType, _ field: FieldType) throws -> String {
        let mapping = ResponseMapping(
            field: LeadField(displayName: "F", soapName: "F", restName: "f", type: field),
            attribute: try ResponseAttribute(type == .json ? "v" : "r.v", responseType: type)
        )
        let body = type == .json ? "{\"v\": \(value)}" : "<r>\(value)</r>"
        let answer = ServiceAnswer(status: 200, reasonPhrase: "", contentType: nil, body: Array(body.utf8))
        let result = try ResponseMapper(responseType: type, mappings: [mapping]).map(answer)
        if let skipped = result.skipped.first { return skipped.reason.rawValue }
        return result.fields.first.map { String(decoding: $0.value.serialized, as: UTF8.self) } ?? ""
    }
}
