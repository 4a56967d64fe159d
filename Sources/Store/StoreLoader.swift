package import FlowAction

/// What a load gave.
package struct LoadResult: Sendable {
    /// The snapshot; `nil` where a finding is an error.
    package var snapshot: Snapshot?
    /// Every error and warning, by file and place.
    package var diagnostics: [Diagnostic]
    /// How many files were read; those that are the same as before were not.
    package var filesRead = 0
    /// Whether anything in the store is other than at the last load.
    package var hasChanged = true
}

/// Reads a store from its flat files into a snapshot, and reports everything that is wrong with it in one go.
///
/// A loader remembers what it made of each file: the next load reads those alone that have changed, and checks anew
/// what more than one file decides. It belongs to one thread at a time.
package final class StoreLoader {
    private let directory: String
    private let options: LoadOptions
    private let watcher: StoreWatcher?
    private let memory = StoreMemory()

    /// Readies a load.
    ///
    /// - Parameters:
    ///   - directory: the store; it may be a link.
    ///   - watcher: is told of everything that a load reads, and so of what may change.
    package init(directory: String, options: LoadOptions, watcher: StoreWatcher? = nil) {
        self.directory = directory
        self.options = options
        self.watcher = watcher
    }

    /// Reads the store.
    ///
    /// - Parameters:
    ///   - instant: when, for `loadedAt`.
    ///   - scope: what may have changed since the last load.
    package func load(at instant: Instant, _ scope: LoadScope = .everything) -> LoadResult {
        var scope = scope
        if memory.passes == 0 { scope.form(unionWith: .everything) }
        if scope.isEverything {
            watcher?.watch(paths: [StoreFiles.fromWorkingDirectory(directory)], owner: "/", .everything)
        }
        let files: StoreFiles
        do {
            files = try StoreFiles(directory: directory)
        } catch {
            defer { memory.wasMissing = true }
            let findings = Findings(file: directory, error)
            return LoadResult(snapshot: nil, diagnostics: findings.diagnostics, hasChanged: !memory.wasMissing)
        }
        memory.passes += 1
        let pass = LoadPass(
            files: files,
            scope: scope,
            watcher: watcher,
            number: memory.passes,
            progress: options.progress
        )
        if scope.isEverything { watcher?.watch(folder: "", at: files.root, isLink: false) }
        pass.hasChanged = memory.wasMissing || memory.passes == 1
        memory.wasMissing = false
        var result = load(pass, at: instant)
        memory.sweep(pass)
        result.filesRead = pass.filesRead
        result.hasChanged = pass.hasChanged
        return result
    }

    private func load(_ pass: LoadPass, at instant: Instant) -> LoadResult {
        var diagnostics = unknownFiles(pass)
        let settings = self.settings(pass, &diagnostics)
        let timeZone = ZoneReader().read(settings.timeZone)
        let leadFields = self.leadFields(pass, settings, &diagnostics)
        let companyFields = Self.companyFields(beside: leadFields)
        let tokens = MyTokensReader(files: pass.files, environment: options.environment, secrets: options.secrets)
        let tree = ProgramsReader(memory: memory, tokens: tokens).read(pass, &diagnostics)
        let reader = WebhookReader(
            files: pass.files,
            leadFields: leadFields,
            compiler: TemplateCompiler(leadFields: leadFields, companyFields: companyFields),
            addresses: AddressPolicy(allowing: settings.allowNetworks)
        )
        let webhooks = self.webhooks(pass, reader, tree, &diagnostics)
        diagnostics.sortByPlace()
        guard !diagnostics.contains(where: { $0.severity == .error }) else {
            return LoadResult(snapshot: nil, diagnostics: Consequences.leftOut(of: diagnostics))
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

    /// The fields of a company, each of the type and length that the lead's catalog gives it.
    private static func companyFields(beside leadFields: FieldCatalog) -> FieldCatalog {
        FieldCatalog(
            fields: StandardFields.company.map { field in
                guard let position = leadFields.position(ofRESTName: field.restName),
                    leadFields.fields[position].restName == field.restName
                else { return field }
                var field = field
                field.type = leadFields.fields[position].type
                field.length = leadFields.fields[position].length
                return field
            }
        )
    }

    private static let standardFields = FieldCatalog(fields: StandardFields.lead)

    /// The warnings of names beside the store's own files and folders.
    private func unknownFiles(_ pass: LoadPass) -> [Diagnostic] {
        guard pass.scope.isEverything || pass.scope.folders.contains("") else { return memory.unknownFiles }
        let found = UnknownFile.inStore(pass.files.list("")).flatMap(\.diagnostics)
        if found != memory.unknownFiles { pass.hasChanged = true }
        memory.unknownFiles = found
        return found
    }

    private func settings(_ pass: LoadPass, _ diagnostics: inout [Diagnostic]) -> Settings {
        let isUncertain = pass.scope.isEverything
        let file = memory.settings.recall(SettingsReader.file, pass, isUncertain: isUncertain) { bytes, _ in bytes }
        diagnostics += file?.diagnostics ?? []
        return SettingsReader().read(file?.value, options, &diagnostics)
    }

    private func leadFields(
        _ pass: LoadPass,
        _ settings: Settings,
        _ diagnostics: inout [Diagnostic]
    ) -> FieldCatalog {
        let isUncertain = pass.scope.isEverything
        let file = memory.fields.recall(FieldsReader.file, pass, isUncertain: isUncertain) { bytes, findings in
            FieldCatalog(fields: FieldsReader().read(bytes, &findings))
        }
        diagnostics += file?.diagnostics ?? []
        // Webhooks are compiled with the fields and with some of the settings.
        if let before = memory.compiledWith, before.settings == settings, before.file === file { return before.fields }
        let fields = file?.value ?? Self.standardFields
        memory.webhooks.forgetAll()
        memory.compiledWith = (settings, fields, file)
        return fields
    }

    private func webhooks(
        _ pass: LoadPass,
        _ reader: WebhookReader,
        _ tree: ProgramTree,
        _ diagnostics: inout [Diagnostic]
    ) -> [String: Webhook] {
        var webhooks: [String: Webhook] = [:]
        var checks = TokenChecks(tree: tree, index: memory.index, addresses: reader.addresses)
        var filesByName: [String: String] = [:]
        var walk = FolderWalk(pass.files)
        var waiting = [(path: "webhooks", above: Int?.none, isUncertain: false)]
        while let next = waiting.popLast() {
            let isUncertain = pass.isUncertain(next.path, below: next.isUncertain)
            let folder = memory.folders.list(next.path, pass, isUncertain: isUncertain)
            if !folder.diagnostics.isEmpty { diagnostics += folder.diagnostics }
            let number = walk.enter(next.path, folder.identity, above: next.above) { diagnostics += $0.diagnostics }
            guard let number else { continue }
            waiting += folder.folders.reversed().map { ($0.path, number, isUncertain) }
            for (name, path) in folder.files {
                guard StoreFiles.isYAML(name) else {
                    diagnostics += UnknownFile.amongYAML(name, at: path)?.diagnostics ?? []
                    continue
                }
                let file = memory.webhooks.recall(path, pass, isUncertain: isUncertain) { bytes, findings in
                    reader.read(bytes, &findings)
                }
                diagnostics += file?.diagnostics ?? []
                guard let value = file?.value else { continue }
                var findings = Findings(file: path)
                checks.check(value, &findings)
                let key = value.name.lowercased()
                if let other = filesByName.updateValue(path, forKey: key) {
                    findings.add(
                        .error,
                        "duplicate-webhook",
                        "\(other) has the same name \"\(value.name)\"; names ignore case",
                        line: value.namePlace.line,
                        column: value.namePlace.column
                    )
                }
                webhooks[key] = value.webhook
                diagnostics += findings.diagnostics
            }
        }
        return webhooks
    }
}
