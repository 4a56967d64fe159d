internal import FlowAction
internal import JSON

/// Lead fields taken over from the original: the answer of *Describe Lead* (`/rest/v1/leads/describe.json`), which
/// `fields.json` holds as it came.
package struct FieldsImport: Sendable {
    /// How many fields the answer describes.
    package let count: Int
    /// What the store will not use as the original did: a sentence each.
    package let notes: [String]
    /// The file, the answer's bytes.
    package let json: [UInt8]

    /// Reads an answer.
    ///
    /// - Throws: where it is no such answer, or one of a failure.
    package init(parsing bytes: [UInt8]) throws(TokensImport.Flaw) {
        let answer = try TokensImport.answer(bytes)
        guard case .array(let fields) = answer["result"] else {
            throw TokensImport.Flaw(message: "there is no \"result\": save the answer of /rest/v1/leads/describe.json")
        }
        var findings = Findings(file: FieldsReader.file)
        _ = FieldsReader().read(bytes, &findings)
        if let error = findings.diagnostics.first(where: { $0.severity == .error }) {
            throw TokensImport.Flaw(message: "line \(error.line): \(error.message)")
        }
        count = fields.count
        notes = findings.diagnostics.map(\.message)
        json = bytes
    }
}
