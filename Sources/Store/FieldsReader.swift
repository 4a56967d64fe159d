internal import FlowAction
internal import JSON

/// Reads `fields.json`: the answer of a *Describe Lead* call, saved as it came.
struct FieldsReader {
    /// The file, relative to the store.
    static let file = "fields.json"
    /// The member of the answer that lists the fields.
    private static let list = "result"

    /// Line and column, from 1.
    private typealias Place = (line: Int, column: Int)

    /// Adds the file's fields to the standard ones, or puts them in place of those that share a name.
    func read(_ bytes: [UInt8], _ findings: inout Findings) -> [LeadField] {
        guard !findings.holdsConflict(bytes) else { return StandardFields.lead }
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
            return StandardFields.lead
        }
        for (name, place) in JSONPlaces.repeatedNames(in: bytes) {
            findings.add(
                .error,
                "duplicate-key",
                "the key \"\(name)\" occurs twice in one object",
                line: place.line,
                column: place.column
            )
        }
        guard case .array(let elements) = json[Self.list] else {
            findings.add(
                .error,
                "fields",
                "save the answer of Describe Lead as it came: an object with a list \"result\""
            )
            return StandardFields.lead
        }
        let places = JSONPlaces(ofList: Self.list, in: bytes).elements
        var described: [(field: LeadField, place: Place)] = []
        for (index, element) in elements.enumerated() {
            let place = index < places.count ? places[index] : (line: 1, column: 1)
            if let field = field(element, at: place, &findings) { described.append((field, place)) }
        }
        return merge(described, &findings)
    }

    /// Puts fields in the places of those standard ones that they describe anew, and the others behind them.
    ///
    /// The name in the REST API tells a field before that in the SOAP API does, and that before the display name, which
    /// people change; no two take one place.
    private func merge(_ described: [(field: LeadField, place: Place)], _ findings: inout Findings) -> [LeadField] {
        var fields = StandardFields.lead
        var owners: [String: String] = [:]
        var isDescribed = [Bool](repeating: false, count: fields.count)
        var positions = [Int?](repeating: nil, count: described.count)
        for name in [\LeadField.restName, \.soapName, \.displayName] {
            let standard = Dictionary(
                fields.enumerated().map { ($1[keyPath: name].lowercased(), $0) },
                uniquingKeysWith: { first, _ in first }
            )
            for (index, (field, _)) in described.enumerated() where positions[index] == nil {
                guard let position = standard[field[keyPath: name].lowercased()], !isDescribed[position] else {
                    continue
                }
                isDescribed[position] = true
                positions[index] = position
            }
        }
        for (field, isDescribed) in zip(fields, isDescribed) where !isDescribed {
            for name in Self.names(of: field) { owners[name] = Self.title(of: field) }
        }
        for ((field, place), position) in zip(described, positions) {
            for name in Self.names(of: field) {
                guard let owner = owners[name] else {
                    owners[name] = Self.title(of: field)
                    continue
                }
                findings.add(
                    .warning,
                    "field-clash",
                    "the field \(Self.title(of: field)) claims the name \"\(name)\", which is \(owner)'s too",
                    line: place.line,
                    column: place.column
                )
            }
            if let position { fields[position] = field } else { fields.append(field) }
        }
        return fields
    }

    /// The names that tell a field from others of its display name.
    private static func title(of field: LeadField) -> String {
        field.restName == field.displayName ? field.displayName : "\(field.displayName) (\(field.restName))"
    }

    /// The names by which a field is found, each once.
    private static func names(of field: LeadField) -> [String] {
        let names = [field.displayName, field.soapName, field.restName].map { $0.lowercased() }
        return names.enumerated().filter { !names[..<$0].contains($1) }.map(\.element)
    }

    /// A name, without the blanks around it, which no token can have; `nil` where there is none, or an empty one.
    private func name(_ value: JSONValue?) -> String? {
        guard let text = value?.stringValue else { return nil }
        var name = text[...]
        while name.first == " " { name = name.dropFirst() }
        while name.last == " " { name = name.dropLast() }
        return name.isEmpty ? nil : String(name)
    }

    private func field(
        _ value: JSONValue,
        at place: Place,
        _ findings: inout Findings
    ) -> LeadField? {
        let display = name(value["displayName"])
        let rest = name(value["rest"]?["name"])
        let soap = name(value["soap"]?["name"])
        guard let name = display ?? soap ?? rest else {
            let isOfAnotherAnswer = if case .array = value["fields"] { true } else { false }
            findings.add(
                .error,
                "fields",
                isOfAnotherAnswer
                    ? "this is the answer of Describe Lead2; save that of Describe Lead, /rest/v1/leads/describe.json"
                    : "this field has no name: displayName, rest.name or soap.name",
                line: place.line,
                column: place.column
            )
            return nil
        }
        let typeName: String
        switch value["dataType"] {
        case nil, .some(.null): typeName = "string"
        case .some(.string(let name)): typeName = name
        case .some: typeName = ""
        }
        let type = FieldType(rawValue: typeName.lowercased())
        if type == nil {
            findings.add(
                .warning,
                "field-type",
                typeName.isEmpty
                    ? "the dataType of the field \(name) is no word; the field counts as a read-only string"
                    : "the field \(name) has the unknown dataType \"\(typeName)\"; it counts as a read-only string",
                line: place.line,
                column: place.column,
                suggestion: NearestWord.find(typeName, among: FieldType.allCases.map(\.rawValue))
            )
        }
        let isReadOnly = value["rest"]?["readOnly"] == .boolean(true) || value["soap"]?["readOnly"] == .boolean(true)
        var length: Int?
        switch value["length"] {
        case nil, .some(.null): break
        case .some(.number(let text)) where Int(text).map({ $0 > 0 }) ?? false: length = Int(text)
        case .some:
            findings.add(
                .warning,
                "field-length",
                "the length of the field \(name) is no whole number above 0; that of its type holds",
                line: place.line,
                column: place.column
            )
        }
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
