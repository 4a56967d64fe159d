internal import FlowAction

/// What a webhook's URL comes to for the programs of a store, where My Tokens stand in its scheme, host or port.
struct ProgramURLs {
    /// The folders and programs.
    let tree: ProgramTree
    /// Where calls may go.
    let addresses: AddressPolicy

    /// What is wrong with the URL that a folder gives, as the end of a sentence; `nil` where it can be called, and
    /// where a token has no value yet.
    func flaw(of url: URLTemplate, for folder: Int) -> String? {
        guard let (bytes, isCut) = beginning(of: url, for: folder) else { return nil }
        do {
            let target = try ServiceURL(parsing: bytes)
            if isCut, target.authority.upperBound == bytes.count {
                return "the token after it would become part of the host"
            }
            guard let address = IPAddress(target.host), !addresses.permits(address) else { return nil }
            return
                "\(target.host) is not globally reachable; list its network under allow_networks in flowhook.yaml"
        } catch {
            return error.rawValue
        }
    }

    /// Where the calls of a folder's programs go; `nil` where the URL is wrong or has no value yet.
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

    /// The URL up to the first token that stands behind its host and port, and whether there is one.
    private func beginning(of url: URLTemplate, for folder: Int) -> (bytes: [UInt8], isCut: Bool)? {
        var bytes: [UInt8] = []
        for segment in url.url.segments {
            switch segment {
            case .literal(let literal):
                bytes += literal
            case .token(let token, .urlAuthority):
                guard let value = value(of: token, for: folder) else { return nil }
                bytes += value.utf8
            case .token:
                return (bytes, true)
            }
        }
        return (bytes, false)
    }

    private func value(of token: TokenReference, for folder: Int) -> String? {
        var value: String?
        switch token.family {
        case .my:
            let token = tree.token(token.key, in: folder)?.token
            // What stands in place of a value that this machine does not have says nothing about the URL.
            if token?.isPlaceholder == true { return nil }
            value = token?.value
        case .program:
            let program = tree.program(of: folder)
            switch token.key {
            case "id": value = program?.id.text
            case "name": value = program?.name
            default: value = program.map { $0.description ?? "" }
            }
        default: return nil
        }
        return value?.isEmpty ?? true ? token.defaultText ?? value : value
    }
}
