internal import FlowAction
internal import JSON
internal import YAML

/// Reads the `expect` of a case: every key and word that no answer can have is a finding, not a difference.
struct ExpectationReader {
    /// The fields that may be named; `nil` where the store does not load.
    let leadFields: FieldCatalog?

    private static let keys = [
        "sent", "outcome", "fields", "skipped", "truncated", "unresolvedTokens", "error", "activity", "attempts",
        "problem",
    ]

    /// Reads what is expected, as the observation will have it.
    func read(_ node: YAMLNode, _ findings: inout Findings) -> JSONObject {
        guard let reader = MappingReader(node, keys: Self.keys, what: "\"expect\"", &findings) else { return [:] }
        var expected = JSONObject()
        for key in Self.keys {
            guard let value = reader[key] else { continue }
            let found = findings.diagnostics.count
            if let json = member(key, value, reader, &findings) {
                expected.members.append(.init(name: key, value: json))
            } else if findings.diagnostics.count == found {
                findings.error("value-expected", "\"\(key)\" has no value to compare with", at: value)
            }
        }
        if expected.members.isEmpty, !findings.hasError {
            findings.error("expect-empty", "\"expect\" names nothing; without a key the case shows nothing", at: node)
        }
        return expected
    }

    private func member(
        _ key: String,
        _ node: YAMLNode,
        _ reader: MappingReader,
        _ findings: inout Findings
    ) -> JSONValue? {
        switch key {
        case "sent": return sent(node, &findings)
        case "outcome":
            let word: FlowActionAnswer.Outcome? = reader.word(key, &findings)
            return (word?.rawValue).map(JSONValue.string)
        case "problem":
            if node.json == .null { return .null }
            let word: Problem.Name? = reader.word(key, &findings)
            return (word?.rawValue).map(JSONValue.string)
        case "error": return error(node, reader, &findings)
        case "activity": return activity(node, &findings)
        case "attempts":
            return reader.integer(key, in: 0...100, &findings).map { .number(String($0)) }
        case "fields": return fields(key, node, &findings) { value, _ in value.json }
        case "skipped":
            return fields(key, node, &findings) { value, findings in
                let reasons = MappingResult.Reason.allCases.map(\.rawValue)
                if !reasons.contains(value.text ?? "") {
                    findings.error(
                        "unknown-value",
                        "a reason is one of \(reasons.joined(separator: ", "))",
                        at: value,
                        suggestion: NearestWord.find(value.text ?? "", among: reasons)
                    )
                }
                return .string(value.text ?? "")
            }
        case "truncated": return list(key, node, &findings) { name, findings in fieldName(name, &findings) }
        default: return list(key, node, &findings) { name, findings in text(name, "a token", &findings) }
        }
    }

    // MARK: What was sent

    private func sent(_ node: YAMLNode, _ findings: inout Findings) -> JSONValue? {
        if node.json == .null { return .null }
        let keys = ["method", "url", "headers", "body", "json"]
        guard let reader = MappingReader(node, keys: keys, what: "\"sent\"", &findings) else { return nil }
        var sent = JSONObject()
        if reader["method"] != nil {
            let method: RequestType? = reader.word("method", &findings)
            sent.members.append(.init(name: "method", value: .string(method?.rawValue ?? "")))
        }
        for key in ["url", "body"] {
            guard let value = reader[key] else { continue }
            let json = value.json == .null ? .null : reader.text(key, &findings).map(JSONValue.string) ?? .string("")
            sent.members.append(.init(name: key, value: json))
        }
        if let headers = reader["headers"] {
            guard case .mapping(let pairs) = headers.content else {
                findings.error("mapping-expected", "\"headers\" is a mapping of names and values", at: headers)
                return nil
            }
            if pairs.isEmpty {
                findings.error("expect-empty", "\"headers\" names none; without a name it shows nothing", at: headers)
            }
            let members = pairs.map { pair in
                let isNone = pair.value.json == .null
                let value = isNone ? nil : text(pair.value, "a header's value", &findings)
                return JSONObject.Member(name: pair.name, value: value.map(JSONValue.string) ?? .null)
            }
            sent.members.append(.init(name: "headers", value: .object(JSONObject(members))))
        }
        if let json = reader["json"] { sent.members.append(.init(name: "json", value: json.json)) }
        return .object(sent)
    }

    // MARK: What came of it

    private func error(_ node: YAMLNode, _ reader: MappingReader, _ findings: inout Findings) -> JSONValue? {
        if node.json == .null { return .null }
        if node.text != nil {
            let type: CallFailure.Kind? = reader.word("error", &findings)
            return .object(["type": .string(type?.rawValue ?? "")])
        }
        let keys = ["type", "code", "sent"]
        guard let error = MappingReader(node, keys: keys, what: "\"error\"", &findings) else { return nil }
        let _: CallFailure.Kind? = error.word("type", &findings)
        let _: CallFailure.Sent? = error.word("sent", &findings)
        if let code = error["code"] { requireCode("code", code, &findings) }
        return node.json
    }

    /// An answer has a whole number there or nothing.
    private func requireCode(_ key: String, _ node: YAMLNode, _ findings: inout Findings) {
        if node.json == .null { return }
        if case .number(let literal) = node.json, Int(literal) != nil { return }
        findings.error("number-expected", "\"\(key)\" is a whole number without quotes, or null", at: node)
    }

    /// The text of a node; `nil`, with a finding, for a list or a mapping.
    private func text(_ node: YAMLNode, _ what: String, _ findings: inout Findings) -> String? {
        if let text = node.text { return text }
        findings.textExpected(what, at: node)
        return nil
    }

    private func activity(_ node: YAMLNode, _ findings: inout Findings) -> JSONValue? {
        let keys = ["responseCode", "errorType", "response"]
        guard let activity = MappingReader(node, keys: keys, what: "\"activity\"", &findings) else { return nil }
        var object = JSONObject()
        for key in keys {
            guard let value = activity[key] else { continue }
            if key == "responseCode" { requireCode(key, value, &findings) }
            let isText = key != "responseCode" && value.json != .null
            let json = isText ? .string(activity.text(key, &findings) ?? "") : value.json
            object.members.append(.init(name: key, value: json))
        }
        return .object(object)
    }

    /// A map of lead fields, under the names that answers carry.
    private func fields(
        _ key: String,
        _ node: YAMLNode,
        _ findings: inout Findings,
        _ value: (YAMLNode, inout Findings) -> JSONValue
    ) -> JSONValue? {
        guard case .mapping(let pairs) = node.content else {
            findings.error("mapping-expected", "\"\(key)\" is a mapping of lead fields", at: node)
            return nil
        }
        var object = JSONObject()
        for pair in pairs {
            guard let name = fieldName(pair.key, &findings) else { continue }
            object.members.append(.init(name: name, value: value(pair.value, &findings)))
        }
        return .object(object)
    }

    private func fieldName(_ node: YAMLNode, _ findings: inout Findings) -> String? {
        guard let leadFields else { return node.text }
        if let field = leadFields.field(mappedAs: node.text ?? "") { return field.soapName }
        findings.error(
            "unknown-field",
            "there is no lead field \"\(node.text ?? "")\"",
            at: node,
            suggestion: NearestWord.find(node.text ?? "", among: leadFields.fields.map(\.soapName))
        )
        return nil
    }

    private func list(
        _ key: String,
        _ node: YAMLNode,
        _ findings: inout Findings,
        _ text: (YAMLNode, inout Findings) -> String?
    ) -> JSONValue? {
        guard case .sequence(let elements) = node.content else {
            findings.error("list-expected", "\"\(key)\" is a list of names", at: node)
            return nil
        }
        return .array(elements.compactMap { element in text(element, &findings).map(JSONValue.string) })
    }
}
