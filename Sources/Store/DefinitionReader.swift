internal import FlowAction
internal import JSON
internal import YAML

/// Reads a webhook file as listings show it: its keys with their values as written.
enum DefinitionReader {
    /// Keys whose plain values are numbers; those of all others are text.
    private static let typed = ["max_concurrent", "redirects", "retry"]

    /// The keys of a file in their order.
    static func read(_ root: YAMLNode) -> JSONObject {
        guard case .mapping(let pairs) = root.content else { return [:] }
        return JSONObject(
            pairs.map { .init(name: $0.name, value: json($0.value, isTyped: typed.contains($0.name))) }
        )
    }

    private static func json(_ node: YAMLNode, isTyped: Bool) -> JSONValue {
        switch node.content {
        case .scalar where node.isNull: .null
        case .scalar(let text, .plain) where isTyped && JSONNumber.isValid(text): .number(text)
        case .scalar(let text, _): .string(text)
        case .sequence(let elements): .array(elements.map { json($0, isTyped: isTyped) })
        case .mapping(let pairs):
            .object(JSONObject(pairs.map { .init(name: $0.name, value: json($0.value, isTyped: isTyped)) }))
        }
    }
}
