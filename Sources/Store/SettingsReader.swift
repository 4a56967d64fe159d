internal import FlowAction
internal import YAML

/// Reads settings: the file `flowhook.yaml`, then the environment, then the command line, each winning over the last.
struct SettingsReader {
    /// The file, relative to the store.
    static let file = "flowhook.yaml"

    /// What a setting's value may be, where one is not.
    private struct Flaw: Error {
        var expected: String
        var suggestion: String?
    }

    /// The keys, in the order in which they are documented.
    static var keys: [String] { table.map(\.key) }

    /// Reads the settings.
    func read(_ bytes: [UInt8]?, _ options: LoadOptions, _ diagnostics: inout [Diagnostic]) -> Settings {
        var settings = Settings()
        if let bytes {
            var findings = Findings(file: Self.file)
            if let root = findings.parse(bytes) { apply(root, to: &settings, &findings) }
            diagnostics += findings.diagnostics
        }
        for (key, _) in Self.table {
            let variable = "FLOWHOOK_\(key.uppercased())"
            guard let value = options.environment[variable] else { continue }
            apply(key, value, from: variable, to: &settings, &diagnostics)
        }
        warnOfVariables(options.environment, &diagnostics)
        for (key, value) in options.overrides {
            apply(key, value, from: "--set \(key)", to: &settings, &diagnostics)
        }
        return settings
    }

    /// Variables that set nothing, and whose names are near to those that do; others may be somebody else's.
    private func warnOfVariables(_ environment: [String: String], _ diagnostics: inout [Diagnostic]) {
        let prefix = "FLOWHOOK_"
        let known = Self.keys.map { $0.uppercased() } + ["STORE"]
        for name in environment.keys.sorted() where name.hasPrefix(prefix) {
            let word = String(name.dropFirst(prefix.count))
            guard !known.contains(word), let meant = NearestWord.find(word, among: known) else { continue }
            var findings = Findings(file: name)
            findings.add(.warning, "setting", "nothing reads this variable", suggestion: prefix + meant)
            diagnostics += findings.diagnostics
        }
    }

    private func apply(_ root: YAMLNode, to settings: inout Settings, _ findings: inout Findings) {
        guard let reader = MappingReader(root, keys: Self.keys, what: Self.file, &findings) else { return }
        for (key, set) in Self.table {
            guard let node = reader[key], !node.isNull else { continue }
            let values: [String]
            switch node.content {
            case .scalar(let text, _): values = [text]
            case .sequence(let elements) where key == "allow_networks" && elements.allSatisfy({ $0.text != nil }):
                values = elements.compactMap(\.text)
            default:
                let what = key == "allow_networks" ? "a list of networks" : "a single value"
                findings.error("text-expected", "\"\(key)\" is to be \(what)", at: node)
                continue
            }
            do {
                try set(&settings, values)
            } catch {
                let message = "\"\(key)\" is to be \(error.expected)"
                let wrong = wrongElement(of: node, set) ?? node
                findings.error("setting", message, at: wrong, suggestion: error.suggestion)
            }
        }
    }

    /// The first element of a list that a setting does not take.
    private func wrongElement(of node: YAMLNode, _ set: Set) -> YAMLNode? {
        guard case .sequence(let elements) = node.content else { return nil }
        return elements.first { element in
            var settings = Settings()
            do { try set(&settings, [element.text ?? ""]) } catch { return true }
            return false
        }
    }

    /// Takes a setting of the environment or the command line; its name stands in a finding where a file's would.
    private func apply(
        _ key: String,
        _ value: String,
        from name: String,
        to settings: inout Settings,
        _ diagnostics: inout [Diagnostic]
    ) {
        var findings = Findings(file: name)
        if let set = Self.table.first(where: { $0.key == key })?.set {
            do {
                try set(&settings, key == "allow_networks" ? elements(of: value) : [value])
            } catch {
                findings.add(.error, "setting", "\(name) is to be \(error.expected)", suggestion: error.suggestion)
            }
        } else {
            findings.add(
                .error,
                "setting",
                "there is no setting \(key)",
                suggestion: NearestWord.find(key, among: Self.keys)
            )
        }
        diagnostics += findings.diagnostics
    }

    /// The elements of a list in one line, separated by commas, in brackets as in the file or without.
    private func elements(of list: String) -> [String] {
        var list = list[...]
        if list.hasPrefix("["), list.hasSuffix("]") { list = list.dropFirst().dropLast() }
        return list.split(separator: ",").map { trimmed($0) }
    }

    private func trimmed(_ text: Substring) -> String {
        text.split(separator: " ").joined(separator: " ")
    }

    // MARK: The settings, one row each

    private typealias Set = @Sendable (inout Settings, [String]) throws(Flaw) -> Void

    private static let table: [(key: String, set: Set)] = [
        (
            "listen",
            { settings, values throws(Flaw) in
                guard values[0].isEmpty || (try? ListenAddress(values[0])) != nil else {
                    let path = "unix:PATH, with a path of 1 to \(ListenAddress.maximumPath) bytes"
                    throw Flaw(expected: "\(path), or tcp:HOST:PORT, or empty for none")
                }
                settings.listen = values[0].isEmpty ? nil : values[0]
            }
        ),
        (
            "mount",
            { settings, values throws(Flaw) in
                guard values[0].hasPrefix("/"), !values[0].contains("?") else {
                    throw Flaw(expected: "a path that begins with /")
                }
                settings.mount = values[0]
            }
        ),
        ("event_loops", { settings, values throws(Flaw) in settings.eventLoops = try integer(values, 1...1024) }),
        (
            "time_zone",
            { settings, values throws(Flaw) in
                guard ZoneReader().knows(values[0]) else {
                    throw Flaw(
                        expected: "the IANA name of a zone in \(ZoneReader.directory), such as Europe/Berlin or UTC",
                        suggestion: NearestWord.find(values[0], among: ZoneReader().names)
                    )
                }
                settings.timeZone = values[0]
            }
        ),
        ("munchkin_id", { settings, values throws(Flaw) in settings.munchkinID = values[0] }),
        (
            "max_in_flight",
            { settings, values throws(Flaw) in settings.maxInFlight = try integer(values, 1...1_000_000) }
        ),
        (
            "max_request_bytes",
            { settings, values throws(Flaw) in settings.maxRequestBytes = try integer(values, 1...(64 << 20)) }
        ),
        (
            "max_response_bytes",
            { settings, values throws(Flaw) in settings.maxResponseBytes = try integer(values, 1...(64 << 20)) }
        ),
        (
            "max_payload_bytes",
            { settings, values throws(Flaw) in settings.maxPayloadBytes = try integer(values, 1...(64 << 20)) }
        ),
        (
            "allow_networks",
            { settings, values throws(Flaw) in
                var blocks: [NetworkBlock] = []
                for value in values {
                    guard let block = NetworkBlock(value) else {
                        throw Flaw(expected: "a list of CIDR blocks such as 10.0.0.0/8, fd00::/8")
                    }
                    blocks.append(block)
                }
                settings.allowNetworks = blocks
            }
        ),
        (
            "circuit_failures",
            { settings, values throws(Flaw) in settings.circuitFailures = try integer(values, 0...1_000_000) }
        ),
        (
            "circuit_open_for",
            { settings, values throws(Flaw) in
                guard let duration = DurationText.read(values[0]), duration > .zero else {
                    throw Flaw(expected: "a time in ms, s or min, such as 500ms or 10s, above 0")
                }
                settings.circuitOpenFor = duration
            }
        ),
        (
            "circuit_on",
            { settings, values throws(Flaw) in
                guard values[0].isEmpty || values[0] == "5xx" else { throw Flaw(expected: "5xx, or empty or left out") }
                settings.circuitCountsServerErrors = !values[0].isEmpty
            }
        ),
        (
            "proxy",
            { settings, values throws(Flaw) in
                if values[0].isEmpty {
                    settings.proxy = nil
                    return
                }
                let scheme = ["http://", "https://", "socks5h://"].first(where: values[0].hasPrefix) ?? values[0]
                // What comes behind the scheme is written alike for all. Where it names no port, each has its own.
                let ports = ["http", "https"].map {
                    try? ServiceURL(parsing: Array("\($0)://\(values[0].dropFirst(scheme.count))".utf8)).port
                }
                guard ports[0] != nil, ports[0] == ports[1] else {
                    throw Flaw(expected: "http://HOST:PORT, https://HOST:PORT, socks5h://HOST:PORT or empty for none")
                }
                settings.proxy = values[0]
            }
        ),
        ("log_level", { settings, values throws(Flaw) in settings.logLevel = try word(values) }),
        ("log_format", { settings, values throws(Flaw) in settings.logFormat = try word(values) }),
        (
            "activity_log",
            { settings, values throws(Flaw) in
                guard values[0].isEmpty || values[0].hasPrefix("/") else {
                    throw Flaw(expected: "an absolute path, or empty for none")
                }
                settings.activityLog = values[0].isEmpty ? nil : values[0]
            }
        ),
        (
            "activity_response",
            { settings, values throws(Flaw) in
                guard values[0] == "true" || values[0] == "false" else { throw Flaw(expected: "true or false") }
                settings.activityResponse = values[0] == "true"
            }
        ),
    ]

    private static func integer(_ values: [String], _ range: ClosedRange<Int>) throws(Flaw) -> Int {
        guard let number = Int(values[0]), range.contains(number) else {
            throw Flaw(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func word<Word: RawRepresentable & CaseIterable>(
        _ values: [String]
    ) throws(Flaw) -> Word where Word.RawValue == String {
        guard let word = Word(rawValue: values[0]) else {
            let words = Word.allCases.map(\.rawValue)
            throw Flaw(
                expected: "one of \(words.joined(separator: ", "))",
                suggestion: NearestWord.find(values[0], among: words)
            )
        }
        return word
    }
}
