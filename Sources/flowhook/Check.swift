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

    @Flag(help: "Count warnings as errors.")
    var strict = false

    @Flag(help: "Count a secret that cannot be read as an error.")
    var secrets = false

    @Option(help: "text or json.")
    var format = OutputFormat.text

    func run() throws {
        let loaded = options.load(secrets: secrets ? .required : .placeholder)
        switch format {
        case .json: printJSON(loaded.json)
        case .text:
            for line in loaded.lines { print(line) }
            print(loaded.count)
        }
        guard loaded.snapshot != nil, !strict || loaded.diagnostics.isEmpty else {
            throw ExitCode(ExitStatus.configuration)
        }
    }
}

extension LoadResult {
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
