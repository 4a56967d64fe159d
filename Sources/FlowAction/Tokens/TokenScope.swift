/// What the tokens of one request stand for: its members, the store seen from its program, and one instant.
///
/// An object, since it is handed on at every stage of a request and its parts are many.
package final class TokenScope: Sendable {
    private let request: FlowActionRequest
    private let snapshot: Snapshot
    /// The folder from which My Tokens are looked up.
    private let folder: Int
    private let instant: Instant
    /// For each member of `request.lead` the position of its field, -1 where no field has the name.
    private let leadPositions: [Int]
    /// For each member of `request.company` the position of its field, as ``CompanyFields`` counts, -1 where no field has
    /// the name.
    private let companyPositions: [Int]

    /// Opens the scope of a request.
    ///
    /// - Parameters:
    ///   - folder: the folder of the request's program in the snapshot's tree, 0 (the root) without one.
    ///   - instant: the one moment that every `system` token of the request shows.
    /// - Throws: `malformed-request` where one field stands under two of its names, or a name in two spellings, and where a
    ///   secret is overridden with a value too short to be kept out of everything.
    package init(
        request: FlowActionRequest,
        snapshot: Snapshot,
        folder: Int,
        instant: Instant
    ) throws(Problem) {
        leadPositions = try Self.positions(of: request.lead, place: "lead") { snapshot.leadFields.position(of: $0) }
        companyPositions = try Self.positions(of: request.company, place: "company") { CompanyFields(snapshot)[$0] }
        self.request = request
        self.snapshot = snapshot
        self.folder = folder
        self.instant = instant
        try requireSecrets()
    }

    private func requireSecrets() throws(Problem) {
        guard !request.tokens.isEmpty else { return }
        for override in request.tokens where !override.value.isEmpty {
            guard let token = snapshot.tree.token(override.name.lowercased(), in: folder)?.token, token.isSecret,
                !MyToken.isLongEnough(override.value.text)
            else { continue }
            throw Problem(
                .malformedRequest,
                detail: """
                    "tokens" overrides the secret {{my.\(token.name)}} with fewer than \(MyToken.minimumSecret) \
                    characters; a secret has at least as many.
                    """
            )
        }
    }

    private static func positions(
        of members: [FlowActionRequest.Member],
        place: String,
        _ position: (String) -> Int?
    ) throws(Problem) -> [Int] {
        if members.isEmpty { return [] }
        var positions: [Int] = []
        positions.reserveCapacity(members.count)
        var seen = SeenPositions()
        // Names of no field, in lower case.
        var others: Set<String> = []
        for index in members.indices {
            let position = position(members[index].name) ?? -1
            if position < 0, !others.insert(members[index].name.lowercased()).inserted {
                throw Problem(
                    .malformedRequest,
                    detail: "\"\(place)\" has \"\(members[index].name.prefix(60))\" twice; case does not matter."
                )
            }
            if position >= 0, !seen.insert(position), let earlier = positions.firstIndex(of: position) {
                throw Problem(
                    .malformedRequest,
                    detail: """
                        "\(place)" has one field twice, as "\(members[earlier].name)" and as \
                        "\(members[index].name)".
                        """
                )
            }
            positions.append(position)
        }
        return positions
    }

    /// What a token stands for, its default included.
    package func resolve(_ token: TokenReference) -> ResolvedToken {
        lookUp(token).orDefault(of: token)
    }

    private func lookUp(_ token: TokenReference) -> ResolvedToken {
        switch token.family {
        case .lead: lead(token)
        case .company: company(token)
        case .program: snapshot.tree.resolve(token, in: folder)
        case .my: myToken(token)
        case .campaign: member(of: request.campaign, named: "campaign", token) ?? .unresolved
        case .trigger: trigger(token)
        case .member: member(of: request.member, named: "member", token) ?? .unresolved
        case .system: system(token)
        }
    }

    // MARK: Members of the request

    private func lead(_ token: TokenReference) -> ResolvedToken {
        if let position = token.leadField { return leadField(at: position) ?? .empty(snapshot.leadFields, position) }
        return member(of: request.lead, named: "lead", token) ?? .unresolved
    }

    private func leadField(at position: Int) -> ResolvedToken? {
        guard let index = leadPositions.firstIndex(of: position) else { return nil }
        return field(of: snapshot.leadFields.fields[position].type, request.lead[index].value, source: "lead")
    }

    /// A company's field: from the request's `company`, else from its `lead`, where a company's fields may stand too.
    private func company(_ token: TokenReference) -> ResolvedToken {
        let fields = CompanyFields(snapshot)
        guard let position = token.companyField ?? token.leadField.map(fields.position(ofLeadField:)) else {
            return member(of: request.company, named: "company", token)
                ?? member(of: request.lead, named: "lead", token) ?? .unresolved
        }
        let type = fields[position].type
        if let index = companyPositions.firstIndex(of: position) {
            return field(of: type, request.company[index].value, source: "company")
        }
        if let leadPosition = fields.leadPosition(of: position) {
            if let value = leadField(at: leadPosition) { return value }
        } else if let index = request.lead.indices.first(where: {
            // A company's field that is none of a lead's, and stands in the lead all the same.
            leadPositions[$0] < 0 && snapshot.companyFields.position(of: request.lead[$0].name) == position
        }) {
            return field(of: type, request.lead[index].value, source: "lead")
        }
        return ResolvedToken(text: "", shape: type.emptyShape, source: .nothing)
    }

    private func field(of type: FieldType, _ value: Scalar, source: String) -> ResolvedToken {
        let (text, shape) = TokenFormat.format(value, as: type, timeZone: snapshot.timeZone)
        return ResolvedToken(text: text, shape: shape, source: .request(source))
    }

    private func member(
        of members: [FlowActionRequest.Member],
        named place: String,
        _ token: TokenReference
    ) -> ResolvedToken? {
        guard
            let member = members.first(where: { $0.name == token.name })
                ?? members.first(where: { $0.name.lowercased() == token.key })
        else { return nil }
        let (text, shape) = TokenFormat.format(member.value)
        return ResolvedToken(text: text, shape: shape, source: .request(place))
    }

    /// A trigger that does not supply one of the documented tokens leaves it blank.
    private func trigger(_ token: TokenReference) -> ResolvedToken {
        member(of: request.trigger, named: "trigger", token)
            ?? (TriggerTokens.keys.contains(token.key)
                ? ResolvedToken(text: "", shape: .text, source: .nothing) : .unresolved)
    }

    // MARK: The store

    private func myToken(_ token: TokenReference) -> ResolvedToken {
        if !request.tokens.isEmpty,
            let override = request.tokens.first(where: { $0.name.lowercased() == token.key })
        {
            let defined = snapshot.tree.token(token.key, in: folder)
            let (text, shape) =
                defined.map { TokenFormat.format(override.value, as: $0.token.type) }
                ?? TokenFormat.format(override.value)
            return ResolvedToken(
                text: text,
                shape: shape,
                isSecret: defined?.token.isSecret ?? false,
                source: .request("tokens")
            )
        }
        return snapshot.tree.resolve(token, in: folder)
    }

    // MARK: The clock and the settings

    private func system(_ token: TokenReference) -> ResolvedToken {
        let clock = SystemClock(instant: instant, timeZone: snapshot.timeZone)
        switch token.key {
        case "date": return ResolvedToken(text: clock.date, shape: .text, source: .clock)
        case "time": return ResolvedToken(text: clock.time, shape: .text, source: .clock)
        case "datetime": return ResolvedToken(text: clock.dateTime, shape: .text, source: .clock)
        case "munchkinid":
            return ResolvedToken(text: snapshot.settings.munchkinID, shape: .text, source: .settings)
        default:
            // What is left are an e-mail's links: known, and blank outside an e-mail.
            return ResolvedToken(text: "", shape: .text, source: .nothing)
        }
    }
}

/// Which positions of fields may have been seen already: a bit for each, shared by those that are 256 apart.
private struct SeenPositions {
    private var words = InlineArray<4, UInt64>(repeating: 0)

    /// Adds a position; `true` where it is certainly new.
    mutating func insert(_ position: Int) -> Bool {
        let word = position / 64 % 4
        let bit: UInt64 = 1 << UInt64(position % 64)
        defer { words[word] |= bit }
        return words[word] & bit == 0
    }
}

extension ResolvedToken {
    /// A known field for which the request has no value.
    fileprivate static func empty(_ catalog: FieldCatalog, _ position: Int) -> ResolvedToken {
        ResolvedToken(text: "", shape: catalog.fields[position].type.emptyShape, source: .nothing)
    }
}
