internal import FlowAction

/// What the last load made of each file, so that the next one reads those alone that have changed.
final class StoreMemory {
    /// The listed folders.
    let folders = FolderMemory()
    /// `flowhook.yaml`, as it is.
    let settings = FileMemory<[UInt8]>()
    /// `fields.json`.
    let fields = FileMemory<FieldCatalog>()
    /// The files `my-tokens.yaml`.
    let tokens: FileMemory<[String: MyToken]>
    /// The files `program.yaml`.
    let programs = FileMemory<ProgramFile>()
    /// The webhooks' files.
    let webhooks = FileMemory<WebhookFile>()
    /// The tokens of all folders.
    let index: TokenIndex
    /// The warnings of names beside the store's own files and folders.
    var unknownFiles: [Diagnostic] = []
    /// Numbers the loads.
    var passes = 0
    /// Whether the last load found no store at all.
    var wasMissing = false
    /// What the webhooks were compiled with.
    var compiledWith: (settings: Settings, fields: FieldCatalog, file: FileMemory<FieldCatalog>.File?)?

    /// Remembers nothing.
    init() {
        let index = TokenIndex()
        self.index = index
        tokens = FileMemory { index.replace($0, with: $1) }
    }

    /// Forgets what a load has not come across.
    func sweep(_ pass: LoadPass) {
        folders.sweep(pass)
        settings.sweep(pass)
        fields.sweep(pass)
        tokens.sweep(pass)
        programs.sweep(pass)
        webhooks.sweep(pass)
    }
}
