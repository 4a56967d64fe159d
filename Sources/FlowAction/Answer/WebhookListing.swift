package import JSON

/// The webhooks of a store as their files define them, in the order of their names; literal credentials are masked.
package struct WebhookListing: Sendable {
    /// The webhooks.
    package let webhooks: [Webhook]

    /// Collects all webhooks.
    package init(of snapshot: Snapshot) {
        webhooks = snapshot.webhooks.sorted { $0.key < $1.key }.map(\.value)
    }

    /// The listing as JSON.
    package var json: JSONValue {
        .object(["webhooks": .array(webhooks.map(\.json))])
    }
}

extension Snapshot {
    /// The webhook of a name, without regard to case.
    ///
    /// - Throws: `unknown-webhook`.
    package func requireWebhook(named name: String, in place: String) throws(Problem) -> Webhook {
        if let webhook = webhook(named: name) { return webhook }
        let isFew = webhooks.count <= NearestWord.mostForRequests
        let near = isFew ? NearestWord.find(name, among: webhooks.values.lazy.map(\.name)) : nil
        throw Problem(
            .unknownWebhook,
            detail: "The store has no webhook of the name in \(place)\(near.map { "; did you mean \"\($0)\"?" } ?? ".")"
        )
    }
}

extension Webhook {
    /// The keys of a webhook file with what they are where the file has them not.
    private static let keys: [(key: String, shown: String, defaultValue: JSONValue)] = [
        ("url", "url", .null),
        ("request_type", "requestType", .string(RequestType.post.rawValue)),
        ("payload_template", "payloadTemplate", .null),
        ("request_token_encoding", "requestTokenEncoding", .null),
        ("custom_headers", "customHeaders", .object([:])),
        ("response_type", "responseType", .string(ResponseType.none.rawValue)),
        ("response_mappings", "responseMappings", .object([:])),
        ("unresolved_tokens", "unresolvedTokens", .string("blank")),
        ("timeout", "timeout", .string("30s")),
        ("retry", "retry", .null),
        ("max_concurrent", "maxConcurrent", .null),
        ("max_rate", "maxRate", .null),
        ("redirects", "redirects", .number("0")),
        ("tls", "tls", .null),
    ]

    /// The webhook as listings show it.
    package var json: JSONValue {
        var members: JSONObject = [
            "name": .string(name),
            "description": description.map(JSONValue.string) ?? .null,
            "enabled": .boolean(isEnabled),
            "file": .string(file),
        ]
        for (key, shown, defaultValue) in Self.keys {
            let value = definition[key].flatMap { $0 == .null ? nil : masked($0, key) } ?? defaultValue
            members.members.append(.init(name: shown, value: value))
        }
        return .object(members)
    }

    private func masked(_ value: JSONValue, _ key: String) -> JSONValue {
        switch (key, value) {
        case ("url", .string(let text)):
            .string(LiteralCredentials(inURL: text).masked(text))
        case ("payload_template", .string(let text)):
            .string(LiteralCredentials(inPayload: text).masked(text))
        case ("custom_headers", .object(let headers)):
            .object(
                JSONObject(headers.members.map { .init(name: $0.name, value: Self.masked($0.value, header: $0.name)) })
            )
        case ("response_mappings", .object(let mappings)):
            .object(JSONObject(mappings.members.map { .init(name: $0.name, value: Self.camelCased($0.value)) }))
        default: Self.camelCased(value)
        }
    }

    private static func masked(_ value: JSONValue, header: String) -> JSONValue {
        switch value {
        case .string(let text): .string(LiteralCredentials(inHeader: header, text).masked(text))
        case .array(let values): .array(values.map { masked($0, header: header) })
        default: value
        }
    }

    /// An object with `when_null` written `whenNull`.
    private static func camelCased(_ value: JSONValue) -> JSONValue {
        guard case .object(let object) = value else { return value }
        return .object(
            JSONObject(
                object.members.map { member in
                    let words = member.name.split(separator: "_")
                    let rest = words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }
                    return .init(name: (words.first.map(String.init) ?? "") + rest.joined(), value: member.value)
                }
            )
        )
    }
}
