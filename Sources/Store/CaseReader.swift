internal import FlowAction
internal import JSON
internal import YAML

/// Reads one case of `tests/`.
struct CaseReader {
    /// The store whose webhook is called; `nil` where it does not load.
    let snapshot: Snapshot?

    private static let keys = ["description", "now", "request", "answer", "answers", "expect"]

    /// Reads the case of one file.
    ///
    /// - Returns: `nil` where a finding is an error.
    func read(_ bytes: [UInt8], _ findings: inout Findings) -> Case? {
        guard let root = findings.parse(bytes) else {
            if !findings.hasError {
                findings.add(.error, "empty-file", "the file is empty; a case has at least a request and an expect")
            }
            return nil
        }
        guard let reader = MappingReader(root, keys: Self.keys, what: "a case", &findings) else { return nil }
        var request = JSONValue.null
        if let node = reader["request"] {
            request = node.json
            if case .mapping = node.content {
            } else {
                findings.error("mapping-expected", "\"request\" is to be a flow action request", at: node)
            }
        } else {
            findings.error("request-required", "a case has a \"request\", the flow action request", at: root)
        }
        if reader["expect"] == nil {
            findings.error("expect-required", "a case has an \"expect\"; without one it shows nothing", at: root)
        }
        let item = Case(
            file: findings.file,
            description: reader.text("description", &findings),
            instant: instant(reader, &findings),
            request: request,
            answers: CannedAnswerReader().read(reader, &findings),
            expected: reader["expect"].map { ExpectationReader(leadFields: snapshot?.leadFields).read($0, &findings) }
                ?? [:]
        )
        if item.expected["problem"] == nil, case .mapping(let pairs)? = reader["request"]?.content {
            warnOfNames(pairs, &findings)
        }
        return findings.hasError ? nil : item
    }

    /// Warns of a webhook, a program and lead fields that the store does not have.
    private func warnOfNames(_ request: [YAMLNode.Pair], _ findings: inout Findings) {
        guard let snapshot else { return }
        for pair in request {
            switch (pair.name, pair.value.content) {
            case ("webhook", .scalar(let name, _)):
                guard snapshot.webhook(named: name) == nil else { break }
                findings.warning(
                    "unknown-webhook",
                    "the store has no webhook of this name",
                    at: pair.value,
                    suggestion: NearestWord.find(name, among: snapshot.webhooks.values.map(\.name).sorted())
                )
            case ("program", .scalar(let name, _)):
                guard case .unknown = snapshot.tree.folder(for: name) else { break }
                findings.warning(
                    "unknown-program",
                    "the store has no program or folder of this id, path or name",
                    at: pair.value,
                    suggestion: NearestWord.find(name, among: snapshot.tree.programs.map(\.name))
                )
            case ("lead", .mapping(let fields)):
                for field in fields where field.value.isMissing {
                    findings.warnOfNothing("the lead field is empty", at: field.key)
                }
                for field in fields where snapshot.leadFields.field(named: field.name) == nil {
                    // A name that is like none may be of a field that the templates ask for by that name.
                    let names = snapshot.leadFields.fields.lazy.map(\.displayName)
                    guard let meant = NearestWord.find(field.name, among: names) else { continue }
                    findings.warning(
                        "unknown-field",
                        "no lead field has this name",
                        at: field.key,
                        suggestion: meant
                    )
                }
            default: break
            }
        }
    }

    private func instant(_ reader: MappingReader, _ findings: inout Findings) -> Instant? {
        guard let text = reader.text("now", &findings), let node = reader["now"] else { return nil }
        guard let time = ISODateTime(text), time.hasTime else {
            findings.error(
                "time-expected",
                "\"now\" is a moment such as 2026-05-23T10:00:00Z; without an offset it is UTC",
                at: node
            )
            return nil
        }
        return Instant(seconds: time.civil.secondsSinceEpoch - Int64((time.offset ?? 0) * 60))
    }
}

extension YAMLNode {
    /// The node as JSON: a plain scalar that is a JSON number, `true`, `false` or `null` is that, every other one text.
    var json: JSONValue {
        switch content {
        case .scalar("null", .plain): .null
        case .scalar("true", .plain): .boolean(true)
        case .scalar("false", .plain): .boolean(false)
        case .scalar(let text, .plain) where JSONNumber.isValid(text): .number(text)
        case .scalar(let text, _): .string(text)
        case .sequence(let elements): .array(elements.map(\.json))
        case .mapping(let pairs):
            .object(JSONObject(pairs.map { .init(name: $0.name, value: $0.value.json) }))
        }
    }
}
