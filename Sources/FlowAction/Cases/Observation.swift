internal import JSON

/// What came of a case, as one JSON object of the same members as the case's `expect`.
struct Observation {
    /// The members, `sent` to `attempts`.
    let members: JSONObject

    /// Why a request was refused.
    init(_ problem: Problem) {
        members = ["problem": .string(problem.name.rawValue), "sent": .null]
    }

    /// What an answer says, and what went out for it.
    ///
    /// - Parameters:
    ///   - sent: the request as people may see it, secrets masked; `nil` where nothing went out.
    ///   - headers: the names of the headers that are asked about, as they are spelt there.
    init(_ answer: FlowActionAnswer, sent: OutgoingRequest?, headers: [String]) {
        members = [
            "problem": .null,
            "sent": sent.map { Self.sent($0, headers: headers) } ?? .null,
            "outcome": .string(answer.outcome.rawValue),
            "fields": .object(JSONObject(answer.mapping.fields.map { .init(name: $0.field, value: $0.value) })),
            "skipped": .object(
                JSONObject(
                    answer.mapping.skipped.map { .init(name: $0.field, value: .string($0.reason.rawValue)) }
                )
            ),
            "truncated": .array(answer.mapping.truncated.map { .string($0.field) }),
            "unresolvedTokens": .array(answer.unresolvedTokens.map(JSONValue.string)),
            "activity": .object([
                "responseCode": answer.activity.responseCode.map { .number(String($0)) } ?? .null,
                "errorType": .string(answer.activity.errorType),
                "response": answer.activity.response.map(JSONValue.string) ?? .null,
            ]),
            "attempts": .number(String(answer.timing.attempts)),
            "error": answer.error.map { error in
                .object([
                    "type": .string(error.type.rawValue),
                    "code": answer.errorCode.map { .number(String($0)) } ?? .null,
                    "sent": .string(error.sent.rawValue),
                ])
            } ?? .null,
        ]
    }

    private static func sent(_ request: OutgoingRequest, headers: [String]) -> JSONValue {
        var object: JSONObject = [
            "method": .string(request.method.rawValue),
            "url": .string(request.url),
            "headers": .object(
                JSONObject(
                    headers.map { name in
                        let values = request.headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
                        // What is sent more than once reads as one list (RFC 9110, section 5.3).
                        let value: JSONValue = values.isEmpty ? .null : .string(values.joined(separator: ", "))
                        return .init(name: name, value: value)
                    }
                )
            ),
            "body": request.body.map { .string(String(decoding: $0, as: UTF8.self)) } ?? .null,
        ]
        if let json = request.body.flatMap({ try? JSONValue(parsing: $0) }) {
            object.members.append(.init(name: "json", value: json))
        }
        return .object(object)
    }
}
