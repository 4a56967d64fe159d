internal import FlowAction

/// What a webhook's URL comes to for the programs of a store, where My Tokens stand in its scheme, host or port.
struct ProgramURLs {
    /// The folders and programs.
    let tree: ProgramTree
    /// Where calls may go.
    let addresses: AddressPolicy

    /// What is wrong with the URL that a folder gives, as the end of a sentence; `nil` where it can be called, and
    /// where it is none before a token has its value.
    func flaw(of url: URLTemplate, for folder: Int) -> String? {
        guard let start = beginning(of: url, for: folder) else { return nil }
        do {
            let target = try ServiceURL(parsing: start.bytes)
            if start.isCut, target.authority.upperBound == start.bytes.count {
                return "the token after it would become part of the host"
            }
            if url.userInfo != nil, target.userInfo != nil { return "it has user:password@ twice" }
            guard let address = IPAddress(host: target.host), !addresses.permits(address) else { return nil }
            return
                "\(target.host) is not globally reachable; list its network under allow_networks in flowhook.yaml"
        } catch {
            return start.lacksValue ? nil : error.rawValue
        }
    }

    /// Where the calls of a folder's programs go; `nil` where the URL is wrong, or none before a token has its value.
    func target(of url: URLTemplate, for folder: Int) -> ServiceURL? {
        beginning(of: url, for: folder).flatMap { try? ServiceURL(parsing: $0.bytes) }
    }

    /// The folder as the beginning of a sentence.
    func name(of folder: Int) -> String {
        let path = tree.folders[folder].path
        if let program = tree.program(of: folder) { return "for the program \(program.name) (\(path))" }
        return path.isEmpty ? "without a program" : "for the folder \(path)"
    }

    /// The files that define some tokens for a folder, in brackets.
    func definitions(of tokens: [TokenReference], for folder: Int) -> String {
        var files: [String] = []
        for token in tokens where token.family == .my {
            if let file = tree.token(token.key, in: folder)?.token.file, !files.contains(file) { files.append(file) }
        }
        return files.isEmpty ? "" : " (\(files.joined(separator: ", ")))"
    }

    /// A URL up to the first token that stands behind its host and port.
    private struct Beginning {
        var bytes: [UInt8] = []
        /// Whether there is such a token.
        var isCut = false
        /// Whether a token before it has no value, which a call leaves blank.
        var lacksValue = false
    }

    /// - Returns: `nil` where a value is another machine's.
    private func beginning(of url: URLTemplate, for folder: Int) -> Beginning? {
        var start = Beginning()
        for segment in url.url.segments {
            switch segment {
            case .literal(let literal):
                start.bytes += literal
            case .token(let token, .urlAuthority):
                // What stands in place of a value that this machine does not have says nothing about the URL.
                if token.family == .my, tree.token(token.key, in: folder)?.token.isPlaceholder == true { return nil }
                let value = tree.resolve(token, in: folder).orDefault(of: token)
                start.bytes += value.text.utf8
                if value.isUnresolved, value.text.isEmpty { start.lacksValue = true }
            case .token:
                start.isCut = true
                return start
            }
        }
        return start
    }
}
