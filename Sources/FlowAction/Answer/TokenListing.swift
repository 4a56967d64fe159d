package import JSON

/// The My Tokens that a program, or a folder, has: its own and those it inherits, secrets masked.
package struct TokenListing: Sendable {
    /// The program that the folder is, if it is one.
    package let program: Program?
    /// The tokens by name, without regard to case.
    package let tokens: [Row]
    private let tree: ProgramTree

    /// A token as the program has it.
    package struct Row: Sendable {
        /// The token; the value of a secret one is the mask, and credentials in a URL are masked.
        package var token: MyToken
        /// How the program has it.
        package var origin: ProgramTree.Origin
    }

    /// Collects the tokens of a program, by its id, its path or its name, or of a folder, by its path.
    ///
    /// - Throws: `unknown-program` or `ambiguous-program`.
    package init(of tree: ProgramTree, for reference: Scalar) throws(Problem) {
        let folder = try tree.requireFolder(for: reference)
        self.tree = tree
        program = tree.program(of: folder)
        var rows: [String: Row] = [:]
        var next: Int? = folder
        while let position = next {
            for (key, token) in tree.folders[position].tokens where rows[key] == nil {
                var shown = token
                // A credential in a URL, above all `user:password@`, is shown nowhere either.
                shown.value =
                    token.isSecret ? ResolvedToken.mask : LiteralCredentials(inURL: token.value).masked(token.value)
                rows[key] = Row(
                    token: shown,
                    origin: tree.origin(of: key, definedIn: position, seenFrom: folder)
                )
            }
            next = tree.folders[position].parent
        }
        tokens = rows.sorted { $0.key < $1.key }.map(\.value)
    }

    /// The listing as JSON.
    package var json: JSONValue {
        .object([
            "program": program.map { .object($0.json(in: tree)) } ?? .null,
            "tokens": .array(
                tokens.map { row in
                    .object([
                        "name": .string(row.token.name),
                        "type": .string(row.token.type.rawValue),
                        "value": .string(row.token.value),
                        "secret": .boolean(row.token.isSecret),
                        "origin": .string(row.origin.rawValue),
                        "file": .string(row.token.file),
                    ])
                }
            ),
        ])
    }
}
