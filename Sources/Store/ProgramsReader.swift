internal import FlowAction
internal import YAML

/// Reads the tree of folders and programs under `marketing-activities`.
struct ProgramsReader {
    /// The store's files.
    let files: StoreFiles
    /// Reads the My Tokens of each folder.
    let tokens: MyTokensReader

    /// The folder of the tree, relative to the store.
    static let folder = "marketing-activities"

    /// How deep folders may lie.
    private static let maximumDepth = 64

    /// Reads the tree.
    func read(_ diagnostics: inout [Diagnostic]) -> ProgramTree {
        var folders: [ProgramTree.Folder] = []
        var programs: [Program] = []
        var filesByID: [String: String] = [:]
        // Folders still to be read, with the position of the one above.
        var waiting: [(path: String, parent: Int?, depth: Int)] = [("", nil, 0)]
        while let (path, parent, depth) = waiting.popLast() {
            let inStore = path.isEmpty ? Self.folder : "\(Self.folder)/\(path)"
            var findings = Findings(file: inStore)
            let listing: StoreFiles.Listing
            do {
                listing = try files.list(inStore)
            } catch {
                findings.add(.error, error.code, error.message)
                diagnostics += findings.diagnostics
                continue
            }
            guard depth < Self.maximumDepth else {
                findings.add(.error, "folder-depth", "folders lie at most \(Self.maximumDepth) deep")
                diagnostics += findings.diagnostics
                continue
            }
            let position = folders.count
            folders.append(ProgramTree.Folder(path: path, parent: parent, tokens: [:]))
            for file in listing.files {
                switch file {
                case "my-tokens.yaml":
                    folders[position].tokens =
                        load("\(inStore)/\(file)", &diagnostics) { tokens.read($0, &$1) } ?? [:]
                case "program.yaml":
                    let program = load("\(inStore)/\(file)", &diagnostics) { bytes, findings in
                        self.program(bytes, path: path, folder: position, filesByID: &filesByID, &findings)
                    }
                    if let program = program ?? nil {
                        folders[position].program = programs.count
                        programs.append(program)
                    }
                default:
                    guard file.hasSuffix(".yaml") || file.hasSuffix(".yml") else { continue }
                    var findings = Findings(file: "\(inStore)/\(file)")
                    findings.add(
                        .warning,
                        "unknown-file",
                        "nothing reads this file; a folder holds my-tokens.yaml and program.yaml",
                        suggestion: NearestWord.find(file, among: ["my-tokens.yaml", "program.yaml"])
                    )
                    diagnostics += findings.diagnostics
                }
            }
            for name in listing.folders.reversed() {
                waiting.append((path.isEmpty ? name : "\(path)/\(name)", position, depth + 1))
            }
        }
        return folders.isEmpty ? .empty : ProgramTree(folders: folders, programs: programs)
    }

    private func load<Value>(
        _ file: String,
        _ diagnostics: inout [Diagnostic],
        _ body: ([UInt8], inout Findings) -> Value
    ) -> Value? {
        var findings = Findings(file: file)
        defer { diagnostics += findings.diagnostics }
        do {
            guard let bytes = try files.read(file) else { return nil }
            return body(bytes, &findings)
        } catch {
            findings.add(.error, error.code, error.message)
            return nil
        }
    }

    private func program(
        _ bytes: [UInt8],
        path: String,
        folder: Int,
        filesByID: inout [String: String],
        _ findings: inout Findings
    ) -> Program? {
        guard let root = findings.parse(bytes) else {
            if !findings.hasError { findings.add(.error, "program-id", "a program has an id, an integer or text") }
            return nil
        }
        let keys = ["id", "name", "description", "channel"]
        guard let reader = MappingReader(root, keys: keys, what: "program.yaml", &findings) else { return nil }
        guard let id = reader.text("id", &findings), !id.isEmpty, let node = reader["id"] else {
            if !findings.hasError {
                findings.error("program-id", "a program has an \"id\", an integer or text", at: root)
            }
            return nil
        }
        if let other = filesByID.updateValue(findings.file, forKey: id) {
            findings.error("duplicate-program", "\(other) has the same id; each program has one of its own", at: node)
            return nil
        }
        let isInteger = if case .scalar(_, .plain) = node.content { JSONNumber.isWhole(id) } else { false }
        return Program(
            id: isInteger ? .number(id) : .text(id),
            name: reader.text("name", &findings) ?? path.split(separator: "/").last.map(String.init) ?? Self.folder,
            description: reader.text("description", &findings),
            channel: reader.text("channel", &findings),
            folder: folder
        )
    }
}
