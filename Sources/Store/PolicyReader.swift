internal import FlowAction
internal import YAML

/// Reads how a webhook is called: its times, retries, limits and files of TLS.
struct PolicyReader {
    /// The store's files.
    let files: StoreFiles

    /// The longest a call may take.
    private static let longest = Duration.seconds(30)

    /// Reads the keys of a webhook file that make its policy.
    func read(_ reader: MappingReader, _ findings: inout Findings) -> CallPolicy {
        let timeout = reader.duration("timeout", upTo: Self.longest, &findings) ?? Self.longest
        return CallPolicy(
            timeout: timeout,
            retry: retry(reader["retry"], within: timeout, &findings),
            maxConcurrent: reader.integer("max_concurrent", in: 1...1_000_000, &findings),
            pace: pace(reader, &findings),
            redirects: reader.integer("redirects", in: 0...5, &findings) ?? 0,
            tls: tls(reader["tls"], &findings)
        )
    }

    /// The time between two calls of a rate such as `10/s` or `300/min`.
    private func pace(_ reader: MappingReader, _ findings: inout Findings) -> Duration? {
        guard let text = reader.text("max_rate", &findings), let node = reader["max_rate"] else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let seconds = ["s": 1.0, "min": 60, "h": 3_600]
        guard parts.count == 2, let count = Double(parts[0]), (0.001...1e6).contains(count),
            let time = seconds[String(parts[1])]
        else {
            findings.error(
                "rate-expected",
                "\"max_rate\" is a number of calls in a time, such as 10/s, 300/min or 50/h",
                at: node
            )
            return nil
        }
        return .nanoseconds(Int64(time / count * 1e9))
    }

    private func retry(
        _ node: YAMLNode?,
        within timeout: Duration,
        _ findings: inout Findings
    ) -> CallPolicy.RetryPolicy? {
        guard let node, !node.isNull else { return nil }
        let keys = StoreVocabulary.retry
        guard let reader = MappingReader(node, keys: keys, what: "\"retry\"", &findings) else { return nil }
        let attempts = reader.integer("attempts", in: 2...5, &findings)
        var policy = CallPolicy.RetryPolicy(
            attempts: attempts ?? 2,
            onConnect: false,
            onTimeout: false,
            statuses: [],
            backoff: reader.duration("backoff", upTo: Self.longest, &findings) ?? .milliseconds(100),
            tryTimeout: reader.duration("try_timeout", upTo: Self.longest, &findings)
        )
        if attempts == nil, !reader.has("attempts") {
            findings.error("retry", "\"retry\" has \"attempts\", all tries together, 2 to 5", at: node)
        }
        guard let on = reader["on"] else {
            findings.error(
                "retry",
                "\"retry\" has \"on\", a list of connect, timeout and statuses such as 503",
                at: node
            )
            return policy
        }
        let elements = if case .sequence(let elements) = on.content { elements } else { [on] }
        if elements.isEmpty {
            findings.error("retry", "\"on\" is empty, and nothing would be retried; leave \"retry\" out", at: on)
        }
        for element in elements {
            switch element.text {
            case "connect": policy.onConnect = true
            case "timeout": policy.onTimeout = true
            case .some(let text) where Int(text).map((300...599).contains) == true:
                policy.statuses.insert(Int(text) ?? 0)
            default:
                findings.error("retry", "\"on\" lists connect, timeout, and statuses from 300 to 599", at: element)
            }
        }
        if policy.onTimeout, policy.tryTimeout == nil {
            findings.error(
                "retry",
                "\"on: timeout\" needs a \"try_timeout\", or no try would end before the whole call",
                at: on
            )
        }
        if let tryTimeout = policy.tryTimeout, tryTimeout >= timeout, let place = reader["try_timeout"] {
            findings.warning(
                "retry",
                "\"try_timeout\" is no shorter than \"timeout\", which ends the whole call before it",
                at: place
            )
        }
        return policy
    }

    private func tls(_ node: YAMLNode?, _ findings: inout Findings) -> CallPolicy.TLSFiles? {
        guard let node, !node.isNull else { return nil }
        let keys = StoreVocabulary.tls
        guard let reader = MappingReader(node, keys: keys, what: "\"tls\"", &findings) else { return nil }
        let tls = CallPolicy.TLSFiles(
            certificateAuthorities: file("ca_file", holding: "CERTIFICATE", reader, &findings),
            clientCertificate: file("client_certificate", holding: "CERTIFICATE", reader, &findings),
            clientKey: file("client_key", holding: Self.keyLabel, reader, &findings)
        )
        if reader["client_key"] != nil, reader["client_certificate"] == nil {
            findings.error("tls-file", "a \"client_key\" needs its \"client_certificate\"", at: node)
        }
        // Without a file of its own the key stands in the certificate's.
        if reader["client_key"] == nil, let certificate = tls.clientCertificate,
            let place = reader["client_certificate"]
        {
            checkKey(in: certificate.contents, named: "client_certificate", at: place, &findings)
        }
        return tls
    }

    private static let keyLabel = "PRIVATE KEY"

    /// Refuses a file without a key, and a key that nobody is there to give a passphrase for.
    private func checkKey(in contents: [UInt8], named key: String, at place: YAMLNode, _ findings: inout Findings) {
        let text = String(decoding: contents, as: UTF8.self)
        if !text.contains("\(Self.keyLabel)-----") {
            findings.error("tls-file", "\"\(key)\" names a file without a key; name that as \"client_key\"", at: place)
        } else if text.contains("ENCRYPTED") {
            findings.error("tls-file", "\"\(key)\" names a key with a passphrase; take that off it", at: place)
        }
    }

    /// Reads a PEM file (RFC 7468).
    private func file(
        _ key: String,
        holding label: String,
        _ reader: MappingReader,
        _ findings: inout Findings
    ) -> CallPolicy.TLSFiles.File? {
        guard let path = reader.text(key, &findings), let place = reader[key] else { return nil }
        let contents: [UInt8]
        do {
            contents = try files.readOutside(path)
        } catch {
            findings.error("tls-file", "\"\(key)\" names a file that cannot be read: \(error.message)", at: place)
            return nil
        }
        let text = String(decoding: contents, as: UTF8.self)
        guard text.contains("-----BEGIN "), text.contains("\(label)-----") else {
            findings.error("tls-file", "\"\(key)\" names a file without a PEM block of \(label)", at: place)
            return nil
        }
        if label == Self.keyLabel { checkKey(in: contents, named: key, at: place, &findings) }
        return CallPolicy.TLSFiles.File(path: files.absolutePath(of: path), contents: contents)
    }
}
