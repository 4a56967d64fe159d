import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// What somebody meets who has only just begun: errors that say what to do, secrets that are elsewhere, long reads.
    @Suite(.serialized) struct FirstMinutesTests {
        private let directory = "/tmp/flowhook-first-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

        private func flowhook(_ arguments: String...) -> (status: Int32, output: String) {
            Child.run([Installation.program] + arguments)
        }

        private func withStore(_ files: [String: String], _ body: (String) throws -> Void) rethrows {
            defer { _ = Child.run(["rm", "-rf", directory]) }
            for (path, text) in files { Files.write(text, to: "\(directory)/store/\(path)") }
            try body("\(directory)/store")
        }

        @Test func everyErrorSaysWhatToDoNext() {
            withStore(["webhooks/a.yaml": "url: https://example.com/\n", "file": ""]) { store in
                Files.write("unix: no socket", to: "\(directory)/file")
                let listener = RawServer { _, _ in [] }
                defer { listener.stop() }
                let serve = ["serve", "--store", store, "--listen"]
                let cases: [(arguments: [String], status: Int32, next: String)] = [
                    (
                        ["check", "--store", "\(directory)/none"], 78,
                        "name its directory with --store or FLOWHOOK_STORE"
                    ),
                    (["serve", "--store", "\(directory)/none"], 78, "or begin one with flowhook init"),
                    (["serve", "--store", store], 64, "give --listen unix:PATH"),
                    (serve + ["\(directory)/s"], 69, "give unix:PATH or tcp:HOST:PORT"),
                    (serve + ["unix:\(directory)/file"], 69, "Give --listen another address"),
                    (serve + ["tcp:127.0.0.1:\(listener.port)"], 69, "Give --listen another address"),
                    (serve + ["unix:\(directory)/none/s"], 69, "Make the folder \(directory)/none"),
                    (["preview", "--store", store, "\(directory)/none.json"], 66, "or - for standard input"),
                    (["call", "--store", store, directory], 66, "name a file that you may read"),
                    (["preview", "--store", store], 64, "Usage: flowhook preview"),
                    (["chekc"], 64, "flowhook --help"),
                    (["check", "--strct"], 64, "--strict"),
                    (["tokens", "--store", store, "1"], 2, "unknown-program"),
                    (["test", "--store", store], 0, "flowhook init shows one"),
                    (["test", "--store", store, "x"], 1, "without a name all of them run"),
                    (["init", store], 73, "name a new directory"),
                    (["init", "/proc/none"], 73, "name a place that you may write to"),
                    (["import", "--store", store], 64, "give --tokens, --program-id or --fields"),
                    (
                        ["import", "--store", store, "--fields", "\(directory)/none"], 66,
                        "name a file that you may read"
                    ),
                ]
                for (arguments, status, next) in cases {
                    let run = Child.run([Installation.program] + arguments)
                    #expect(run.status == status, "\(arguments): \(run.output)")
                    #expect(run.output.contains(next), "\(arguments): \(run.output)")
                }
            }
        }

        /// A secret that lies elsewhere is a warning here, an error where it is asked for, and keeps `serve` from starting.
        @Test func checkCountsSecretsAsErrorsWhereAskedTo() {
            withStore([
                "webhooks/a.yaml": """
                url: https://example.com/
                custom_headers: {Authorization: "Bearer {{my.Key}}"}
                """,
                "marketing-activities/my-tokens.yaml": "Key: {secret: true, file: /run/credentials/none}\n",
            ]) { store in
                let place = "marketing-activities/my-tokens.yaml:1:27: "
                let lax = flowhook("check", "--store", store)
                #expect(lax.status == 0)
                #expect(lax.output.hasPrefix("\(place)warning: "))
                #expect(lax.output.contains("a placeholder stands in its place"))
                #expect(lax.output.hasSuffix("\n0 errors, 1 warning\n"))
                // Where a change is checked before it is merged the secrets are elsewhere.
                #expect(flowhook("check", "--strict", "--store", store).status == 0)
                #expect(flowhook("check", "--strict", "--secrets", "--store", store).status == 78)
                let exact = flowhook("check", "--secrets", "--store", store)
                #expect(exact.status == 78)
                #expect(exact.output.hasPrefix("\(place)error: "))
                #expect(exact.output.contains("\n1 error, "))
                #expect(flowhook("serve", "--store", store, "--listen", "unix:\(directory)/s").status == 78)
            }
        }

        @Test func aTerminalShowsHowFarALongCheckHasCome() {
            var files = ["webhooks/a.yaml": "url: https://example.com/\n"]
            for number in 0..<260 { files["marketing-activities/p\(number)/program.yaml"] = "id: \(number)\n" }
            withStore(files) { store in
                let command = [Installation.program, "check", "--store", store]
                let plain = "0 errors, 0 warnings\n"
                let shown = Child.onTerminal(command, environment: ["TERM": "xterm"])
                #expect(shown == "\r250 files read \u{1B}[K\r\u{1B}[K\(plain)")
                // Nothing of it into a pipe, nor where the terminal could not clear it; colours are another matter.
                #expect(Child.run(command, environment: ["TERM": "xterm"]) == (0, plain))
                #expect(Child.onTerminal(command, environment: ["TERM": "dumb"]) == plain)
                #expect(Child.onTerminal(command, environment: ["TERM": "xterm", "NO_COLOR": "1"]) == shown)
            }
        }
    }
}
