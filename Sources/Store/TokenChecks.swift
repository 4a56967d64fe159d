internal import FlowAction

/// Checks the My Tokens that webhooks name against the folders that define them.
struct TokenChecks {
    private let tree: ProgramTree
    private let urls: ProgramURLs
    private let index: TokenIndex
    /// The folders that define a My Token, as far as a webhook has asked.
    private var definers: [String: [Int]] = [:]

    /// Readies the checks of a load.
    ///
    /// - Parameters:
    ///   - index: the tokens of all folders.
    ///   - addresses: where calls may go.
    init(tree: ProgramTree, index: TokenIndex, addresses: AddressPolicy) {
        self.tree = tree
        self.index = index
        urls = ProgramURLs(tree: tree, addresses: addresses)
    }

    /// Warns of tokens that no folder defines, refuses secret ones where they would be seen, and refuses URLs that
    /// come out wrong for one of the programs.
    mutating func check(_ file: WebhookFile, _ findings: inout Findings) {
        for use in file.tokens {
            if !index.isDefined(use.token.key) { warnOfUnknown(use, &findings) }
            if use.part == .header, index.holdsControl(use.token.key) { warnOfControls(use, &findings) }
            if index.isPlain(use.token.key) { warnOfPlain(use, &findings) }
            guard index.isSecret(use.token.key), !use.part.maySecretsStand else { continue }
            refuse(
                use,
                "the secret {{\(use.token.spelling)}} may not stand before the path of the URL: hosts are looked up in the open",
                &findings
            )
        }
        guard let url = file.url else { return }
        let secretUses = file.tokens.filter { $0.part.maySecretsStand && index.isSecret($0.token.key) }
        if let target = url.target {
            guard !Self.isProtected(target) else { return }
            for use in secretUses { refuse(use, Self.inTheClear(use), &findings) }
        } else {
            checkPrograms(url, file, secretUses, &findings)
        }
    }

    /// Checks the URL of each folder that has a say in it.
    private mutating func checkPrograms(
        _ url: URLTemplate,
        _ file: WebhookFile,
        _ secretUses: [WebhookFile.TokenUse],
        _ findings: inout Findings
    ) {
        let authority = url.tokens.filter { $0.part == .authority }.map(\.token)
        guard let first = authority.first, let node = file.urlNode,
            authority.allSatisfy({ $0.family == .my || $0.family == .program })
        else { return }
        let hasProgram = authority.contains { $0.family == .program }
        for folder in folders(authority.filter { $0.family == .my }, hasProgram: hasProgram) {
            guard let flaw = urls.flaw(of: url, for: folder) else { continue }
            let files = urls.definitions(of: authority, for: folder)
            let message = "\(urls.name(of: folder)) the URL is wrong: \(flaw)\(files)"
            findings.add(
                TemplateFinding(offset: first.offset, .error, code: "program-url", message: message),
                in: node
            )
        }
        guard !secretUses.isEmpty else { return }
        for folder in folders(
            authority.filter { $0.family == .my } + secretUses.map(\.token),
            hasProgram: hasProgram
        ) {
            guard let target = urls.target(of: url, for: folder), !Self.isProtected(target) else { continue }
            for use in secretUses where tree.token(use.token.key, in: folder)?.token.isSecret == true {
                refuse(use, "\(urls.name(of: folder)) \(Self.inTheClear(use))", &findings)
            }
        }
    }

    /// The folders, in order, that define one of some tokens: all others get what one of them gets. Where a token is the
    /// program's own, all of them, the first being that of a call without a program.
    private mutating func folders(_ tokens: [TokenReference], hasProgram: Bool) -> [Int] {
        if hasProgram { return Array(tree.folders.indices) }
        var folders: Set<Int> = []
        for token in tokens {
            if definers[token.key] == nil {
                definers[token.key] = tree.folders.indices.filter { tree.folders[$0].tokens[token.key] != nil }
            }
            folders.formUnion(definers[token.key] ?? [])
        }
        return folders.sorted()
    }

    /// A value with a line break, such as that of a block of text, of which no call comes.
    private mutating func warnOfControls(_ use: WebhookFile.TokenUse, _ findings: inout Findings) {
        let files = folders([use.token], hasProgram: false).compactMap { folder in
            tree.folders[folder].tokens[use.token.key].flatMap { $0.value.holdsControl ? $0.file : nil }
        }
        findings.add(
            TemplateFinding(
                offset: use.token.offset,
                .warning,
                code: "header-control-character",
                message: """
                    {{\(use.token.spelling)}} has a line break or control character, which no header may hold, in \
                    \(files.joined(separator: ", "))
                    """
            ),
            in: use.node
        )
    }

    /// A value that is not secret, where another folder's is, or where a credential is wanted.
    private mutating func warnOfPlain(_ use: WebhookFile.TokenUse, _ findings: inout Findings) {
        let key = use.token.key
        let message: String
        if index.isSecret(key) {
            let hiding = folders([use.token], hasProgram: false).compactMap { folder -> String? in
                guard let own = tree.folders[folder].tokens[key], !own.isSecret, !own.value.isEmpty,
                    let above = tree.folders[folder].parent, tree.token(key, in: above)?.token.isSecret == true
                else { return nil }
                return own.file
            }
            guard !hiding.isEmpty else { return }
            let files = hiding.prefix(3).joined(separator: ", ") + (hiding.count > 3 ? ", …" : "")
            message = """
                {{\(use.token.spelling)}} is secret, but not in \(files), which hides the secret one: its value shows in \
                previews, listings and the log of activities
                """
        } else if use.isCredential {
            message = """
                {{\(use.token.spelling)}} stands in the place of a credential and is not secret: its value shows in \
                previews, listings and the log of activities; give the My Token secret: true
                """
        } else {
            return
        }
        findings.add(
            TemplateFinding(offset: use.token.offset, .warning, code: "secret-plain", message: message),
            in: use.node
        )
    }

    private func warnOfUnknown(_ use: WebhookFile.TokenUse, _ findings: inout Findings) {
        findings.add(
            TemplateFinding(
                offset: use.token.offset,
                .warning,
                code: "unknown-my-token",
                message: "no folder defines the My Token \"\(use.token.name)\""
            ),
            in: use.node,
            suggestion: NearestWord.find(use.token.name, among: index.names)
        )
    }

    private func refuse(_ use: WebhookFile.TokenUse, _ message: String, _ findings: inout Findings) {
        findings.add(
            TemplateFinding(offset: use.token.offset, .error, code: "secret-exposed", message: message),
            in: use.node
        )
    }

    private static func inTheClear(_ use: WebhookFile.TokenUse) -> String {
        "the secret {{\(use.token.spelling)}} would go out in the clear; take an https URL"
    }

    /// Whether nobody on the way can read what goes there.
    private static func isProtected(_ target: ServiceURL) -> Bool {
        target.isSecure || target.host.lowercased() == "localhost" || target.host == "::1"
            || IPAddress(host: target.host)?.v4.map { $0 >> 24 == 127 } ?? false
    }
}
