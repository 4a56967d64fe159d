internal import ArgumentParser
internal import FlowAction
internal import JSON
internal import Store

/// `flowhook check`.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reports every error and warning of the store.",
        discussion: "Exit status 0, or 78 where there are errors."
    )

    @OptionGroup var options: StoreOptions

    @Flag(help: "Count warnings as errors, but for secrets that cannot be read; see --secrets.")
    var strict = false

    @Flag(help: "Count a secret that cannot be read as an error.")
    var secrets = false

    @Option(help: "text or json.")
    var format = OutputFormat.text

    func run() throws {
        var loaded = options.load(secrets: secrets ? .required : .placeholder)
        loaded.add(CaseLoader(directory: options.directory, snapshot: loaded.snapshot).load())
        switch format {
        case .json: printJSON(loaded.json)
        case .text:
            for line in loaded.lines { print(line) }
            print(loaded.count)
        }
        // Where a store is checked before it is merged its secrets are elsewhere.
        let isClean = loaded.diagnostics.allSatisfy { $0.code == "secret-unreadable" }
        guard loaded.snapshot != nil, !strict || isClean else {
            throw ExitCode(ExitStatus.configuration)
        }
    }
}

extension LoadResult {
    /// Takes what was found in the store's cases; an error in one is an error of the store here, and here alone.
    fileprivate mutating func add(_ cases: CaseLoader.Result) {
        diagnostics += cases.diagnostics
        diagnostics.sortByPlace()
        if !cases.broken.isEmpty { snapshot = nil }
    }

    /// The findings for programs.
    fileprivate var json: JSONValue {
        let errors = diagnostics.count { $0.severity == .error }
        return .object([
            "errors": .number(String(errors)),
            "warnings": .number(String(diagnostics.count - errors)),
            "findings": .array(
                diagnostics.map { diagnostic in
                    .object([
                        "file": .string(diagnostic.file),
                        "line": .number(String(diagnostic.line)),
                        "column": .number(String(diagnostic.column)),
                        "severity": .string(diagnostic.severity.rawValue),
                        "code": .string(diagnostic.code),
                        "message": .string(diagnostic.message),
                        "suggestion": diagnostic.suggestion.map(JSONValue.string) ?? .null,
                    ])
                }
            ),
        ])
    }
}
