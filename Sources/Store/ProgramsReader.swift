internal import FlowAction
internal import YAML

/// Reads the tree of folders and programs under `marketing-activities`.
struct ProgramsReader {
    /// What the last load made of the tree.
    let memory: StoreMemory
    /// Reads the My Tokens of each folder.
    let tokens: MyTokensReader

    /// The folder of the tree, relative to the store.
    static let folder = ProgramTree.directory

    /// Reads the tree; of what has not changed the last load's values are taken.
    func read(_ pass: LoadPass, _ diagnostics: inout [Diagnostic]) -> ProgramTree {
        var folders: [ProgramTree.Folder] = []
        var programs: [Program] = []
        var filesByID: [String: String] = [:]
        var walk = FolderWalk(pass.files)
        // Folders still to be read, with the position of the one above.
        var waiting = [Waiting(path: Self.folder, name: "", parent: nil, isUncertain: false)]
        while let next = waiting.popLast() {
            let isUncertain = pass.isUncertain(next.path, below: next.isUncertain)
            let folder = memory.folders.list(next.path, pass, isUncertain: isUncertain)
            if !folder.diagnostics.isEmpty { diagnostics += folder.diagnostics }
            // The walk numbers folders as the tree does.
            let entered = walk.enter(next.path, folder.identity, above: next.parent) { diagnostics += $0.diagnostics }
            guard let position = entered else { continue }
            folders.append(ProgramTree.Folder(path: next.pathInTree, parent: next.parent, tokens: [:]))
            for (name, path) in folder.files {
                switch name {
                case "my-tokens.yaml":
                    let file = memory.tokens.recall(path, pass, isUncertain: isUncertain) { tokens.read($0, &$1) }
                    if let file, !file.diagnostics.isEmpty { diagnostics += file.diagnostics }
                    folders[position].tokens = file?.value ?? [:]
                case "program.yaml":
                    let file = memory.programs.recall(path, pass, isUncertain: isUncertain) { program($0, &$1) }
                    if let file, !file.diagnostics.isEmpty { diagnostics += file.diagnostics }
                    guard let program = file?.value else { continue }
                    if let other = filesByID.updateValue(path, forKey: program.id.text) {
                        diagnostics.append(program.duplicate(of: other, in: path))
                        continue
                    }
                    folders[position].program = programs.count
                    programs.append(program.program(in: position, named: next.name))
                default:
                    guard StoreFiles.isRead(name) || UnknownFile.isYAMLAsText(name), name != FieldsReader.file else {
                        continue
                    }
                    diagnostics += UnknownFile.inFolder(name, at: path).diagnostics
                }
            }
            for (name, path) in folder.folders.reversed() {
                waiting.append(Waiting(path: path, name: name, parent: position, isUncertain: isUncertain))
            }
        }
        return folders.isEmpty ? .empty : ProgramTree(folders: folders, programs: programs)
    }

    /// A folder still to be read.
    private struct Waiting {
        /// The path relative to the store.
        var path: String
        var name: String
        /// The position of the folder above.
        var parent: Int?
        var isUncertain: Bool

        /// The path relative to the root of the tree.
        var pathInTree: String {
            guard parent != nil else { return "" }
            return String(path[path.utf8.index(path.startIndex, offsetBy: ProgramsReader.folder.utf8.count + 1)...])
        }
    }

    private func program(_ bytes: [UInt8], _ findings: inout Findings) -> ProgramFile? {
        guard let root = findings.parse(bytes) else {
            if !findings.hasError { findings.add(.error, "program-id", "a program has an id, an integer or text") }
            return nil
        }
        let keys = StoreVocabulary.program
        guard let reader = MappingReader(root, keys: keys, what: "program.yaml", &findings) else { return nil }
        guard let id = reader.text("id", &findings), !id.isEmpty, let node = reader["id"] else {
            if !findings.hasError {
                findings.error("program-id", "a program has an \"id\", an integer or text", at: root)
            }
            return nil
        }
        let isInteger = if case .scalar(_, .plain) = node.content { JSONNumber.isWhole(id) } else { false }
        return ProgramFile(
            id: isInteger ? .number(id) : .text(id),
            line: node.line,
            column: node.column,
            name: reader.text("name", &findings),
            description: reader.text("description", &findings),
            channel: reader.text("channel", &findings)
        )
    }
}

/// A `program.yaml` as it was read.
struct ProgramFile {
    /// The id.
    var id: Scalar
    /// Where the id stands.
    var line: Int
    /// Where the id stands.
    var column: Int
    /// The name, where the file gives one.
    var name: String?
    /// What people wrote about it.
    var description: String?
    /// The channel.
    var channel: String?

    /// The program in its place of the tree.
    fileprivate func program(in folder: Int, named folderName: String) -> Program {
        Program(
            id: id,
            name: name ?? (folderName.isEmpty ? ProgramsReader.folder : folderName),
            description: description,
            channel: channel,
            folder: folder
        )
    }

    /// The error of an id that another file has too.
    fileprivate func duplicate(of other: String, in file: String) -> Diagnostic {
        Diagnostic(
            file: file,
            line: line,
            column: column,
            severity: .error,
            code: "duplicate-program",
            message: "\(other) has the same id; each program has one of its own"
        )
    }
}
