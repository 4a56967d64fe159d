internal import JSON

extension FlowActionRequest {
    /// How many My Tokens a request may override.
    package static let maximumTokens = 100

    /// Decodes and checks the body of a flow action request; a byte order mark before it is passed over (RFC 8259, section
    /// 8.1).
    ///
    /// - Throws: `malformed-request` or `unknown-member`, with a sentence that names the member and what is allowed.
    package convenience init(decoding body: [UInt8]) throws(Problem) {
        let body = body.starts(with: ByteOrderMark.utf8) ? Array(body.dropFirst(ByteOrderMark.utf8.count)) : body
        var parts = Parts()
        do throws(Problem) {
            try body.withUnsafeBufferPointer { bytes throws(Problem) in
                var decoder = RequestDecoder(bytes)
                try decoder.read(&parts)
            }
        } catch {
            // That a body is no JSON at all is told first, wherever that shows.
            do throws(JSONError) {
                _ = try JSONValue(parsing: body)
            } catch {
                throw Problem(error, isEmpty: body.isEmpty)
            }
            throw error
        }
        self.init(parts)
    }
}

/// Decodes a request while it is read: nothing of it is held twice.
private struct RequestDecoder {
    typealias Member = FlowActionRequest.Member

    private var json: JSONScanner
    private let isEmpty: Bool

    init(_ body: UnsafeBufferPointer<UInt8>) {
        json = JSONScanner(body)
        isEmpty = body.isEmpty
    }

    /// The members that a request may have.
    private enum Part: UInt8 {
        case webhook, lead, company, program, campaign, trigger, member, tokens

        init?(_ name: JSONText) {
            if name.isSame(as: "webhook") {
                self = .webhook
            } else if name.isSame(as: "lead") {
                self = .lead
            } else if name.isSame(as: "program") {
                self = .program
            } else if name.isSame(as: "campaign") {
                self = .campaign
            } else if name.isSame(as: "company") {
                self = .company
            } else if name.isSame(as: "trigger") {
                self = .trigger
            } else if name.isSame(as: "member") {
                self = .member
            } else if name.isSame(as: "tokens") {
                self = .tokens
            } else {
                return nil
            }
        }

        /// A bit of its own.
        var bit: UInt8 { 1 << rawValue }
    }

    /// Reads all of the body.
    mutating func read(_ request: inout FlowActionRequest.Parts) throws(Problem) {
        guard case .object = try next() else {
            throw Problem(
                .malformedRequest,
                detail: "The body is no JSON object; send one with \"webhook\" and \"lead\"."
            )
        }
        var seen: UInt8 = 0
        while let name = try nextMember() {
            guard let part = Part(name) else { throw Self.unknown(name.string) }
            guard seen & part.bit == 0 else {
                throw Problem(.malformedRequest, detail: "The request has \(quoted(name.string)) twice.")
            }
            seen |= part.bit
            switch part {
            case .webhook: request.webhook = try webhook()
            case .lead: request.lead = try members(of: "lead", isRequired: true)
            case .company: request.company = try members(of: "company")
            case .program: request.program = try program()
            case .campaign: request.campaign = try campaign()
            case .trigger: request.trigger = try distinctMembers(of: "trigger")
            case .member: request.member = try distinctMembers(of: "member")
            case .tokens: request.tokens = try Self.tokens(tree())
            }
        }
        try end()
        guard seen & Part.webhook.bit != 0 else {
            throw Problem(.malformedRequest, detail: "The request lacks \"webhook\", the name of the webhook to call.")
        }
        guard seen & Part.lead.bit != 0 else {
            throw Problem(.malformedRequest, detail: "The request lacks \"lead\", an object of the lead's fields.")
        }
    }

    private static func unknown(_ name: String) -> Problem {
        Problem(
            .unknownMember,
            detail: """
                The request has an unknown member \(quoted(name)); it may have "webhook", "lead", "company", "program", \
                "campaign", "trigger", "member" and "tokens".
                """
        )
    }

    // MARK: Steps in the text

    private mutating func next() throws(Problem) -> JSONScanner.Token {
        do throws(JSONError) { return try json.next() } catch { throw Problem(error, isEmpty: isEmpty) }
    }

    private mutating func nextMember() throws(Problem) -> JSONText? {
        do throws(JSONError) { return try json.nextMember() } catch { throw Problem(error, isEmpty: isEmpty) }
    }

    private mutating func tree() throws(Problem) -> JSONValue {
        do throws(JSONError) { return try json.tree() } catch { throw Problem(error, isEmpty: isEmpty) }
    }

    private mutating func end() throws(Problem) {
        do throws(JSONError) { try json.end() } catch { throw Problem(error, isEmpty: isEmpty) }
    }

    // MARK: Members

    private mutating func webhook() throws(Problem) -> String {
        guard case .string(let text) = try next(), !text.isEmpty else {
            throw Problem(.malformedRequest, detail: "\"webhook\" is to be the name of a webhook, as text.")
        }
        return try Self.comparable(text.string, at: "webhook")
    }

    /// A text that is to be compared with others.
    private static func comparable(_ text: String, at place: String) throws(Problem) -> String {
        guard text.isStreamSafe else {
            throw Problem(
                .malformedRequest,
                detail: "\"\(place)\" has a text with more than 30 combining marks in a row, which is no name."
            )
        }
        return text
    }

    /// The named values of an object, `null` counting as an empty one where it is not required.
    private mutating func members(of place: String, isRequired: Bool = false) throws(Problem) -> [Member] {
        switch try next() {
        case .null where !isRequired: return []
        case .object: break
        default: throw Problem(.malformedRequest, detail: "\"\(place)\" is to be an object of names and values.")
        }
        var members: [Member] = []
        var names = SeenNames()
        while let text = try nextMember() {
            let name = try Self.comparable(text.string, at: place)
            guard names.isNew(name, after: members) else {
                throw Problem(.malformedRequest, detail: "\"\(place)\" has \(quoted(name)) twice.")
            }
            // Eight at once: growing from one costs several allocations more.
            if members.isEmpty { members.reserveCapacity(8) }
            guard let value = Scalar(try next()) else {
                throw Self.noScalar(at: "\(place).\(shortened(name))")
            }
            members.append(Member(name: name, value: value))
        }
        return members
    }

    /// Members whose names differ by more than case, which tokens ignore.
    private mutating func distinctMembers(of place: String) throws(Problem) -> [Member] {
        let members = try members(of: place)
        guard members.count > 1 else { return members }
        var names: Set<String> = []
        for member in members where !names.insert(member.name.lowercased()).inserted {
            throw Problem(
                .malformedRequest,
                detail: "\"\(place)\" has \(quoted(member.name)) twice; case does not matter."
            )
        }
        return members
    }

    private static func noScalar(at place: String) -> Problem {
        Problem(
            .malformedRequest,
            detail: "\"\(place)\" holds an object or array; it may be a string, number, boolean or null."
        )
    }

    private mutating func program() throws(Problem) -> Scalar? {
        switch try next() {
        case .null: return nil
        case .number(let literal): return .number(literal.string)
        case .string(let text) where !text.isEmpty: return .text(try Self.comparable(text.string, at: "program"))
        default:
            throw Problem(
                .malformedRequest,
                detail: "\"program\" is to be a program's id, its path below marketing-activities, or its name."
            )
        }
    }

    private mutating func campaign() throws(Problem) -> [Member] {
        let campaign = try members(of: "campaign")
        for member in campaign {
            switch member.name {
            case "id", "name", "description": break
            case "type": if case .text(let type) = member.value { _ = try Self.comparable(type, at: "campaign.type") }
            default:
                throw Problem(
                    .unknownMember,
                    detail: """
                        "campaign" has an unknown member \(quoted(member.name)); it may have "id", "name", \
                        "description" and "type".
                        """
                )
            }
        }
        return campaign
    }

    // MARK: Tokens

    private static func tokens(_ value: JSONValue) throws(Problem) -> [Member] {
        if value == .null { return [] }
        guard case .array(let elements) = value else {
            throw Problem(
                .malformedRequest,
                detail: "\"tokens\" is to be an array of {\"name\": \"{{my.…}}\", \"value\": …}."
            )
        }
        let maximum = FlowActionRequest.maximumTokens
        guard elements.count <= maximum else {
            throw Problem(
                .malformedRequest,
                detail: "\"tokens\" has \(elements.count) elements; at most \(maximum) are allowed."
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
        var (hasName, name) = (false, String?.none)
        var scalar: Scalar?
        for member in object.members {
            switch try comparable(member.name, at: "tokens[\(index)]") {
            case "name" where !hasName:
                hasName = true
                let spelling = member.value.stringValue
                name = try spelling.map { text throws(Problem) in try comparable(text, at: "tokens[\(index)]") }
                    .flatMap(bareTokenName)
            case "value" where scalar == nil:
                scalar = Scalar(member.value)
                if scalar == nil { throw noScalar(at: "tokens[\(index)].value") }
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

    /// The name of an override; `nil` where no name is left, or one that no template can name.
    private static func bareTokenName(_ spelling: String) -> String? {
        guard let name = MyToken.bareName(spelling) else { return nil }
        let isWritable = !name.contains("{{") && !name.contains("}}") && !name.lowercased().contains(":default=")
        return isWritable ? name : nil
    }
}

extension Scalar {
    /// A value where no container may stand; `nil` for one.
    fileprivate init?(_ token: JSONScanner.Token) {
        switch token {
        case .null: self = .null
        case .boolean(let flag): self = .boolean(flag)
        case .number(let literal): self = .number(literal.string)
        case .string(let text): self = .text(text.string)
        case .array, .object: return nil
        }
    }

    /// A value where no container may stand; `nil` for one.
    fileprivate init?(_ value: JSONValue) {
        switch value {
        case .null: self = .null
        case .boolean(let flag): self = .boolean(flag)
        case .number(let literal): self = .number(literal)
        case .string(let text): self = .text(text)
        case .array, .object: return nil
        }
    }
}

extension Problem {
    /// The problem of a body that is no JSON.
    fileprivate init(_ error: JSONError, isEmpty: Bool) {
        self.init(
            .malformedRequest,
            detail: isEmpty
                ? "The body is empty; send a JSON object with \"webhook\" and \"lead\"."
                : "The body is no valid JSON: \(error.code.rawValue), at byte \(error.offset + 1)."
        )
    }
}

/// A member's name in quotes, cut where a caller sends one of any length.
private func quoted(_ name: String) -> String {
    "\"\(shortened(name))\""
}

private func shortened(_ name: String) -> String {
    // A character may be of any length.
    let shown = name.prefix(utf8Bytes: 240).prefix(60)
    return shown.endIndex == name.endIndex ? name : shown + "…"
}
