/// How much of a store a load looks at; the rest is as it was last read.
package struct LoadScope: Sendable, Hashable {
    /// Whether every folder and file is looked at; one that is still the same is not read again.
    package var isEverything: Bool
    /// Whether secrets and certificates are read again although they seem to be the same.
    package var rereadsSecrets: Bool
    /// Folders that are listed again, relative to the store.
    package var folders: Set<String>
    /// Folders that may be others now, with everything below them: looked at as `isEverything` looks at all.
    package var trees: Set<String>
    /// Files that are read again, however they look: a file of the store stands for what it names outside, too.
    package var files: Set<String>

    private init(isEverything: Bool, rereadsSecrets: Bool) {
        self.isEverything = isEverything
        self.rereadsSecrets = rereadsSecrets
        folders = []
        trees = []
        files = []
    }

    /// Nothing.
    package static let nothing = LoadScope(isEverything: false, rereadsSecrets: false)
    /// Everything that is not the same.
    package static let everything = LoadScope(isEverything: true, rereadsSecrets: false)
    /// Everything that is not the same, and every secret and certificate.
    package static let everythingAndSecrets = LoadScope(isEverything: true, rereadsSecrets: true)

    /// Whether there is nothing to look at.
    package var isEmpty: Bool { !isEverything && folders.isEmpty && trees.isEmpty && files.isEmpty }

    /// Adds what another scope looks at.
    package mutating func form(unionWith other: LoadScope) {
        isEverything = isEverything || other.isEverything
        rereadsSecrets = rereadsSecrets || other.rereadsSecrets
        folders.formUnion(other.folders)
        trees.formUnion(other.trees)
        files.formUnion(other.files)
    }
}
