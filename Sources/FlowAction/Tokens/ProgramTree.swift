/// The tree of folders and programs under `marketing-activities`, with the My Tokens that each folder defines.
///
/// Look-ups cost a hash each and a step per level of folders, whatever the number of programs.
package struct ProgramTree: Sendable {
    /// The folder of a store in which the tree stands.
    package static let directory = "marketing-activities"

    /// One folder of the tree.
    package struct Folder: Sendable {
        /// The path relative to `marketing-activities`, names joined by `/`; empty for the root.
        package var path: String
        /// The position of the folder above; `nil` for the root.
        package var parent: Int?
        /// The My Tokens that the folder itself defines, under their names in lower case.
        package var tokens: [String: MyToken]
        /// The position of the program that the folder is, if it is one.
        package var program: Int?

        /// Describes a folder.
        package init(path: String, parent: Int?, tokens: [String: MyToken], program: Int? = nil) {
            self.path = path
            self.parent = parent
            self.tokens = tokens
            self.program = program
        }
    }

    /// The folders, each after the one above it; the first is the root.
    package let folders: [Folder]
    /// The programs.
    package let programs: [Program]
    private let programsByID: [String: Int]
    private let foldersByPath: [String: Int]
    private let programsByName: [String: Int]
    /// All programs of each name that several have.
    private let namesakes: [String: [Int]]

    /// Indexes a tree. `folders[0]` is the root; every `parent` comes before its children.
    package init(folders: [Folder], programs: [Program]) {
        self.folders = folders
        self.programs = programs
        programsByID = Self.positions(programs.count) { programs[$0].id.text }
        foldersByPath = Self.positions(folders.count) { folders[$0].path }
        var byName: [String: Int] = [:]
        byName.reserveCapacity(programs.count)
        var namesakes: [String: [Int]] = [:]
        for (position, program) in programs.enumerated() {
            guard let other = byName.updateValue(position, forKey: program.name) else { continue }
            namesakes[program.name, default: [other]].append(position)
        }
        (programsByName, self.namesakes) = (byName, namesakes)
    }

    /// The positions of things under their names; of two under one name the first.
    private static func positions(_ count: Int, _ name: (Int) -> String) -> [String: Int] {
        var positions: [String: Int] = [:]
        positions.reserveCapacity(count)
        for position in 0..<count {
            let name = name(position)
            if let first = positions.updateValue(position, forKey: name) { positions[name] = first }
        }
        return positions
    }

    /// A tree of the root alone, without tokens.
    package static let empty = ProgramTree(folders: [Folder(path: "", parent: nil, tokens: [:])], programs: [])

    /// Where a request's program leads.
    package enum LookUp: Sendable {
        /// To this folder; its program is the folder's.
        case folder(Int)
        /// To nothing.
        case unknown
        /// To several programs of one name, whose ids these are.
        case ambiguous([String])
    }

    /// Finds a program by id, then by path, then by name; a folder's path finds the folder.
    package func folder(for reference: String) -> LookUp {
        if let program = programsByID[reference] { return .folder(programs[program].folder) }
        let path = reference.split(separator: "/", omittingEmptySubsequences: true).joined(separator: "/")
        if !path.isEmpty, let folder = foldersByPath[path] { return .folder(folder) }
        guard let named = programsByName[reference] else { return .unknown }
        if let namesakes = namesakes[reference] { return .ambiguous(namesakes.map { programs[$0].id.text }) }
        return .folder(programs[named].folder)
    }

    /// The position of the program that has an id.
    func position(ofID id: String) -> Int? { programsByID[id] }

    /// The program that a folder is, if it is one.
    package func program(of folder: Int) -> Program? {
        folders[folder].program.map { programs[$0] }
    }

    /// The My Token that a folder has, its own or the nearest above it, and the folder that defines it.
    ///
    /// - Parameter key: the token's name in lower case.
    package func token(_ key: String, in folder: Int) -> (token: MyToken, definedIn: Int)? {
        var next: Int? = folder
        while let position = next {
            if let token = folders[position].tokens[key] { return (token, position) }
            next = folders[position].parent
        }
        return nil
    }
}
