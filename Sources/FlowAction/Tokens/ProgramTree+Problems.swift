extension ProgramTree {
    /// The folder that a request's program leads to.
    ///
    /// - Throws: `unknown-program` or `ambiguous-program`.
    func requireFolder(for reference: Scalar) throws(Problem) -> Int {
        switch folder(for: reference.text) {
        case .folder(let folder):
            return folder
        case .unknown:
            let near = meant(by: reference.text)
            throw Problem(
                .unknownProgram,
                detail: """
                    No program has this id, path or name\(near.map { "; did you mean \"\($0)\"?" } ?? ".") A program is \
                    named by its id, its path below \(Self.directory), or its name; case counts.
                    """
            )
        case .ambiguous(let ids):
            throw Problem(
                .ambiguousProgram,
                detail: """
                    \(ids.count) programs have this name; give an id instead: \
                    \(ids.prefix(10).joined(separator: ", "))\(ids.count > 10 ? " …" : "").
                    """
            )
        }
    }

    /// The path or name that a wrong one was meant to be; `nil` where none is near.
    private func meant(by text: String) -> String? {
        let prefix = "\(Self.directory)/"
        if text.hasPrefix(prefix), case .folder = folder(for: String(text.dropFirst(prefix.count))) {
            return String(text.dropFirst(prefix.count))
        }
        guard folders.count <= NearestWord.mostForRequests else { return nil }
        let paths = folders.dropFirst().map(\.path)
        let last = text.lowercased()
        let ofLast = paths.first { $0.split(separator: "/").last?.lowercased() == last }
        return ofLast ?? NearestWord.find(text, among: programs.map(\.name) + paths)
    }
}
