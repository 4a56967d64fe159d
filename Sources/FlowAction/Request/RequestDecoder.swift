internal import JSON

extension FlowActionRequest {
    /// How many My Tokens a request may override.
    package static let maximumTokens = 100

    /// Decodes and checks the body of a flow action request.
    ///
    /// - Throws: `malformed-request` or `unknown-member`, with a sentence that names the member and what is allowed.
    package init(decoding body: [UInt8]) throws(Problem) {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: body)
        } catch {
            throw Problem(
                .malformedRequest,
                detail: body.isEmpty
                    ? "The body is empty; send a JSON object with \"webhook\" and \"lead\"."
                    : "The body is no valid JSON: \(error.code.rawValue), at byte \(error.offset)."
            )
        }
        guard case .object(let object) = json else {
            throw Problem(
                .malformedRequest,
                detail: "The body is no JSON object; send one with \"webhook\" and \"lead\"."
            )
        }
        try self.init(object)
    }

    private init(_ object: JSONObject) throws(Problem) {
        var webhook: String?
        var lead: [Member]?
        self.init(webhook: "", lead: [])
        var seen = SeenNames()
        for member in object.members {
            guard seen.insert(member.name) else {
                throw Problem(.malformedRequest, detail: "The request has \(quoted(member.name)) twice.")
            }
            switch member.name {
            case "webhook":
                guard case .string(let name) = member.value, !name.isEmpty else {
                    throw Problem(.malformedRequest, detail: "\"webhook\" is to be the name of a webhook, as text.")
                }
                webhook = name
            case "lead": lead = try Self.members(of: member.value, in: "lead")
            case "company": company = try Self.members(of: member.value, in: "company")
            case "program": program = try Self.program(member.value)
            case "campaign": campaign = try Self.campaign(member.value)
            case "trigger": trigger = try Self.members(of: member.value, in: "trigger")
            case "member": self.member = try Self.members(of: member.value, in: "member")
            case "tokens": tokens = try Self.tokens(member.value)
            default:
                throw Problem(
                    .unknownMember,
                    detail: """
                        The request has an unknown member \(quoted(member.name)); it may have "webhook", "lead", \
                        "company", "program", "campaign", "trigger", "member" and "tokens".
                        """
                )
            }
        }
        guard let webhook else {
            throw Problem(.malformedRequest, detail: "The request lacks \"webhook\", the name of the webhook to call.")
        }
        guard let lead else {
            throw Problem(.malformedRequest, detail: "The request lacks \"lead\", an object of the lead's fields.")
        }
        self.webhook = webhook
        self.lead = lead
    }

    /// The named values of an object, `null` counting as an empty one.
    private static func members(of value: JSONValue, in place: String) throws(Problem) -> [Member] {
        if value == .null && place != "lead" { return [] }
        guard case .object(let object) = value else {
            throw Problem(.malformedRequest, detail: "\"\(place)\" is to be an object of names and values.")
        }
        var members: [Member] = []
        members.reserveCapacity(object.members.count)
        var seen = SeenNames()
        for member in object.members {
            guard seen.insert(member.name) else {
                throw Problem(.malformedRequest, detail: "\"\(place)\" has \(quoted(member.name)) twice.")
            }
            members.append(
                Member(name: member.name, value: try scalar(member.value, at: "\(place).\(shortened(member.name))"))
            )
        }
        return members
    }

    private static func scalar(
        _ value: JSONValue,
        at place: @autoclosure () -> String
    ) throws(Problem) -> Scalar {
        switch value {
        case .null: return .null
        case .boolean(let flag): return .boolean(flag)
        case .number(let literal): return .number(literal)
        case .string(let text): return .text(text)
        case .array, .object:
            throw Problem(
                .malformedRequest,
                detail: "\"\(place())\" holds an object or array; it may be a string, number, boolean or null."
            )
        }
    }

    private static func program(_ value: JSONValue) throws(Problem) -> Scalar? {
        switch value {
        case .null: return nil
        case .number(let literal): return .number(literal)
        case .string(let text) where !text.isEmpty: return .text(text)
        default:
            throw Problem(
                .malformedRequest,
                detail: "\"program\" is to be a program's id, its path below marketing-activities, or its name."
            )
        }
    }

    private static func campaign(_ value: JSONValue) throws(Problem) -> [Member] {
        let campaign = try members(of: value, in: "campaign")
        for member in campaign where !["id", "name", "description", "type"].contains(member.name) {
            throw Problem(
                .unknownMember,
                detail: """
                    "campaign" has an unknown member \(quoted(member.name)); it may have "id", "name", \
                    "description" and "type".
                    """
            )
        }
        return campaign
    }

    private static func tokens(_ value: JSONValue) throws(Problem) -> [Member] {
        if value == .null { return [] }
        guard case .array(let elements) = value else {
            throw Problem(
                .malformedRequest,
                detail: "\"tokens\" is to be an array of {\"name\": \"{{my.…}}\", \"value\": …}."
            )
        }
        guard elements.count <= maximumTokens else {
            throw Problem(
                .malformedRequest,
                detail: "\"tokens\" has \(elements.count) elements; at most \(maximumTokens) are allowed."
            )
        }
        var tokens: [Member] = []
        var seen: Set<String> = []
        for (index, element) in elements.enumerated() {
            let token = try token(element, at: index)
            guard seen.insert(token.name.lowercased()).inserted else {
                throw Problem(.malformedRequest, detail: "\"tokens\" names \(quoted(token.name)) twice.")
            }
            tokens.append(token)
        }
        return tokens
    }

    private static func token(_ value: JSONValue, at index: Int) throws(Problem) -> Member {
        guard case .object(let object) = value else {
            throw Problem(
                .malformedRequest,
                detail: "\"tokens[\(index)]\" is to be {\"name\": \"{{my.…}}\", \"value\": …}."
            )
        }
        var name: String?
        var scalar: Scalar?
        for member in object.members {
            switch member.name {
            case "name" where name == nil: name = member.value.stringValue.flatMap(bareTokenName)
            case "value" where scalar == nil: scalar = try Self.scalar(member.value, at: "tokens[\(index)].value")
            case "name", "value":
                throw Problem(
                    .malformedRequest,
                    detail: "\"tokens[\(index)]\" has \(quoted(member.name)) twice."
                )
            default:
                throw Problem(
                    .unknownMember,
                    detail: """
                        "tokens[\(index)]" has an unknown member \(quoted(member.name)); it may have "name" and "value".
                        """
                )
            }
        }
        guard let name, let scalar else {
            throw Problem(
                .malformedRequest,
                detail: """
                    "tokens[\(index)]" is to have a "name", {{my.Seats}}, my.Seats or Seats, and a "value".
                    """
            )
        }
        return Member(name: name, value: scalar)
    }

    /// `Seats` for `{{my.Seats}}`, `my.Seats` and `Seats`; `nil` where no name is left.
    private static func bareTokenName(_ spelling: String) -> String? {
        var name = trimmed(Substring(spelling))
        if name.hasPrefix("{{"), name.hasSuffix("}}"), name.utf8.count >= 4 { name = name.dropFirst(2).dropLast(2) }
        name = trimmed(name)
        if name.lowercased().hasPrefix("my.") { name = trimmed(name.dropFirst(3)) }
        return name.isEmpty ? nil : String(name)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0 == " " }
        guard let end = start.lastIndex(where: { $0 != " " }) else { return "" }
        return start[...end]
    }
}

/// The names of an object's members so far: a list while they are few, which costs less than a set, and a set beyond.
private struct SeenNames {
    private var few: [String] = []
    private var many: Set<String> = []

    /// How many names are looked through one by one.
    private static let fewest = 16

    /// Adds a name.
    ///
    /// - Returns: whether it is new.
    mutating func insert(_ name: String) -> Bool {
        if few.count < Self.fewest {
            if few.contains(name) { return false }
            if few.isEmpty { few.reserveCapacity(Self.fewest) }
            few.append(name)
            return true
        }
        if many.isEmpty { many = Set(few) }
        return many.insert(name).inserted
    }
}

/// A member's name in quotes, cut where a caller sends one of any length.
private func quoted(_ name: String) -> String {
    "\"\(shortened(name))\""
}

private func shortened(_ name: String) -> String {
    name.count <= 60 ? name : name.prefix(60) + "…"
}
