import JSON

extension Benchmark {
    /// Reading and writing a JSON document of about 1 KB.
    static let json = Benchmark(name: "json") {
        let lead =
            #"{"id": 318581, "email": "jane@example.com", "name": "Jane \"JJ\" Köhler", "score": 12.750, "ok": true}"#
        let document = Array(#"{"leads": [\#(Array(repeating: lead, count: 10).joined(separator: ", "))]}"#.utf8)
        guard let value = try? JSONValue(parsing: document) else { preconditionFailure("the document is no JSON") }
        measure("JSON: parse \(document.count) bytes") { _ = try? JSONValue(parsing: document) }
        measure("JSON: write them") { _ = value.serialized }
    }
}
