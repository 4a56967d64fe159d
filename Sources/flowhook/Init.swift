internal import ArgumentParser
internal import Glibc

/// `flowhook init`.
struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes a small working store to begin with.",
        discussion: "The directory is to be new or empty: nothing that is there is touched."
    )

    @Argument(help: ArgumentHelp("Where the store is to be.", valueName: "dir"))
    var directory: String

    func validate() throws {
        guard !directory.isEmpty else { throw ValidationError("The directory's name is empty.") }
    }

    func run() throws {
        do {
            guard try isFree() else {
                printError(["flowhook: \(directory) is not empty; name a new directory"])
                throw ExitCode(ExitStatus.output)
            }
            for file in NewStore.files {
                try StoreFile.write(
                    Array(file.text.utf8),
                    to: "\(directory)/\(file.path)",
                    mode: file.isSecret ? 0o600 : 0o644,
                    replacing: false
                )
                print("\(directory)/\(file.path)")
            }
        } catch let failure as StoreFile.Failure {
            printError(["flowhook: \(failure)"])
            throw ExitCode(failure.exitStatus)
        }
        print(
            """

            Next:
              flowhook check --store \(directory)
              flowhook test --store \(directory)
              flowhook preview --store \(directory) \(directory)/\(NewStore.request)
            """
        )
    }

    /// Whether there is nothing yet where the store is to be.
    private func isFree() throws(StoreFile.Failure) -> Bool {
        guard let folder = opendir(directory) else {
            guard errno == ENOENT else { throw StoreFile.Failure(directory, "used as a store") }
            return true
        }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { return false }
        }
        return true
    }
}
