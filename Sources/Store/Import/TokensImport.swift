package import FlowAction
internal import JSON

/// My Tokens taken over from the original: what its REST interface answers for a folder or a program
/// (`/rest/asset/v1/folder/{id}/tokens.json`), as a `my-tokens.yaml`.
package struct TokensImport: Sendable {
    /// The tokens that were taken over, in the answer's order.
    package private(set) var tokens: [MyToken] = []
    /// What was not taken over, or not as it was: a sentence each, which names the token and never its value.
    package private(set) var notes: [String] = []

    /// What cannot be read as such an answer.
    package struct Flaw: Error, Sendable, Hashable {
        /// A sentence for people.
        package var message: String
    }

    /// Reads an answer.
    ///
    /// - Throws: where it is no such answer, or one of a failure.
    package init(parsing bytes: [UInt8]) throws(Flaw) {
        let elements = try Self.elements(bytes)
        for token in elements { add(token) }
        // Whatever has a name and a type, a program for one, looks like a token.
        guard tokens.isEmpty, !elements.isEmpty, !elements.contains(where: Self.isToken) else { return }
        throw Flaw(message: "there is no My Token in \"result\": \(Self.advice)")
    }

    private static let advice = "save the answer of /rest/asset/v1/folder/{id}/tokens.json"

    /// Whether an element is a token, of a kind that can be taken over or of one that cannot.
    private static func isToken(_ json: JSONValue) -> Bool {
        json["name"]?.stringValue != nil && json["type"]?.stringValue != nil && json["value"] != nil
    }

    /// The tokens of every folder that the answer holds.
    private static func elements(_ bytes: [UInt8]) throws(Flaw) -> [JSONValue] {
        let json = try Self.answer(bytes)
        guard case .array(let result) = json["result"] else {
            // A folder without tokens is answered with a warning and no result.
            if json["success"] == .boolean(true) { return [] }
            throw Flaw(message: "there is no \"result\": \(Self.advice)")
        }
        return result.flatMap { element in
            if case .array(let tokens) = element["tokens"] { tokens } else { [element] }
        }
    }

    /// Reads any answer of the original's REST interface.
    ///
    /// - Throws: where it is no JSON, or says that the request failed.
    static func answer(_ bytes: [UInt8]) throws(Flaw) -> JSONValue {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: bytes)
        } catch {
            throw Flaw(message: "this is no valid JSON: \(error.code.rawValue), at byte \(error.offset + 1)")
        }
        guard json["success"] != .boolean(false) else {
            let reason = json["errors"]?[0]?["message"]?.stringValue ?? "no reason is given"
            throw Flaw(message: "the answer says that the request failed: \(reason)")
        }
        return json
    }

    // MARK: One token

    private mutating func add(_ json: JSONValue) {
        guard let written = json["name"]?.stringValue, let kind = json["type"]?.stringValue else {
            notes.append("an element without \"name\" and \"type\" is left out")
            return
        }
        guard let name = MyToken.bareName(written), name.count <= MyToken.maximumName, !name.contains("}}"),
            name.unicodeScalars.allSatisfy({ $0.value >= 0x20 })
        else {
            notes.append("\(quoted(written)) is left out: a name has 1 to 50 characters and no }}")
            return
        }
        guard !tokens.contains(where: { $0.name.lowercased() == name.lowercased() }) else {
            notes.append("\(quoted(name)) is left out: another token has the name; names ignore case here")
            return
        }
        guard let type = MyToken.Kind(rawValue: kind.lowercased()) else {
            notes.append("\(quoted(name)) is left out: \(Self.reason(kind))")
            return
        }
        let value: String
        switch json["value"] {
        case .string(let text): value = text
        case .number(let literal): value = literal
        case .boolean(let flag): value = flag ? "true" : "false"
        case .null, nil: value = ""
        case .array, .object:
            notes.append("\(quoted(name)) is left out: its value is no text")
            return
        }
        take(name, type, value)
    }

    private mutating func take(_ name: String, _ type: MyToken.Kind, _ value: String) {
        guard value.count <= MyToken.maximumText else {
            notes.append("\(quoted(name)) is left out: its value has more than \(MyToken.maximumText) characters")
            return
        }
        var token = MyToken(name: name, type: type, value: value, file: "")
        if !type.accepts(value) {
            notes.append("\(quoted(name)) becomes text: its value is no \(type.rawValue)")
            token.type = .text
        }
        if value.contains("{{") {
            notes.append("\(quoted(name)) holds {{…}}: a token inside a token's value is not expanded")
        }
        tokens.append(token)
    }

    private static func reason(_ kind: String) -> String {
        switch kind.lowercased() {
        case "icalendar", "calendar file": "a calendar file is made for e-mails, and no webhook can use it"
        case "script", "script block", "email script", "velocity script", "velocity":
            "a script is run in e-mails alone, and no webhook can use it"
        case "image": "an image belongs to e-mails and pages; put its URL into a text token"
        default: "the type \(quotedName(kind)) is unknown here"
        }
    }

    private func quoted(_ text: String) -> String { Self.quotedName(text) }

    private static func quotedName(_ text: String) -> String {
        YAMLText.quoted(String(text.prefix(100)))
    }

    // MARK: The file

    /// The tokens as a `my-tokens.yaml`.
    package var yaml: String {
        var yaml = "# My Tokens, taken over by flowhook import.\n"
        if tokens.isEmpty { yaml += "{}\n" }
        for token in tokens {
            let key = YAMLText.quoted(token.name)
            switch token.type {
            case .text: yaml += "\(key): \(YAMLText.value(token.value))\n"
            case .number, .date:
                // As it stands: quoted, it would be text.
                yaml += "\(key): \(token.value)\n"
            case .score: yaml += "\(key): {type: score, value: \(token.value)}\n"
            case .richText, .salesforceCampaign:
                let value = YAMLText.value(token.value, indentation: 2)
                yaml += "\(key):\n  type: \(token.type.rawValue)\n  value: \(value)\n"
            }
        }
        return yaml
    }

    /// A `program.yaml`.
    ///
    /// - Parameters:
    ///   - id: the program's id, a whole number or text.
    ///   - name: the name; `nil`: that of the folder.
    package static func programFile(id: String, name: String?) -> String {
        "id: \(JSONNumber.isWhole(id) ? id : YAMLText.quoted(id))\n"
            + (name.map { "name: \(YAMLText.quoted($0))\n" } ?? "")
    }
}
