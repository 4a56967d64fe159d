import Glibc
import JSON
import TestSupport
import Testing

extension EndToEnd {
    /// The subcommands that people begin with: `init`, `import`, and what they see on a terminal.
    @Suite(.serialized) struct CommandTests {
        private final class Folder: Sendable {
            let path = "/tmp/flowhook-command-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

            init() { mkdir(path, 0o755) }

            deinit { _ = Child.run(["rm", "-rf", path]) }
        }

        private func flowhook(_ arguments: String..., environment: [String: String] = [:]) -> (
            status: Int32, output: String
        ) {
            Child.run([Installation.program] + arguments, environment: environment)
        }

        // MARK: init

        @Test func beginsAStoreThatWorks() throws {
            let folder = Folder()
            let store = "\(folder.path)/new/store"
            let begun = flowhook("init", store)
            #expect(begun.status == 0, "\(begun.output)")
            let check = flowhook("check", "--strict", "--secrets", "--store", store)
            #expect(check.status == 0)
            #expect(check.output == "0 errors, 0 warnings\n")
            let preview = flowhook("preview", "--store", store, "\(store)/requests/enrich-lead.json")
            #expect(preview.status == 0)
            let json = try JSONValue(parsing: Array(preview.output.utf8))
            #expect(json["request"]?["url"] == .string("https://api.example.com/v1/people?campaign=77"))
            #expect(json["unresolvedTokens"] == .array([]))
            #expect(!preview.output.contains("put-the-real-key-here"))
            var status = stat()
            #expect(stat("\(store)/secrets/enrichment-api-key", &status) == 0 && status.st_mode & 0o777 == 0o600)
            // What it says to do next is what works.
            for line in begun.output.split(separator: "\n") where line.hasPrefix("  flowhook ") {
                let arguments = line.split(separator: " ").dropFirst().map(String.init)
                #expect(Child.run([Installation.program] + arguments).status == 0, "\(line)")
            }
        }

        /// An empty variable names nothing, as an unset one does.
        @Test(.enabled(if: access("/etc/flowhook", F_OK) != 0)) func findsTheStoreWithoutAnOption() {
            let folder = Folder()
            #expect(flowhook("init", folder.path + "/store").status == 0)
            let named = flowhook("check", environment: ["FLOWHOOK_STORE": folder.path + "/store"])
            #expect(named.status == 0 && named.output == "0 errors, 0 warnings\n")
            for environment in [[:], ["FLOWHOOK_STORE": ""]] {
                let check = flowhook("check", environment: environment)
                #expect(check.status != 0 && check.output.hasPrefix("/etc/flowhook:1:1: error:"), "\(check.output)")
            }
        }

        /// Who makes a store decides who reads it: one that root makes is to be read by the service.
        @Test func makesFilesAsTheUserWantsThem() {
            let folder = Folder()
            for (mask, fileMode, folderMode) in [("022", mode_t(0o644), mode_t(0o755)), ("077", 0o600, 0o700)] {
                let store = "\(folder.path)/\(mask)"
                let shell = ["sh", "-c", #"umask $1; exec "$0" init "$2""#, Installation.program, mask, store]
                #expect(Child.run(shell).status == 0)
                var status = stat()
                #expect(stat("\(store)/flowhook.yaml", &status) == 0 && status.st_mode & 0o777 == fileMode)
                #expect(stat("\(store)/webhooks", &status) == 0 && status.st_mode & 0o777 == folderMode)
            }
        }

        @Test func leavesWhatIsThereAlone() {
            let folder = Folder()
            let store = "\(folder.path)/store"
            #expect(flowhook("init", store).status == 0)
            Files.write("mine\n", to: "\(store)/flowhook.yaml")
            let again = flowhook("init", store)
            #expect(again.status == 73)
            #expect(again.output == "flowhook: \(store) is not empty; name a new directory\n")
            #expect(Files.read("\(store)/flowhook.yaml") == "mine\n")
            // An empty directory is as good as none, a file is not.
            mkdir("\(folder.path)/empty", 0o755)
            #expect(flowhook("init", "\(folder.path)/empty").status == 0)
            Files.write("", to: "\(folder.path)/file")
            #expect(flowhook("init", "\(folder.path)/file").status == 73)
        }

        /// What could not be printed is no success; a command that prints nothing has lost nothing.
        @Test(.enabled(if: access("/dev/full", F_OK) == 0))
        func failsWhereItsOutputIsLost() {
            let folder = Folder()
            let store = "\(folder.path)/store"
            #expect(flowhook("init", store).status == 0)
            let request = "\(store)/requests/enrich-lead.json"
            for arguments in [["check"], ["preview", request], ["tokens", "1027"], ["test"], ["--help"]] {
                let lost = Child.run(
                    ["sh", "-c", #"exec "$0" "$@" > /dev/full"#, Installation.program] + arguments,
                    environment: ["FLOWHOOK_STORE": store]
                )
                #expect(lost.status == 73, "\(arguments): \(lost)")
                #expect(lost.output == "flowhook: standard output cannot be written, and not all of it was\n")
            }
            let refused = Child.run(["sh", "-c", #"exec "$0" check --stor x > /dev/full"#, Installation.program])
            #expect(refused.status == 64, "\(refused)")
        }

        /// A request is as large as one that comes over HTTP may be.
        @Test func previewsNoMoreThanIsServed() {
            let folder = Folder()
            let store = "\(folder.path)/store"
            #expect(flowhook("init", store).status == 0)
            let request = "\(store)/requests/enrich-lead.json"
            let size = Files.read(request).utf8.count
            let fits = flowhook("preview", "--store", store, "--set", "max_request_bytes=\(size)", request)
            #expect(fits.status == 0)
            let large = flowhook("preview", "--store", store, "--set", "max_request_bytes=\(size - 1)", request)
            #expect(large.status == 2 && large.output.contains("urn:flowhook:problem:payload-too-large"), "\(large)")
        }

        // MARK: import

        private static let tokens = #"""
            {"success": true, "errors": [], "warnings": [], "requestId": "1", "result": [{
             "folder": {"type": "Program", "value": 1027}, "tokens": [
              {"name": "Seats", "type": "number", "value": "250", "computedUrl": "https://example.com/#P"},
              {"name": "Invitation", "type": "iCalendar", "value": "BEGIN", "computedUrl": "https://example.com/#P"}
             ]}]}
            """#

        @Test func takesAProgramOver() {
            let folder = Folder()
            Files.write(Self.tokens, to: "\(folder.path)/tokens.json")
            Files.write(
                #"{"success": true, "result": [{"displayName": "Shoe Size", "dataType": "integer"}]}"#,
                to: "\(folder.path)/describe.json"
            )
            let store = "\(folder.path)/store"
            let imported = flowhook(
                "import",
                "--store",
                store,
                "--tokens",
                "\(folder.path)/tokens.json",
                "--into",
                "Webinars/Spring",
                "--program-id",
                "1027",
                "--program-name",
                "Spring Webinar",
                "--fields",
                "\(folder.path)/describe.json"
            )
            #expect(imported.status == 0)
            let file = "\(store)/marketing-activities/Webinars/Spring/my-tokens.yaml"
            #expect(
                imported.output == """
                    \(file): 1 My Token
                    \(store)/marketing-activities/Webinars/Spring/program.yaml: program 1027
                    \(store)/fields.json: 1 lead field

                    Not carried over as it was:
                      "Invitation" is left out: a calendar file is made for e-mails, and no webhook can use it

                    Next: flowhook check --store \(store)

                    """
            )
            #expect(flowhook("check", "--store", store).status == 0)
            let listed = flowhook("tokens", "--store", store, "1027")
            #expect(listed.output.contains("Seats"))
            // What is there stays, unless told otherwise.
            Files.write("Seats: 1\n", to: file)
            let arguments = ["import", "--store", store, "--tokens", "\(folder.path)/tokens.json", "--into"]
            let again = Child.run([Installation.program] + arguments + ["Webinars/Spring"])
            #expect(again.status == 73)
            #expect(again.output.contains("is there already"))
            #expect(Files.read(file) == "Seats: 1\n")
            #expect(Child.run([Installation.program] + arguments + ["Webinars/Spring", "--force"]).status == 0)
            #expect(Files.read(file).contains("\"Seats\": 250\n"))
            for path in ["../out", "a/../../b", "/etc", "a//b", ".hidden", "a/"] {
                #expect(Child.run([Installation.program] + arguments + [path]).status == 64, "\(path)")
            }
        }

        @Test func importSaysWhyNot() {
            let folder = Folder()
            Files.write("{}", to: "\(folder.path)/x.json")
            #expect(flowhook("import", "--store", folder.path).status == 64)
            let none = flowhook("import", "--store", folder.path, "--tokens", "\(folder.path)/none.json")
            #expect(none.status == 66)
            #expect(none.output.contains("No such file"))
            // A right answer of another kind takes nothing away that is there, and a folder without tokens neither.
            let file = "\(folder.path)/marketing-activities/my-tokens.yaml"
            let programs = #"{"success": true, "result": [{"id": 1, "name": "P", "type": "Default"}]}"#
            let nothing = #"{"success": true, "warnings": ["No assets found for the given search criteria."]}"#
            for (answer, reason) in [(programs, "there is no My Token in \"result\""), (nothing, "stays as it is")] {
                Files.write(answer, to: "\(folder.path)/answer.json")
                mkdir("\(folder.path)/marketing-activities", 0o755)
                Files.write("Seats: 1\n", to: file)
                let refused = flowhook(
                    "import",
                    "--store",
                    folder.path,
                    "--tokens",
                    "\(folder.path)/answer.json",
                    "--force"
                )
                #expect(refused.status == 65 && refused.output.contains(reason), "\(refused)")
                #expect(Files.read(file) == "Seats: 1\n")
            }
            unlink(file)
            rmdir("\(folder.path)/marketing-activities")
            let twice = ["--program-id", "9", "--into", "marketing-activities/Webinars"]
            #expect(Child.run([Installation.program, "import", "--store", folder.path] + twice).status == 64)
            for into in ["Launch.tmp", "Webinars/Old~"] {
                let refused = flowhook("import", "--store", folder.path, "--program-id", "9", "--into", into)
                #expect(refused.status == 64 && refused.output.contains("pass over"), "\(refused)")
            }
            // An empty variable of a script is no name for the root of the file system.
            #expect(flowhook("init", "").status == 64)
            #expect(flowhook("check", "--store", "").status == 64)
            let wrong = flowhook("import", "--store", folder.path, "--tokens", "\(folder.path)/x.json")
            #expect(wrong.status == 65)
            #expect(wrong.output.contains("tokens.json"))
            #expect(wrong.output.hasPrefix("flowhook: \(folder.path)/x.json: "))
            // Nothing was begun.
            #expect(access("\(folder.path)/marketing-activities", F_OK) != 0)
        }

        /// Who connects to the second one would wait for ever.
        @Test func servesOneSocketAndRefusesMore() {
            let folder = Folder()
            #expect(flowhook("init", "\(folder.path)/store").status == 0)
            let launcher = """
                import os, socket
                for number in (3, 4):
                    s = socket.socket(socket.AF_UNIX); s.bind("\(folder.path)/%d" % number); s.listen()
                    os.dup2(s.detach(), number + 10)
                for number in (3, 4): os.dup2(number + 10, number, True)
                words = ["flowhook", "serve", "--store", "\(folder.path)/store"]
                os.execve("\(Installation.program)", words, dict(os.environ, LISTEN_FDS="2", LISTEN_PID=str(os.getpid())))
                """
            let run = Child.run(["python3", "-c", launcher])
            #expect(run.status == 69, "\(run)")
            #expect(run.output.contains("systemd hands over 2 sockets, and one is served"), "\(run)")
        }

        /// As shells of Windows write files: UTF-16, or UTF-8, behind a byte order mark.
        @Test func readsTextBehindAByteOrderMark() {
            let folder = Folder()
            let (store, file) = ("\(folder.path)/store", "\(folder.path)/request.json")
            #expect(flowhook("init", store).status == 0)
            let request = #"{"webhook": "Enrich Lead", "program": 1027, "lead": {"First Name": "Zoë"}}"#
            let utf16 = request.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
            for bytes in [[0xEF, 0xBB, 0xBF] + Array(request.utf8), [0xFF, 0xFE] + utf16] {
                Files.write(bytes: bytes, to: file)
                let preview = flowhook("preview", "--store", store, file)
                #expect(preview.status == 0 && preview.output.contains("Zoë"), "\(preview)")
            }
        }

        // MARK: Colours

        @Test func coloursJSONOnATerminalAlone() throws {
            let folder = Folder()
            let store = "\(folder.path)/store"
            #expect(flowhook("init", store).status == 0)
            let request = "\(folder.path)/request.json"
            Files.write(
                #"{"webhook": "Enrich Lead", "program": 1027, "lead": {"First Name": "\u009b31m\" : é"}}"#,
                to: request
            )
            let arguments = ["preview", "--store", store, request]
            let plain = Child.run([Installation.program] + arguments).output
            #expect(!plain.contains("\u{1B}"))
            let coloured = Child.onTerminal([Installation.program] + arguments, environment: ["TERM": "xterm"])
            #expect(coloured.contains("\u{1B}[34m\"webhook\"\u{1B}[0m: \u{1B}[32m\"Enrich Lead\"\u{1B}[0m"))
            #expect(coloured.contains("\u{1B}[35mnull\u{1B}[0m"))
            // What a value holds does not steer the terminal.
            #expect(plain.unicodeScalars.contains("\u{9B}"))
            #expect(!coloured.unicodeScalars.contains("\u{9B}"))
            #expect(coloured.contains(#"\u009b31m"#))
            // Without its colours it is the same JSON.
            let stripped = ["34", "32", "36", "35", "0"].reduce(coloured) { $0.replacing("\u{1B}[\($1)m", with: "") }
            let (first, second) = (
                try JSONValue(parsing: Array(stripped.utf8)), try JSONValue(parsing: Array(plain.utf8))
            )
            #expect(first["request"] == second["request"])
            #expect(first["tokens"] == second["tokens"])
            for environment in [["TERM": "xterm", "NO_COLOR": "1"], ["TERM": "dumb"], ["TERM": ""]] {
                let shown = Child.onTerminal([Installation.program] + arguments, environment: environment)
                #expect(!shown.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{9B}" })
            }
            #expect(
                Child.onTerminal([Installation.program] + arguments, environment: ["TERM": "xterm", "NO_COLOR": ""])
                    .contains("\u{1B}[34m")
            )
        }
    }
}
