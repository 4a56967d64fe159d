internal import FlowAction
internal import YAML

/// Reads the response mappings of a webhook.
struct MappingsReader {
    /// The fields that a mapping may name.
    let leadFields: FieldCatalog

    private enum WhenNull: String, CaseIterable {
        case skip
        case clear
    }

    private enum WhenEmpty: String, CaseIterable {
        case skip
        case write
    }

    /// Reads a map of lead field to response attribute.
    func read(
        _ node: YAMLNode?,
        _ responseType: ResponseType,
        _ findings: inout Findings
    ) -> [ResponseMapping] {
        guard let node, !node.isNull else { return [] }
        guard case .mapping(let pairs) = node.content else {
            findings.error(
                "mapping-expected",
                "\"response_mappings\" is to map lead fields to response attributes",
                at: node
            )
            return []
        }
        guard responseType != .none else {
            findings.error("response-type", "response_mappings need a response_type, JSON or XML", at: node)
            return []
        }
        var mappings: [ResponseMapping] = []
        for pair in pairs {
            guard let field = field(pair.key, &findings),
                let mapping = mapping(field, pair.value, responseType, &findings)
            else { continue }
            if mappings.contains(where: { $0.field == field }) {
                findings.error("duplicate-mapping", "the lead field \(field.soapName) is mapped twice", at: pair.key)
            }
            mappings.append(mapping)
        }
        return mappings
    }

    private func field(_ key: YAMLNode, _ findings: inout Findings) -> LeadField? {
        let name = key.text ?? ""
        guard let field = leadFields.field(mappedAs: name) else {
            findings.error(
                "unknown-field",
                "there is no lead field \"\(name)\"; add it to fields.json if the subscription has it",
                at: key,
                suggestion: NearestWord.find(name, among: leadFields.fields.map(\.soapName))
            )
            return nil
        }
        guard field.isWritable, field.type != .formula else {
            findings.error("read-only-field", "the lead field \(field.soapName) cannot be written", at: key)
            return nil
        }
        return field
    }

    private func mapping(
        _ field: LeadField,
        _ node: YAMLNode,
        _ responseType: ResponseType,
        _ findings: inout Findings
    ) -> ResponseMapping? {
        var place = node
        var clearsOnNull = false
        var writesEmpty = false
        if case .mapping = node.content {
            let keys = StoreVocabulary.responseMapping
            guard let reader = MappingReader(node, keys: keys, what: "a response mapping", &findings) else {
                return nil
            }
            let whenNull: WhenNull? = reader.word("when_null", &findings)
            let whenEmpty: WhenEmpty? = reader.word("when_empty", &findings)
            clearsOnNull = whenNull == .clear
            writesEmpty = whenEmpty == .write
            if writesEmpty, !field.type.isText, let node = reader["when_empty"] {
                findings.warning(
                    "empty-not-text",
                    "\(field.soapName) is no text: an empty one is skipped, or clears it with when_null: clear",
                    at: node
                )
            }
            guard let attribute = reader["attribute"], !attribute.isNull else {
                findings.error("attribute-required", "a response mapping has an \"attribute\"", at: node)
                return nil
            }
            place = attribute
        }
        guard let text = place.text, !place.isNull else {
            findings.textExpected("a response attribute", at: place)
            return nil
        }
        do {
            let attribute = try ResponseAttribute(text, responseType: responseType)
            if let doubt = attribute.doubt { findings.add(doubt, in: place) }
            return ResponseMapping(
                field: field,
                attribute: attribute,
                clearsOnNull: clearsOnNull,
                writesEmpty: writesEmpty
            )
        } catch {
            findings.add(error, in: place)
            return nil
        }
    }
}
