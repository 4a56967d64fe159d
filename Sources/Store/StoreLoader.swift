package import FlowAction

/// What a load gave.
package struct LoadResult: Sendable {
    /// The snapshot; `nil` where a finding is an error.
    package var snapshot: Snapshot?
    /// Every error and warning, by file and place.
    package var diagnostics: [Diagnostic]
}

/// Reads a store from its flat files into a snapshot, and reports everything that is wrong with it in one go.
package struct StoreLoader {
    private let directory: String
    private let options: LoadOptions

    /// Readies a load.
    ///
    /// - Parameter directory: the store; it may be a link.
    package init(directory: String, options: LoadOptions) {
        self.directory = directory
        self.options = options
    }

    /// Reads the store.
    ///
    /// - Parameter instant: when, for `loadedAt`.
    package func load(at instant: Instant) -> LoadResult {
        guard let files = StoreFiles(directory: directory) else {
            var findings = Findings(file: directory)
            findings.add(
                .error,
                "no-store",
                "there is no store here; name its directory with --store or FLOWHOOK_STORE"
            )
            return LoadResult(snapshot: nil, diagnostics: findings.diagnostics)
        }
        var diagnostics: [Diagnostic] = []
        let settings = SettingsReader()
            .read(contents(SettingsReader.file, files, &diagnostics), options, &diagnostics)
        let timeZone = ZoneReader().read(settings.timeZone, &diagnostics)
        let leadFields = self.leadFields(files, &diagnostics)
        let companyFields = FieldCatalog(fields: StandardFields.company)
        let tokens = MyTokensReader(files: files, environment: options.environment, secrets: options.secrets)
        let tree = ProgramsReader(files: files, tokens: tokens).read(&diagnostics)
        let reader = WebhookReader(
            files: files,
            leadFields: leadFields,
            compiler: TemplateCompiler(leadFields: leadFields, companyFields: companyFields),
            addresses: AddressPolicy(allowing: settings.allowNetworks)
        )
        let webhooks = self.webhooks(files, reader, tree, &diagnostics)
        diagnostics.sort { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }
        guard !diagnostics.contains(where: { $0.severity == .error }) else {
            return LoadResult(snapshot: nil, diagnostics: diagnostics)
        }
        let snapshot = Snapshot(
            webhooks: webhooks,
            tree: tree,
            leadFields: leadFields,
            companyFields: companyFields,
            settings: settings,
            timeZone: timeZone,
            loadedAt: instant
        )
        return LoadResult(snapshot: snapshot, diagnostics: diagnostics)
    }

    private func contents(_ file: String, _ files: StoreFiles, _ diagnostics: inout [Diagnostic]) -> [UInt8]? {
        do {
            return try files.read(file)
        } catch {
            var findings = Findings(file: file)
            findings.add(.error, error.code, error.message)
            diagnostics += findings.diagnostics
            return nil
        }
    }

    private func leadFields(_ files: StoreFiles, _ diagnostics: inout [Diagnostic]) -> FieldCatalog {
        guard let bytes = contents(FieldsReader.file, files, &diagnostics) else {
            return FieldCatalog(fields: StandardFields.lead)
        }
        var findings = Findings(file: FieldsReader.file)
        let fields = FieldsReader().read(bytes, &findings)
        diagnostics += findings.diagnostics
        return FieldCatalog(fields: fields)
    }

    private func webhooks(
        _ files: StoreFiles,
        _ reader: WebhookReader,
        _ tree: ProgramTree,
        _ diagnostics: inout [Diagnostic]
    ) -> [String: Webhook] {
        var webhooks: [String: Webhook] = [:]
        let checks = TokenChecks(tree: tree)
        var waiting = ["webhooks"]
        while let folder = waiting.popLast() {
            let listing: StoreFiles.Listing
            do {
                listing = try files.list(folder)
            } catch {
                var findings = Findings(file: folder)
                findings.add(.error, error.code, error.message)
                diagnostics += findings.diagnostics
                continue
            }
            waiting += listing.folders.reversed().map { "\(folder)/\($0)" }
            for name in listing.files where name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
                let file = "\(folder)/\(name)"
                var findings = Findings(file: file)
                if let bytes = contents(file, files, &diagnostics), let webhook = reader.read(bytes, &findings) {
                    checks.check(webhook, bytes, &findings)
                    if let other = webhooks.updateValue(webhook, forKey: webhook.name.lowercased()) {
                        findings.add(
                            .error,
                            "duplicate-webhook",
                            "\(other.file) has the same name \"\(webhook.name)\"; names ignore case"
                        )
                    }
                }
                diagnostics += findings.diagnostics
            }
        }
        return webhooks
    }
}
