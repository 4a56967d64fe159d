/// One load under way: what it looks at, and what it has found to be another than before.
final class LoadPass {
    /// The store's files.
    let files: StoreFiles
    /// What is looked at.
    let scope: LoadScope
    /// Is told of what is about to be read; `nil` where nobody waits for changes.
    let watcher: StoreWatcher?
    /// Numbers the loads, so that what one of them did not come across can be told.
    let number: Int
    /// How many files were read.
    var filesRead = 0 {
        didSet { progress?(filesRead) }
    }
    /// Whether anything is other than it was.
    var hasChanged = false
    private let progress: (@Sendable (Int) -> Void)?

    /// Begins a load; `progress` is told of every file that is read.
    init(
        files: StoreFiles,
        scope: LoadScope,
        watcher: StoreWatcher?,
        number: Int,
        progress: (@Sendable (Int) -> Void)? = nil
    ) {
        self.files = files
        self.scope = scope
        self.watcher = watcher
        self.number = number
        self.progress = progress
    }

    /// Whether a folder may be another one than before, with everything below it.
    func isUncertain(_ folder: String, below isUncertain: Bool) -> Bool {
        isUncertain || scope.isEverything || !scope.trees.isEmpty && scope.trees.contains(folder)
    }
}
