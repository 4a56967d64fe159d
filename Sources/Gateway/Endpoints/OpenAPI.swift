internal import FlowAction
internal import JSON

/// The description of the HTTP interface in OpenAPI 3.1, for `GET /openapi.json`.
///
/// Lists of names (outcomes, problems, types of errors, paths) come from the code that acts on them; the rest is
/// written in ``paths`` and ``schemas``, and the end-to-end tests hold real answers against it.
enum OpenAPI {
    /// The description of the service at a mount, which has no slash at its end.
    static func description(mount: String) -> [UInt8] {
        var document = JSONObject()
        func add(_ name: String, _ value: JSONValue) {
            document.members.append(JSONObject.Member(name: name, value: value))
        }
        add("openapi", .string("3.1.0"))
        add(
            "info",
            .object([
                "title": .string("Flowhook"),
                "summary": .string("Calls a third-party service for a lead and maps the answer to lead fields."),
                "version": .string(Version.current),
            ])
        )
        add("servers", .array([.object(["url": .string(url(of: mount))])]))
        add("paths", describedPaths)
        add("components", .object(["schemas": parsed(schemas)]))
        return JSONValue.object(document).serialized
    }

    /// The mount as it stands in a URL (RFC 3986, section 3.3).
    private static func url(of mount: String) -> String {
        if mount.isEmpty { return "/" }
        let plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-._~!$&'()*+,;=:@"
        return String(decoding: percentEncoded(mount.utf8) { !plain.utf8.contains($0) }, as: UTF8.self)
    }

    /// The paths that the service answers to.
    private static let describedPaths: JSONValue = {
        guard case .object(var object) = parsed(paths) else { return .object([:]) }
        object.members.removeAll { !Endpoint.paths.contains($0.name) }
        return .object(object)
    }()

    private static func parsed(_ text: String) -> JSONValue {
        do {
            return try JSONValue(parsing: Array(text.utf8))
        } catch {
            preconditionFailure("the description is no JSON: \(error)")
        }
    }

    /// Names as the values of an `enum`.
    static func names<Name: RawRepresentable & CaseIterable>(_ type: Name.Type) -> String
    where Name.RawValue == String {
        "[\(Name.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))]"
    }
}
