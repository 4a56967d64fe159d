internal import FlowAction
internal import JSON
internal import YAML

/// Reads what a case puts in the place of the third-party service: `answer` or `answers`.
struct CannedAnswerReader {
    private static let failures = CallFailure.Kind.allCases.filter { $0.canned != nil }.map(\.rawValue)

    /// Reads the answers of a case.
    func read(_ reader: MappingReader, _ findings: inout Findings) -> Case.Answers {
        if let both = reader["answers"], reader["answer"] != nil {
            findings.error(
                "answer-twice",
                "a case has an \"answer\" for every request, or \"answers\", not both",
                at: both
            )
        }
        if let node = reader["answers"] {
            guard case .sequence(let elements) = node.content, !elements.isEmpty else {
                findings.error("list-expected", "\"answers\" is a list, one answer for each request", at: node)
                return .none
            }
            return .inTurn(elements.compactMap { outcome($0, &findings) })
        }
        return reader["answer"].flatMap { outcome($0, &findings) }.map(Case.Answers.always) ?? .none
    }

    private func outcome(_ node: YAMLNode, _ findings: inout Findings) -> Result<ServiceAnswer, CallFailure>? {
        if let text = node.text {
            if let failure = CallFailure.Kind(rawValue: text)?.canned { return .failure(failure) }
            findings.error(
                "unknown-value",
                "an answer is a mapping of status, headers and body, or one of \(Self.failures.joined(separator: ", "))",
                at: node,
                suggestion: NearestWord.find(text, among: Self.failures)
            )
            return nil
        }
        let keys = ["status", "reason", "headers", "body", "json"]
        guard let reader = MappingReader(node, keys: keys, what: "an answer", &findings) else { return nil }
        let status = reader.integer("status", in: 200...999, &findings) ?? 200
        var body = Array((reader.text("body", &findings) ?? "").utf8)
        if let json = reader["json"] {
            body = json.json.serialized
            if reader["body"] != nil {
                findings.error("body-twice", "an answer has a \"body\" as text, or \"json\", not both", at: json)
            }
        }
        // These have no body, whatever stands behind their heads (RFC 9112, section 6.3).
        if status == 204 || status == 304 { body = [] }
        let headers = self.headers(reader["headers"], &findings)
        let header = { (name: String) in headers.first { $0.name.lowercased() == name }?.value }
        return .success(
            ServiceAnswer(
                status: status,
                reasonPhrase: reader.text("reason", &findings) ?? "",
                contentType: header("content-type"),
                body: body,
                retryAfter: header("retry-after"),
                location: header("location")
            )
        )
    }

    private func headers(_ node: YAMLNode?, _ findings: inout Findings) -> [(name: String, value: String)] {
        guard let node, !node.isNull else { return [] }
        guard case .mapping(let pairs) = node.content else {
            findings.error("mapping-expected", "\"headers\" is a mapping of names and values", at: node)
            return []
        }
        return pairs.compactMap { pair in
            guard let value = pair.value.text else {
                findings.error("text-expected", "the value of a header is text", at: pair.value)
                return nil
            }
            return (pair.name, value)
        }
    }
}
