package import FlowAction

/// Reads the cases of a store: the files of `tests/`, which `serve` never looks at.
package struct CaseLoader {
    /// The folder of cases, relative to the store.
    package static let folder = "tests"

    /// What a load of cases gave.
    package struct Result: Sendable {
        /// The cases without an error, by file.
        package var cases: [Case] = []
        /// Every error and warning of the files, by file and place.
        package var diagnostics: [Diagnostic] = []
        /// The files with an error.
        package var broken: [String] = []
    }

    private let directory: String
    private let snapshot: Snapshot?

    /// Readies a load.
    ///
    /// - Parameters:
    ///   - directory: the store.
    ///   - snapshot: the loaded store, for the names of its webhooks, programs and lead fields; `nil` where it does not load.
    package init(directory: String, snapshot: Snapshot?) {
        self.directory = directory
        self.snapshot = snapshot
    }

    /// Reads every case; a store without any, or no store at all, gives none.
    package func load() -> Result {
        var result = Result()
        guard let files = try? StoreFiles(directory: directory) else { return result }
        var walk = FolderWalk(files)
        var waiting = [(path: Self.folder, above: Int?.none)]
        while let (folder, above) = waiting.popLast() {
            let listing = files.list(folder)
            for findings in listing.failures { result.take(nil, findings) }
            let number = walk.enter(folder, listing.identity, above: above) { result.take(nil, $0) }
            guard let number else { continue }
            waiting += listing.folders.reversed().map { ("\(folder)/\($0)", number) }
            for name in listing.files {
                guard StoreFiles.isYAML(name) else {
                    let unknown = UnknownFile.amongYAML(name, at: "\(folder)/\(name)")
                    if let unknown { result.take(nil, unknown) }
                    continue
                }
                var findings = Findings(file: "\(folder)/\(name)")
                var item: Case?
                do {
                    if let bytes = try files.read(findings.file)?.bytes {
                        item = CaseReader(snapshot: snapshot).read(bytes, &findings)
                    }
                } catch {
                    findings.add(.error, error.code, error.message)
                }
                result.take(item, findings)
            }
        }
        result.cases.sort { $0.file < $1.file }
        result.diagnostics.sortByPlace()
        return result
    }
}

extension CaseLoader.Result {
    fileprivate mutating func take(_ item: Case?, _ findings: Findings) {
        diagnostics += findings.diagnostics
        if findings.hasError { broken.append(findings.file) }
        if let item { cases.append(item) }
    }
}
