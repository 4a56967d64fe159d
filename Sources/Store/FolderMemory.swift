/// The folders of a store as they were last listed.
final class FolderMemory {
    /// A folder's entries with their paths relative to the store.
    final class Folder {
        /// Its folders, in the order of their names.
        fileprivate(set) var folders: [(name: String, path: String)] = []
        /// Its files that a store may be read from, or was meant to be, in the order of their names.
        fileprivate(set) var files: [(name: String, path: String)] = []
        /// Which folder it is; `nil` where there is none.
        fileprivate(set) var identity: FolderWalk.Identity?
        /// Why it could not be listed, and what is wrong with names in it.
        fileprivate(set) var diagnostics: [Diagnostic] = []
        fileprivate var pass = 0
    }

    private var folders: [String: Folder] = [:]

    /// Lists a folder, or tells what it held when it was last listed.
    ///
    /// - Parameter isUncertain: whether it may be another folder than before.
    func list(_ path: String, _ pass: LoadPass, isUncertain: Bool) -> Folder {
        let known = folders[path]
        known?.pass = pass.number
        if let known, !isUncertain, !pass.scope.folders.contains(path) { return known }
        // First the watch: what comes after the listing is then told.
        pass.watcher?.watch(folder: path, at: pass.files.path(of: path), isLink: pass.files.isLink(path))
        let folder = Folder()
        folder.pass = pass.number
        let listing = pass.files.list(path)
        let start = path + "/"
        folder.identity = listing.identity
        folder.folders = listing.folders.map { ($0, start + $0) }
        let isOfUse = { StoreFiles.isRead($0) || UnknownFile.yaml(meantBy: $0) != nil }
        folder.files = listing.files.filter(isOfUse).map { ($0, start + $0) }
        folder.diagnostics = listing.failures.flatMap(\.diagnostics)
        if let known, Self.isSame(known, folder) {
            known.identity = folder.identity
            return known
        }
        pass.hasChanged = true
        folders[path] = folder
        return folder
    }

    /// Forgets the folders that a load has not come across.
    func sweep(_ pass: LoadPass) {
        for (path, folder) in folders where folder.pass != pass.number {
            folders[path] = nil
            pass.watcher?.forget(path)
            pass.hasChanged = true
        }
    }

    private static func isSame(_ first: Folder, _ second: Folder) -> Bool {
        first.diagnostics == second.diagnostics && first.files.elementsEqual(second.files, by: ==)
            && first.folders.elementsEqual(second.folders, by: ==)
    }
}
