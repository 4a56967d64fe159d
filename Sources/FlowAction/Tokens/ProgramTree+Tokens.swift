extension ProgramTree {
    /// What the store gives a `program` or `my` token in a folder; a token of another family is unresolved.
    ///
    /// Its default is not looked at: ``ResolvedToken/orDefault(of:)``.
    package func resolve(_ token: TokenReference, in folder: Int) -> ResolvedToken {
        switch token.family {
        case .program: programToken(token, in: folder)
        case .my: myToken(token, in: folder)
        default: .unresolved
        }
    }

    private func programToken(_ token: TokenReference, in folder: Int) -> ResolvedToken {
        guard let program = program(of: folder) else { return .unresolved }
        let source = ResolvedToken.Source.program(folder: folder)
        switch token.key {
        case "id":
            let (text, shape) = TokenFormat.format(program.id)
            return ResolvedToken(text: text, shape: shape, source: source)
        case "name": return ResolvedToken(text: program.name, shape: .text, source: source)
        case "description": return ResolvedToken(text: program.description ?? "", shape: .text, source: source)
        default: return .unresolved
        }
    }

    private func myToken(_ token: TokenReference, in folder: Int) -> ResolvedToken {
        guard let defined = self.token(token.key, in: folder) else { return .unresolved }
        // A score may be written +5, which is no number of JSON.
        let (text, shape) = TokenFormat.format(.text(defined.token.value), as: defined.token.type)
        return ResolvedToken(
            text: text,
            shape: shape,
            isSecret: defined.token.isSecret,
            source: .store(folder: defined.definedIn, file: defined.token.file)
        )
    }
}
