internal import FlowAction
internal import YAML

/// Reads the custom headers of a webhook.
struct HeadersReader {
    /// Compiles templates.
    let compiler: TemplateCompiler

    /// Headers that belong to the connection or to the message's framing (RFC 9110, section 7.6.1; RFC 9112).
    private static let reserved = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade",
        "proxy-connection", "proxy-authorization", "proxy-authenticate", "expect",
    ]

    /// Headers that mean something to everyone.
    private static let common = ["Accept", "Authorization", "Content-Type", "Idempotency-Key", "User-Agent"]

    /// A name's letters alone, small: what tells `ContentType` and `content_type` from others.
    private static func letters(_ name: String) -> String { name.lowercased().filter(\.isLetter) }

    /// Reads a map of header name to template, or to a list of templates where a header repeats.
    ///
    /// - Returns: the headers, each with the text in the file.
    func read(_ node: YAMLNode?, _ findings: inout Findings) -> [(header: Webhook.HeaderTemplate, node: YAMLNode)] {
        guard let node, !node.isNull else { return [] }
        guard case .mapping(let pairs) = node.content else {
            findings.error("mapping-expected", "\"custom_headers\" is to map header names to values", at: node)
            return []
        }
        var headers: [(header: Webhook.HeaderTemplate, node: YAMLNode)] = []
        var names: [String: String] = [:]
        for pair in pairs {
            guard Self.isToken(pair.name) else {
                findings.error(
                    "header-name",
                    "a header's name holds letters, digits and !#$%&'*+-.^_`|~ (RFC 9110, section 5.1)",
                    at: pair.key
                )
                continue
            }
            guard !Self.reserved.contains(pair.name.lowercased()) else {
                findings.error(
                    "header-reserved",
                    "the header \(pair.name) is the connection's own; leave it out",
                    at: pair.key
                )
                continue
            }
            if let first = names.updateValue(pair.name, forKey: pair.name.lowercased()) {
                findings.error(
                    "duplicate-header",
                    "this header is here already, as \(first); one that repeats has a list of values",
                    at: pair.key
                )
                continue
            }
            if let meant = Self.common.first(where: { Self.letters($0) == Self.letters(pair.name) }),
                meant.lowercased() != pair.name.lowercased()
            {
                findings.warning("header-spelling", "this is not the header \(meant)", at: pair.key, suggestion: meant)
            }
            if StoreVocabulary.webhook.contains(pair.name) {
                findings.warning(
                    "misplaced-key",
                    "this goes out as a header; a key of the webhook stands further left, below custom_headers itself",
                    at: pair.key
                )
            }
            let values = if case .sequence(let elements) = pair.value.content { elements } else { [pair.value] }
            for value in values {
                guard let text = value.text else {
                    findings.textExpected("a header's value, or each of a list,", at: value)
                    continue
                }
                if value.isMissing { findings.warnOfNothing("the header goes out empty", at: pair.key) }
                let (template, found) = compiler.header(text, named: pair.name)
                for finding in found { findings.add(finding, in: value) }
                headers.append((Webhook.HeaderTemplate(name: pair.name, value: template), value))
            }
        }
        return headers
    }

    private static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
