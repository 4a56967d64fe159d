extension ProgramTree {
    /// The folder that a request's program leads to.
    ///
    /// - Throws: `unknown-program` or `ambiguous-program`.
    func requireFolder(for reference: Scalar) throws(Problem) -> Int {
        switch folder(for: reference.text) {
        case .folder(let folder):
            return folder
        case .unknown:
            throw Problem(
                .unknownProgram,
                detail: """
                    No program has this id, path or name; a program is named by its id, its path below \
                    marketing-activities, or its name.
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
}
