package import JSON

/// The programs of a store, a page at a time, in the order of their folders.
package struct ProgramListing: Sendable {
    /// How many programs a page has at most.
    package static let pageLength = 500

    private let tree: ProgramTree
    private let page: ArraySlice<Program>

    /// Takes a page.
    ///
    /// - Parameter after: the id of the last program of the page before; `nil` for the first page.
    /// - Throws: `unknown-program` where no program has the id.
    package init(of tree: ProgramTree, after: String? = nil) throws(Problem) {
        self.tree = tree
        var start = 0
        if let after {
            guard let last = tree.position(ofID: after) else {
                throw Problem(
                    .unknownProgram,
                    detail: "No program has the id in \"after\"; give the last page's last id."
                )
            }
            start = last + 1
        }
        page = tree.programs[start...].prefix(Self.pageLength)
    }

    /// The page as JSON.
    package var json: JSONValue {
        .object(["programs": .array(page.map { .object($0.json(in: tree)) })])
    }
}

extension Program {
    /// The program as listings show it.
    func json(in tree: ProgramTree) -> JSONObject {
        [
            "id": id.json,
            "name": .string(name),
            "path": .string(tree.folders[folder].path),
            "description": description.map(JSONValue.string) ?? .null,
            "channel": channel.map(JSONValue.string) ?? .null,
        ]
    }
}
