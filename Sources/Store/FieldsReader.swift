internal import FlowAction
internal import JSON

/// Reads `fields.json`: the answer of a *Describe Lead* call, saved as it came.
struct FieldsReader {
    /// The file, relative to the store.
    static let file = "fields.json"

    /// Adds the file's fields to the standard ones, or puts them in place of those that share a name.
    func read(_ bytes: [UInt8], _ findings: inout Findings) -> [LeadField] {
        var fields = StandardFields.lead
        let json: JSONValue
        do {
            json = try JSONValue(parsing: bytes)
        } catch {
            let (line, column) = JSONPlaces.places(of: [error.offset], in: bytes)[0]
            findings.add(
                .error,
                "json-syntax",
                "this is no valid JSON: \(error.code.rawValue)",
                line: line,
                column: column
            )
            return fields
        }
        guard case .array(let elements) = json["result"] else {
            findings.add(
                .error,
                "fields",
                "save the answer of Describe Lead as it came: an object with a list \"result\""
            )
            return fields
        }
        let places = JSONPlaces(ofList: "result", in: bytes).elements
        var owners: [String: String] = [:]
        for (index, element) in elements.enumerated() {
            let place = index < places.count ? places[index] : (line: 1, column: 1)
            guard let field = field(element, at: place, &findings) else { continue }
            for name in Set([field.displayName, field.soapName, field.restName].map { $0.lowercased() }) {
                guard let owner = owners.updateValue(field.displayName, forKey: name), owner != field.displayName else {
                    continue
                }
                findings.add(
                    .warning,
                    "field-clash",
                    "the field \(field.displayName) claims the name \"\(name)\", which is \(owner)'s too",
                    line: place.line,
                    column: place.column
                )
            }
            if let position = fields.firstIndex(where: { Self.isSame($0, field) }) {
                fields[position] = field
            } else {
                fields.append(field)
            }
        }
        return fields
    }

    private static func isSame(_ first: LeadField, _ second: LeadField) -> Bool {
        first.restName.lowercased() == second.restName.lowercased()
            || first.soapName.lowercased() == second.soapName.lowercased()
            || first.displayName.lowercased() == second.displayName.lowercased()
    }

    private func field(
        _ value: JSONValue,
        at place: (line: Int, column: Int),
        _ findings: inout Findings
    ) -> LeadField? {
        let display = value["displayName"]?.stringValue
        let rest = value["rest"]?["name"]?.stringValue
        let soap = value["soap"]?["name"]?.stringValue
        guard let name = display ?? soap ?? rest, !name.isEmpty else {
            findings.add(
                .error,
                "fields",
                "this field has no name: displayName, rest.name or soap.name",
                line: place.line,
                column: place.column
            )
            return nil
        }
        let typeName = value["dataType"]?.stringValue ?? "string"
        let type = FieldType(rawValue: typeName.lowercased())
        if type == nil {
            findings.add(
                .warning,
                "field-type",
                "the field \(name) has the unknown dataType \"\(typeName)\"; it counts as a read-only string",
                line: place.line,
                column: place.column,
                suggestion: NearestWord.find(typeName, among: FieldType.allCases.map(\.rawValue))
            )
        }
        let isReadOnly = value["rest"]?["readOnly"] == .boolean(true) || value["soap"]?["readOnly"] == .boolean(true)
        var length: Int?
        if case .number(let text) = value["length"], let number = Int(text), number > 0 { length = number }
        return LeadField(
            displayName: name,
            soapName: soap ?? rest ?? name,
            restName: rest ?? soap ?? name,
            type: type ?? .string,
            length: length,
            isWritable: !isReadOnly && type != nil && type != .formula
        )
    }
}
