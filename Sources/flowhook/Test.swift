internal import ArgumentParser
internal import FlowAction
internal import Gateway
internal import Store

/// `flowhook test`.
struct Test: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the store's own cases, tests/*.yaml, without a network.",
        discussion: """
            Each case runs through the same code as a real flow action, with its own answers in the service's place. \
            Exit status 0, 1 where a case fails or cannot be read, 78 where the store does not load.
            """
    )

    @OptionGroup var options: StoreOptions

    @Argument(
        help: ArgumentHelp("Runs the cases whose file holds one of these texts; all by default.", valueName: "name")
    )
    var names: [String] = []

    func run() throws {
        let snapshot = try options.snapshot(secrets: .placeholder)
        let loaded = CaseLoader(directory: options.directory, snapshot: snapshot).load()
        let cases = loaded.cases.filter { isWanted($0.file) }
        let broken = loaded.broken.filter(isWanted)
        for diagnostic in loaded.diagnostics where isWanted(diagnostic.file) { print(diagnostic.text) }
        let failed = try run(cases, Pipeline(snapshot: snapshot)) + broken.count
        if cases.isEmpty, broken.isEmpty {
            let folder = "\(options.directory)/\(CaseLoader.folder)"
            print(
                names.isEmpty
                    ? "There is no case in \(folder); flowhook init shows one."
                    : "There is no case of that name in \(folder); without a name all of them run."
            )
        }
        print("\(cases.count + broken.count - failed) passed, \(failed) failed")
        if failed > 0 || (cases.isEmpty && !names.isEmpty) { throw ExitCode(1) }
    }

    private func isWanted(_ file: String) -> Bool {
        names.isEmpty || names.contains { file.contains($0) }
    }

    /// Runs cases one after the other and prints each.
    ///
    /// - Returns: how many failed.
    private func run(_ cases: [Case], _ pipeline: Pipeline) throws -> Int {
        let loop = try EventLoop(name: "flowhook")
        loop.start()
        defer { loop.stop() }
        var failed = 0
        for item in cases {
            let differences = loop.wait { () async -> [Difference] in await pipeline.differences(of: item, now: .now) }
            let title = item.description.map { "\(item.file): \($0)" } ?? item.file
            print(differences.isEmpty ? "ok    \(title)" : "FAIL  \(title)")
            for difference in differences {
                print("        \(difference.place)")
                print("          expected  \(difference.expected)")
                print("          got       \(difference.got)")
            }
            if !differences.isEmpty { failed += 1 }
        }
        return failed
    }
}
