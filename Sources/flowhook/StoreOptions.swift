internal import ArgumentParser
internal import FlowAction
internal import Gateway
internal import Glibc
internal import Store

/// The options that name the store and override its settings.
struct StoreOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("The store.", valueName: "dir"))
    var store: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A setting in place of flowhook.yaml's, such as --set log_level=debug; may be repeated.",
            valueName: "key=value"
        )
    )
    var set: [String] = []

    func validate() throws {
        guard store?.isEmpty != true else { throw ValidationError("--store is empty: name the store's directory.") }
        for setting in set where !setting.contains("=") {
            throw ValidationError("--set takes KEY=VALUE, not '\(setting)'")
        }
    }

    /// The store's directory.
    var directory: String {
        store ?? Self.directoryWithoutOption
    }

    /// The store's directory where no option names one.
    static var directoryWithoutOption: String {
        environment["FLOWHOOK_STORE"].flatMap { $0.isEmpty ? nil : $0 } ?? "/etc/flowhook"
    }

    /// What a load is told from outside the store.
    func loadOptions(
        secrets: LoadOptions.Secrets,
        overrides: [(key: String, value: String)] = [],
        progress: LoadProgress? = nil
    ) -> LoadOptions {
        let settings = set.map { setting in
            let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (key: String(parts[0]), value: String(parts[1]))
        }
        var options = LoadOptions(overrides: settings + overrides, environment: environment, secrets: secrets)
        if let progress { options.progress = { progress.show($0) } }
        return options
    }

    /// Reads the store; on a terminal with a line that tells how far it has come.
    func load(secrets: LoadOptions.Secrets) -> LoadResult {
        let progress = LoadProgress()
        let options = loadOptions(secrets: secrets, progress: progress)
        let loaded = StoreLoader(directory: directory, options: options).load(at: .now)
        progress?.end(loaded)
        return loaded
    }

    /// Reads the store and prints what was found; ends the command where it does not load.
    func snapshot(secrets: LoadOptions.Secrets) throws -> Snapshot {
        let loaded = load(secrets: secrets)
        printError(loaded.lines)
        guard let snapshot = loaded.snapshot else {
            printError([loaded.count])
            throw ExitCode(ExitStatus.configuration)
        }
        return snapshot
    }
}

/// The process's environment.
var environment: [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
        if let mark = strchr(text, Int32(UInt8(ascii: "="))) {
            let name = String(decoding: UnsafeRawBufferPointer(start: text, count: mark - text), as: UTF8.self)
            variables[name] = String(cString: mark + 1)
        }
        entry += 1
    }
    return variables
}

extension LoadResult {
    /// The findings, a line each.
    var lines: [String] { diagnostics.map(\.text) }

    /// How many errors and warnings there are, in words.
    var count: String {
        let errors = diagnostics.count { $0.severity == .error }
        let warnings = diagnostics.count - errors
        return "\(counted(errors, "error")), \(counted(warnings, "warning"))"
    }
}

/// So many of something, `1 error` or `2 errors`.
func counted(_ count: Int, _ what: String) -> String { "\(count) \(what)\(count == 1 ? "" : "s")" }

/// In what form a subcommand prints.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    /// For people.
    case text
    /// For programs.
    case json
}
