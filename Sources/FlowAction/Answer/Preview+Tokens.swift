extension Preview.Token {
    /// Tells a use of a token for people.
    ///
    /// - Parameters:
    ///   - folder: the folder of the request's program.
    ///   - tree: the store's folders.
    init(_ use: RenderedRequest.TokenUse, seenFrom folder: Int, in tree: ProgramTree) {
        self.init(
            token: use.token.spelling,
            value: use.value.text,
            source: use.value.source.name,
            place: use.place,
            encoding: use.place.encoding
        )
        switch use.value.source {
        case .store(let definedIn, let file):
            origin = tree.origin(of: use.token.key, definedIn: definedIn, seenFrom: folder).rawValue
            self.file = file
        case .program(let folder):
            let path = tree.folders[folder].path
            file = "\(ProgramTree.directory)/\(path.isEmpty ? "" : "\(path)/")program.yaml"
        default:
            break
        }
    }
}

extension ProgramTree {
    /// How a program has a My Token.
    package enum Origin: String, Sendable, CaseIterable {
        /// Defined in the program's own folder, and nowhere above.
        case local
        /// Defined above alone.
        case inherited
        /// Defined in the program's own folder and above too.
        case overridden
    }

    /// How a folder has a My Token that `definedIn` defines for it.
    ///
    /// - Parameter key: the token's name in lower case.
    package func origin(of key: String, definedIn: Int, seenFrom folder: Int) -> Origin {
        guard definedIn == folder else { return .inherited }
        guard let parent = folders[folder].parent, token(key, in: parent) != nil else { return .local }
        return .overridden
    }
}

extension ResolvedToken.Source {
    /// The name that a preview shows.
    fileprivate var name: String {
        switch self {
        case .request(let member): member
        case .store: "store"
        case .program: "program"
        case .clock: "clock"
        case .settings: "settings"
        case .defaultText: "default"
        case .nothing: "none"
        }
    }
}

extension Place {
    /// How a value is written in the place, for people.
    fileprivate var encoding: String {
        switch self {
        case .plain, .header, .urlAuthority: "as it is"
        case .form: "form-encoded"
        case .jsonValue: "JSON literal"
        case .jsonString: "JSON-escaped"
        case .jsonName: "JSON string"
        case .xmlText, .xmlAttribute: "XML-escaped"
        case .xmlCDATA: "as it is, ]]> split, CR as a reference"
        case .urlComponent: "percent-encoded"
        case .urlAsWritten: "as it is, percent-encoded where a URL cannot hold it"
        }
    }
}
