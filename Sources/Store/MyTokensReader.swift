internal import FlowAction
internal import Glibc
internal import YAML

/// Reads a `my-tokens.yaml`.
struct MyTokensReader {
    /// Where secrets come from.
    let files: StoreFiles
    /// The environment.
    let environment: [String: String]
    /// What happens where a secret cannot be read.
    let secrets: LoadOptions.Secrets

    /// Reads the tokens of one file, under their names in lower case.
    func read(_ bytes: [UInt8], _ findings: inout Findings) -> [String: MyToken] {
        guard let root = findings.parse(bytes) else { return [:] }
        guard case .mapping(let pairs) = root.content else {
            findings.error("mapping-expected", "my-tokens.yaml is to map names of My Tokens to values", at: root)
            return [:]
        }
        var tokens: [String: MyToken] = [:]
        tokens.reserveCapacity(pairs.count)
        for (index, pair) in pairs.enumerated() {
            let name = pair.name
            guard isName(name) else {
                findings.error(
                    "token-name",
                    "the name of a My Token has 1 to 50 characters, no blanks around it, and no }}",
                    at: pair.key
                )
                continue
            }
            if name.lowercased().hasPrefix("my.") {
                findings.warning(
                    "token-name",
                    "this is the My Token {{my.\(name)}}; a name stands here without \"my.\"",
                    at: pair.key,
                    suggestion: String(name.dropFirst(3))
                )
            }
            if !Self.isWritable(name) {
                findings.warning(
                    "token-name",
                    "no template can have this name: there a name has no {, no :default= and no line break",
                    at: pair.key
                )
            }
            if pair.value.isMissing { tellOfNothing(pair.key, before: pairs.dropFirst(index + 1).first, &findings) }
            // One that is wrong is defined all the same: the webhooks that use it are right.
            let token =
                token(name, pair.value, &findings)
                ?? placeholder(for: name, in: findings.file, isSecret: Self.isMeantAsSecret(pair.value))
            if tokens.updateValue(token, forKey: name.lowercased()) != nil {
                findings.error("duplicate-token", "two My Tokens differ in case alone; names ignore case", at: pair.key)
            }
        }
        return tokens
    }

    /// Tells of a token without a value: with what describes it in its own column a secret would be a token in the clear.
    private func tellOfNothing(_ key: YAMLNode, before next: YAMLNode.Pair?, _ findings: inout Findings) {
        guard let next, StoreVocabulary.myToken.contains(next.name) else {
            return findings.warnOfNothing("the My Token is empty", at: key)
        }
        findings.error(
            "token-value",
            "no value stands here; indent \"\(next.name)\" and what else describes this My Token",
            at: key
        )
    }

    /// Whether a text may be a token's name: 1 to 50 characters, no blanks around it, and no `}}`.
    private func isName(_ name: String) -> Bool {
        let bytes = name.utf8
        guard bytes.first != UInt8(ascii: " "), bytes.last != UInt8(ascii: " ") else { return false }
        guard !bytes.contains(UInt8(ascii: "}")) || !name.contains("}}") else { return false }
        // A character has one byte at least; counting characters is the slower way.
        return !bytes.isEmpty && (bytes.count <= MyToken.maximumName || name.count <= MyToken.maximumName)
    }

    /// Whether a template can have a name.
    private static func isWritable(_ name: String) -> Bool {
        // Nearly every name has none of these, and is not looked at again.
        guard name.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: ":") }) else {
            return true
        }
        return !["{", ":default=", "\n", "\r"].contains { name.contains($0) }
    }

    /// Whether a token that is wrong says something of `secret` other than `false`.
    private static func isMeantAsSecret(_ node: YAMLNode) -> Bool {
        guard case .mapping(let pairs) = node.content else { return false }
        return pairs.contains { $0.name == "secret" && $0.value.text != "false" }
    }

    private func token(_ name: String, _ node: YAMLNode, _ findings: inout Findings) -> MyToken? {
        switch node.content {
        case .scalar(let text, let style):
            let type = style == .plain ? Self.type(ofPlain: text) : .text
            guard isLengthAllowed(text, node, &findings) else { return nil }
            warnOfUserInfo(text, node, &findings)
            warnOfTokens(text, node, &findings)
            return MyToken(name: name, type: type, value: text, file: findings.file)
        case .mapping:
            return described(name, node, &findings)
        case .sequence:
            findings.error(
                "token-value",
                "a My Token is a value or {type, value, secret, file, env, credential}; quote text that begins with [",
                at: node,
                suggestion: node.quoted
            )
            return nil
        }
    }

    /// A plain scalar is a number or a date where it reads as one, else text exactly as written.
    private static func type(ofPlain text: String) -> MyToken.Kind {
        // Either begins with a digit, a number with a sign too.
        guard let first = text.utf8.first, first <= UInt8(ascii: "9") else { return .text }
        return MyToken.Kind.number.accepts(text) ? .number : MyToken.Kind.date.accepts(text) ? .date : .text
    }

    private func described(_ name: String, _ node: YAMLNode, _ findings: inout Findings) -> MyToken? {
        let keys = StoreVocabulary.myToken
        guard let reader = MappingReader(node, keys: keys, what: "a My Token", namesUnknown: false, &findings) else {
            return nil
        }
        let kind: MyToken.Kind? = reader.word("type", &findings)
        // A word that is neither is a slip, and what it stands beside a secret.
        let isSecret = reader.flag("secret", &findings) ?? reader.has("secret")
        if let secret = reader["secret"], secret.isNull {
            findings.error("unknown-value", "\"secret\" is one of true, false", at: secret)
        }
        let sources = ["value", "file", "env", "credential"].filter { reader[$0] != nil }
        guard sources.count == 1, let source = sources.first, let place = reader[source] else {
            findings.error(
                "token-value",
                "the My Token \(name) is to have exactly one of value, file, env and credential",
                at: node
            )
            return nil
        }
        guard let written = place.text else {
            findings.textExpected("\"\(source)\"", at: place, isSecret: isSecret)
            return nil
        }
        let value: String
        if source == "value" {
            value = written
        } else {
            switch read(source, written) {
            case .success(let text): value = text
            case .failure(let error):
                // The sentence names where the secret was looked for, never what was there.
                let message = "the My Token \(name) cannot be read from \(source) \(written): \(error.message)"
                if secrets == .required {
                    findings.error("secret-unreadable", message, at: place)
                } else {
                    findings.warning("secret-unreadable", "\(message); a placeholder stands in its place", at: place)
                }
                return placeholder(for: name, in: findings.file, kind, isSecret: isSecret)
            }
        }
        guard isLengthAllowed(value, place, &findings), fits(value, kind ?? .text, name, place, &findings) else {
            return nil
        }
        if isSecret, !MyToken.isLongEnough(value) {
            findings.error("secret-short", "a secret has at least \(MyToken.minimumSecret) characters", at: place)
            return nil
        }
        if !isSecret {
            warnOfUserInfo(value, place, &findings)
            warnOfTokens(value, place, &findings)
        }
        let isPlain = if case .scalar(_, .plain) = place.content { true } else { false }
        let type = kind ?? (source == "value" && isPlain ? Self.type(ofPlain: value) : .text)
        return MyToken(name: name, type: type, value: value, isSecret: isSecret, file: findings.file)
    }

    /// A text that no answer has by chance: the value of a secret is masked wherever it stands.
    private static let elsewhere = "value-of-another-machine"

    /// A text that does in a URL, where the last word of the name says what part of one it is.
    private func text(for name: String) -> String {
        switch name.lowercased().split(whereSeparator: { !$0.isLetter }).last {
        case "url", "uri": "https://placeholder.invalid"
        case "host", "hostname", "domain": "placeholder.invalid"
        case "port": "443"
        default: Self.elsewhere
        }
    }

    /// `user:password` in a URL that is no secret.
    private func warnOfUserInfo(_ value: String, _ node: YAMLNode, _ findings: inout Findings) {
        guard value.utf8.contains(UInt8(ascii: "@")), value.contains("://"),
            !LiteralCredentials(inURL: value).ranges.isEmpty
        else { return }
        findings.warning(
            "literal-credential",
            "a credential stands in the file; keep it in a My Token of its own, with secret: true",
            at: node
        )
    }

    /// Tokens in a value, which goes out as it is.
    private func warnOfTokens(_ value: String, _ node: YAMLNode, _ findings: inout Findings) {
        guard value.utf8.contains(UInt8(ascii: "{")), value.contains("{{") else { return }
        let text = value.lowercased()
        guard TokenFamily.allCases.contains(where: { text.contains("{{\($0.rawValue).") }) else { return }
        findings.warning("nested-token", "a My Token is text as written: the {{ in it begins no token", at: node)
    }

    private func placeholder(
        for name: String,
        in file: String,
        _ kind: MyToken.Kind? = nil,
        isSecret: Bool = false
    ) -> MyToken {
        let value =
            switch kind {
            // As long as a secret is to be: a shorter one would be masked wherever it stands by chance.
            case .number, .score: "1070193046"
            case .date: "1970-01-01"
            default: isSecret ? Self.elsewhere : text(for: name)
            }
        return MyToken(
            name: name,
            type: kind ?? .text,
            value: value,
            isSecret: isSecret,
            isPlaceholder: true,
            file: file
        )
    }

    private func read(_ source: String, _ name: String) -> Result<String, StoreFiles.ReadError> {
        Result { () throws(StoreFiles.ReadError) -> String in
            switch source {
            case "env":
                guard let value = environment[name] else {
                    throw StoreFiles.ReadError(code: "secret-unreadable", message: "the variable is not set")
                }
                return value
            case "credential":
                guard let directory = environment["CREDENTIALS_DIRECTORY"] else {
                    throw StoreFiles.ReadError(
                        code: "secret-unreadable",
                        message: """
                            CREDENTIALS_DIRECTORY is not set; systemd sets it for a service, and by hand it is the directory of \
                            the file
                            """
                    )
                }
                guard !name.contains("/"), name != "..", name != "." else {
                    throw StoreFiles.ReadError(code: "secret-unreadable", message: "a credential's name has no /")
                }
                return try text(ofFile: "\(directory)/\(name)")
            default:
                return try text(ofFile: name)
            }
        }
    }

    private func text(ofFile path: String) throws(StoreFiles.ReadError) -> String {
        var bytes = try files.readOutside(path)
        if bytes.starts(with: StoreFiles.byteOrderMark) { bytes.removeFirst(StoreFiles.byteOrderMark.count) }
        // An editor ends a file with a line break that is not part of the secret.
        if bytes.last == UInt8(ascii: "\n") {
            bytes.removeLast()
            if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw StoreFiles.ReadError(code: "secret-unreadable", message: "it is not UTF-8")
        }
        return text
    }

    private func isLengthAllowed(_ text: String, _ node: YAMLNode, _ findings: inout Findings) -> Bool {
        guard text.utf8.count > MyToken.maximumText, text.count > MyToken.maximumText else { return true }
        findings.error(
            "token-length",
            "the value of a My Token has at most \(MyToken.maximumText) characters",
            at: node
        )
        return false
    }

    private func fits(
        _ value: String,
        _ type: MyToken.Kind,
        _ name: String,
        _ node: YAMLNode,
        _ findings: inout Findings
    ) -> Bool {
        if type.accepts(value) { return true }
        let expected =
            switch type {
            case .number: "a number, such as 12.5"
            case .score: "a whole number of 32 bits, such as -5"
            case .date: "a day, yyyy-MM-dd"
            case .text, .richText, .salesforceCampaign: "text"
            }
        findings.error(
            "token-type",
            "the My Token \(name) is of type \(type.rawValue): its value is to be \(expected)",
            at: node
        )
        return false
    }
}
