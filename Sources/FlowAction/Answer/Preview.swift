package import JSON

/// What a flow action would send, for people to read: secrets masked, every token with its value and where it came from.
package struct Preview: Sendable {
    /// The request's id.
    package var requestID: String
    /// The webhook's name as the store writes it.
    package var webhook: String
    /// The request that would go out, secrets masked; `nil` where the render fails.
    package var request: OutgoingRequest?
    /// The tokens in the order in which they are rendered.
    package var tokens: [Token]
    /// The tokens that resolved to nothing, as the templates spell them.
    package var unresolvedTokens: [String]
    /// Why the render fails, where it does.
    package var error: CallFailure?

    /// One token of the templates.
    package struct Token: Sendable {
        /// `family.Name` as the template spells it.
        package var token: String
        /// The value before it is encoded; masked where it is secret.
        package var value: String
        /// Where the value came from: a member of the request, `store`, `program`, `clock`, `settings`, `default`, `none`.
        package var source: String
        /// How the program has a My Token: `local`, `inherited` or `overridden`; `nil` for other tokens.
        package var origin: String?
        /// The file that defines it, relative to the store; `nil` where none does.
        package var file: String?
        /// Where it stands.
        package var place: Place
        /// How its value is written there.
        package var encoding: String
    }

    /// The preview as JSON.
    package var serialized: [UInt8] { json.serialized }

    /// The preview as a JSON value.
    package var json: JSONValue {
        var object: JSONObject = [
            "requestId": .string(requestID),
            "webhook": .string(webhook),
            "request": request.map { .object($0.json) } ?? .null,
            "tokens": .array(tokens.map { .object($0.json) }),
            "unresolvedTokens": .array(unresolvedTokens.map(JSONValue.string)),
        ]
        if let error {
            object.members.append(
                .init(
                    name: "error",
                    value: .object([
                        "type": .string(error.type.rawValue), "code": .null, "detail": .string(error.detail),
                        "sent": .string(error.sent.rawValue),
                    ])
                )
            )
        }
        return .object(object)
    }
}

extension Preview.Token {
    fileprivate var json: JSONObject {
        [
            "token": .string(token),
            "value": .string(value),
            "source": .string(source),
            "origin": origin.map(JSONValue.string) ?? .null,
            "file": file.map(JSONValue.string) ?? .null,
            "place": .string(place.rawValue),
            "encoding": .string(encoding),
        ]
    }
}

extension OutgoingRequest {
    fileprivate var json: JSONObject {
        [
            "method": .string(method.rawValue),
            "url": .string(url),
            "headers": .array(
                headers.map { .object(["name": .string($0.name), "value": .string($0.value)]) }
            ),
            "body": body.map { .string(String(decoding: $0, as: UTF8.self)) } ?? .null,
        ]
    }
}
