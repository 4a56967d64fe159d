internal import ArgumentParser
internal import Glibc
internal import Store

/// `flowhook import`.
struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Takes My Tokens, programs and lead fields over from the original.",
        discussion: """
            Reads saved answers of the original's REST interface and writes store files: --tokens (the answer of \
            /rest/asset/v1/folder/{id}/tokens.json) becomes my-tokens.yaml of the folder --into, --program-id and \
            --program-name its program.yaml, and --fields (the answer of /rest/v1/leads/describe.json) fields.json. \
            What cannot be carried over is listed. A file that is there stays, unless --force is given.
            """
    )

    @OptionGroup var options: StoreOptions

    @Option(help: ArgumentHelp("A saved answer with My Tokens; - is standard input.", valueName: "file"))
    var tokens: String?

    @Option(help: ArgumentHelp("The folder below marketing-activities; the root by default.", valueName: "path"))
    var into = ""

    @Option(help: ArgumentHelp("The program's id: the folder becomes a program.", valueName: "id"))
    var programId: String?

    @Option(help: ArgumentHelp("The program's name; the folder's by default.", valueName: "name"))
    var programName: String?

    @Option(help: ArgumentHelp("A saved answer of Describe Lead; - is standard input.", valueName: "file"))
    var fields: String?

    @Flag(help: "Replace files that are there.")
    var force = false

    func validate() throws {
        guard tokens != nil || programId != nil || fields != nil else {
            throw ValidationError("There is nothing to import: give --tokens, --program-id or --fields.")
        }
        guard programName == nil || programId != nil else {
            throw ValidationError("--program-name goes with --program-id.")
        }
        guard programId?.isEmpty != true else { throw ValidationError("--program-id is empty.") }
        guard tokens != "-" || fields != "-" else { throw ValidationError("Standard input holds one answer alone.") }
        guard !"\(into)/".hasPrefix("marketing-activities/") else {
            throw ValidationError("--into is a path below marketing-activities: leave that folder out.")
        }
        for part in into.split(separator: "/", omittingEmptySubsequences: false) where !into.isEmpty {
            guard !part.isEmpty, !part.hasPrefix("."), part.unicodeScalars.allSatisfy({ $0.value >= 0x20 }) else {
                throw ValidationError("--into is a path below marketing-activities, such as Webinars/Spring.")
            }
            guard !StoreFiles.isPassedOver(String(part)) else {
                throw ValidationError("--into names \(part), which stores pass over as an editor's temporary file.")
            }
        }
    }

    func run() throws {
        do {
            // All is read before anything is written.
            let tokens = try tokens.map { ($0, try answer($0, TokensImport.init(parsing:))) }
            let fields = try fields.map { ($0, try answer($0, FieldsImport.init(parsing:))) }
            let folder = ["marketing-activities", into].filter { !$0.isEmpty }.joined(separator: "/")
            var notes: [String] = []
            if let (source, tokens) = tokens {
                let file = "\(folder)/my-tokens.yaml"
                guard !tokens.tokens.isEmpty || access("\(options.directory)/\(file)", F_OK) != 0 else {
                    printError(["flowhook: \(source): there is no My Token in it; \(file) stays as it is"])
                    throw ExitCode(ExitStatus.data)
                }
                try write(file, tokens.yaml, counted(tokens.tokens.count, "My Token"))
                notes += tokens.notes
            }
            if let programId {
                let text = TokensImport.programFile(id: programId, name: programName)
                try write("\(folder)/program.yaml", text, "program \(programId)")
            }
            if let (_, fields) = fields {
                try write(
                    "fields.json",
                    String(decoding: fields.json, as: UTF8.self),
                    counted(fields.count, "lead field")
                )
                notes += fields.notes
            }
            if !notes.isEmpty {
                print("\nNot carried over as it was:")
                for note in notes { print("  \(note)") }
            }
            print("\nNext: flowhook check --store \(options.directory)")
        } catch let flaw as TokensImport.Flaw {
            printError(["flowhook: \(flaw.message)"])
            throw ExitCode(ExitStatus.data)
        } catch let failure as StoreFile.Failure {
            printError(["flowhook: \(failure)"])
            throw ExitCode(failure.exitStatus)
        }
    }

    /// Reads a saved answer; what is wrong with it is told with the file's name.
    private func answer<Answer>(
        _ file: String,
        _ parse: ([UInt8]) throws(TokensImport.Flaw) -> Answer
    ) throws -> Answer {
        let bytes = try StoreFile.readText(file)
        do throws(TokensImport.Flaw) {
            return try parse(bytes)
        } catch {
            var flaw = error
            flaw.message = "\(file): \(flaw.message)"
            throw flaw
        }
    }

    private func write(_ file: String, _ text: String, _ what: String) throws {
        let path = "\(options.directory)/\(file)"
        if !force, access(path, F_OK) == 0 {
            printError(["flowhook: \(path) is there already; move it away, or replace it with --force"])
            throw ExitCode(ExitStatus.output)
        }
        try StoreFile.write(Array(text.utf8), to: path, replacing: force)
        print("\(path): \(what)")
    }
}
