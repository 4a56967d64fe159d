import FlowAction

extension Benchmark {
    /// Mapping eight fields out of an answer: JSON and XML of about 1 KB, and of about 1 MB.
    static let mapping = Benchmark(name: "mapping") {
        for count in [10, 10_000] {
            let json =
                #"{"id": 318581, "email": "jane@example.com", "name": "Jane \"JJ\" Köhler", "score": 12.750, "ok": true}"#
            let jsonBody = #"{"leads": [\#(Array(repeating: json, count: count).joined(separator: ", "))]}"#
            run("JSON", jsonBody, "application/json; charset=utf-8", .json) { "leads[\($0)].\($1)" }
            let xml =
                "<lead id=\"318581\"><email>jane@example.com</email><name>Jane K&#246;hler</name><score>12.750</score></lead>"
            let xmlBody = "<?xml version=\"1.0\"?><leads>\(String(repeating: xml, count: count))</leads>"
            run("XML", xmlBody, "application/xml", .xml) { "leads.lead[\($0)].\($1)" }
        }
    }

    private static let fields: [(name: String, type: FieldType, index: Int, key: String)] = [
        ("Email", .email, 0, "email"), ("Name", .string, 0, "name"), ("Score", .float, 0, "score"),
        ("Notes", .text, 3, "name"), ("Revenue", .currency, 4, "score"), ("Other", .email, 9, "email"),
        ("Missing", .string, 5, "none"), ("Rating", .string, 9, "score"),
    ]

    private static func run(
        _ kind: String,
        _ body: String,
        _ contentType: String,
        _ type: ResponseType,
        _ path: (Int, String) -> String
    ) {
        let mappings = fields.compactMap { field in
            (try? ResponseAttribute(path(field.index, field.key), responseType: type)).map { attribute in
                ResponseMapping(
                    field: LeadField(
                        displayName: field.name,
                        soapName: field.name,
                        restName: field.name,
                        type: field.type
                    ),
                    attribute: attribute
                )
            }
        }
        let mapper = ResponseMapper(responseType: type, mappings: mappings)
        let answer = ServiceAnswer(status: 200, reasonPhrase: "OK", contentType: contentType, body: Array(body.utf8))
        precondition((try? mapper.map(answer))?.fields.count == 7, "the mapping finds what is there")
        measure("Mapping: 8 fields out of \(answer.body.count) bytes of \(kind)") { _ = try? mapper.map(answer) }
    }
}
