internal import FlowAction
internal import YAML

/// Reads a webhook file.
struct WebhookReader {
    /// The store's files, for what a webhook names.
    let files: StoreFiles
    /// The fields that a mapping may name.
    let leadFields: FieldCatalog
    /// Compiles templates.
    let compiler: TemplateCompiler
    /// Where calls may go.
    let addresses: AddressPolicy

    private static let what = "a webhook"

    /// What a webhook does with a token that resolves to nothing.
    private enum Unresolved: String, CaseIterable {
        case blank
        case fail
    }

    /// Reads the webhook of one file.
    ///
    /// - Returns: `nil` where nothing can be told of the file.
    func read(_ bytes: [UInt8], _ findings: inout Findings) -> WebhookFile? {
        guard let root = findings.parse(bytes) else {
            if !findings.hasError {
                findings.add(.error, "empty-file", "the file is empty; a webhook has at least a url")
            }
            return nil
        }
        guard let reader = MappingReader(root, keys: StoreVocabulary.webhook, what: Self.what, &findings) else {
            return nil
        }
        let requestType: RequestType = reader.word("request_type", &findings) ?? .post
        let encoding: TokenEncoding? = reader.word("request_token_encoding", &findings)
        let responseType: ResponseType = reader.word("response_type", &findings) ?? .none
        let headerNodes = HeadersReader(compiler: compiler).read(reader["custom_headers"], &findings)
        let headers = headerNodes.map(\.header)
        let contentType = headers.first { $0.name.lowercased() == "content-type" }?.value.source
        let payload = self.payload(reader, requestType, encoding, contentType, &findings)
        let url = self.url(reader, encoding, &findings)
        if url?.userInfo != nil,
            let (_, node) = headerNodes.first(where: { $0.header.name.lowercased() == "authorization" })
        {
            findings.warning("unused-credentials", "beside this header the URL's user:password@ is not sent", at: node)
        }
        let mappings = MappingsReader(leadFields: leadFields)
            .read(reader["response_mappings"], responseType, &findings)
        let unresolved: Unresolved = reader.word("unresolved_tokens", &findings) ?? .blank
        let (webhookName, namePlace) = self.name(reader, &findings)
        let webhook = Webhook(
            name: webhookName,
            description: reader.text("description", &findings),
            isEnabled: reader.flag("enabled", &findings) ?? true,
            file: findings.file,
            url: url ?? URLTemplate(url: Template(segments: [], source: "")),
            requestType: requestType,
            payload: payload,
            encoding: encoding,
            headers: headers,
            responseType: responseType,
            mappings: mappings,
            failsOnUnresolvedTokens: unresolved == .fail,
            policy: PolicyReader(files: files).read(reader, &findings),
            definition: DefinitionReader.read(root)
        )
        if url == nil, !reader.has("url") {
            findings.error("url-required", "a webhook has a \"url\", http or https", at: root)
        }
        var tokens: [WebhookFile.TokenUse] = []
        if let url, let node = reader["url"] { tokens += WebhookFile.TokenUse.all(in: url, at: node) }
        if let payload, let node = reader["payload_template"] {
            tokens += WebhookFile.TokenUse.all(inPayload: payload, at: node)
        }
        for (header, node) in headerNodes { tokens += WebhookFile.TokenUse.all(in: header, at: node) }
        return WebhookFile(
            webhook: findings.hasError ? nil : webhook,
            name: webhookName,
            namePlace: namePlace,
            url: url,
            urlNode: reader["url"],
            tokens: tokens
        )
    }

    private func name(
        _ reader: MappingReader,
        _ findings: inout Findings
    ) -> (name: String, place: (line: Int, column: Int)) {
        let file = findings.file.split(separator: "/").last.map(String.init) ?? findings.file
        let name = reader.text("name", &findings) ?? String(file.prefix(upTo: file.lastIndex(of: ".") ?? file.endIndex))
        let (line, column) = reader["name"].map { ($0.line, $0.column) } ?? (1, 1)
        if !(1...255).contains(name.count) {
            findings.add(
                .error,
                "webhook-name",
                "the name of a webhook has 1 to 255 characters",
                line: line,
                column: column
            )
        } else if name.unicodeScalars.contains(where: Self.breaksLine) {
            findings.add(
                .error,
                "webhook-name",
                "the name of a webhook is one line without control characters",
                line: line,
                column: column
            )
        }
        return (name, (line, column))
    }

    /// Whether a character is a line break or another control character.
    private static func breaksLine(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    private func url(
        _ reader: MappingReader,
        _ encoding: TokenEncoding?,
        _ findings: inout Findings
    ) -> URLTemplate? {
        guard let text = reader.text("url", &findings), let node = reader["url"] else { return nil }
        let (template, found) = compiler.url(text, encoding: encoding)
        for finding in found { findings.add(finding, in: node) }
        guard let host = template.target?.host else { return template }
        let message = "\(host) is not globally reachable; list its network under allow_networks in flowhook.yaml"
        if let address = IPAddress(host: host), !addresses.permits(address) {
            findings.error("private-address", message, at: node)
        } else if Self.isLocalhost(host), !Self.loopback.contains(where: addresses.permits) {
            findings.warning("private-address", message, at: node)
        }
        return template
    }

    private static let loopback = ["127.0.0.1", "::1"].compactMap { IPAddress($0) }

    /// Whether a host is a name of the machine itself (RFC 6761, section 6.3).
    private static func isLocalhost(_ host: String) -> Bool {
        let name = host.lowercased()
        return name == "localhost" || name.hasSuffix(".localhost")
    }

    private func payload(
        _ reader: MappingReader,
        _ requestType: RequestType,
        _ encoding: TokenEncoding?,
        _ contentType: String?,
        _ findings: inout Findings
    ) -> Template? {
        guard let text = reader.text("payload_template", &findings), let node = reader["payload_template"] else {
            return nil
        }
        guard requestType != .get else {
            findings.error(
                "get-payload",
                "a GET has no body; leave payload_template out, or take another request_type",
                at: node
            )
            return nil
        }
        let (template, found) = compiler.payload(text, encoding: encoding, contentType: contentType)
        // Of an encoding that there is none of, the key itself has told.
        let isTold = encoding == nil && reader.has("request_token_encoding")
        for finding in found where !isTold || finding.code != "encoding-required" { findings.add(finding, in: node) }
        return template
    }
}
