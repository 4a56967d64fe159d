internal import ArgumentParser

/// The arguments and steps that `call` and `preview` share: a store and a flow action request in a file.
struct RequestFile: ParsableArguments {
    @OptionGroup var options: StoreOptions

    @Argument(help: ArgumentHelp("A flow action request as JSON; - is standard input.", valueName: "file"))
    var file: String

    /// Reads the request.
    func body() throws -> [UInt8] {
        do {
            return try StoreFile.readText(file)
        } catch {
            printError(["flowhook: \(error)"])
            throw ExitCode(error.exitStatus)
        }
    }
}
