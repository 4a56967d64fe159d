internal import ArgumentParser
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

    func run() throws {
        let loaded = options.load(secrets: secrets ? .required : .placeholder)
        for line in loaded.lines { print(line) }
        print(loaded.count)
        guard loaded.snapshot != nil, !strict || loaded.diagnostics.isEmpty else {
            throw ExitCode(ExitStatus.configuration)
        }
    }
}
