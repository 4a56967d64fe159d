import FlowAction
import Testing

@Suite struct ProgramTreeTests {
    /// Programs by name, each in a folder of its own: from the third on a deeper one.
    private static func tree(_ names: [String]) -> ProgramTree {
        let root = ProgramTree.Folder(path: "", parent: nil, tokens: [:])
        let folders = names.indices.map { index in
            let path = index < 2 ? "P\(index)" : "EMEA/P\(index)"
            return ProgramTree.Folder(path: path, parent: 0, tokens: [:], program: index)
        }
        let programs = names.enumerated().map { index, name in
            Program(id: .number("\(100 + index)"), name: name, description: nil, channel: nil, folder: index + 1)
        }
        return ProgramTree(folders: [root] + folders, programs: programs)
    }

    /// What a look-up leads to, as text.
    private static func found(_ reference: String, in tree: ProgramTree) -> String {
        switch tree.folder(for: reference) {
        case .folder(let folder): "folder \(folder)"
        case .unknown: "unknown"
        case .ambiguous(let ids): ids.joined(separator: ", ")
        }
    }

    @Test(arguments: [
        ("100", "folder 1"), ("P0", "folder 1"), ("/P1/", "folder 2"), ("Webinar", "folder 1"), ("102", "folder 3"),
        ("webinar", "unknown"),
    ])
    func findsByIDThenByPathThenByName(reference: String, expected: String) {
        #expect(Self.found(reference, in: Self.tree(["Webinar", "P0", "100"])) == expected)
    }

    /// What the sentence about a program that there is none of ends with.
    @Test(arguments: [
        ("marketing-activities/P1", "P1"), ("p1", "P1"), ("p2", "EMEA/P2"), ("webinar", "Webinar"),
        ("Webniar", "Webinar"), ("4711", nil),
    ])
    func suggests(reference: String, suggestion: String?) {
        #expect {
            try TokenListing(of: Self.tree(["Webinar", "P0", "100"]), for: .text(reference))
        } throws: { error in
            let detail = (error as? Problem)?.detail ?? ""
            return suggestion.map { detail.contains("did you mean \"\($0)\"?") } ?? !detail.contains("did you mean")
        }
    }

    @Test(arguments: [("Twin", "100, 103"), ("Triplet", "102, 104, 105"), ("Only", "folder 2")])
    func namesAllProgramsOfOneName(name: String, expected: String) {
        let tree = Self.tree(["Twin", "Only", "Triplet", "Twin", "Triplet", "Triplet"])
        #expect(Self.found(name, in: tree) == expected)
    }
}
