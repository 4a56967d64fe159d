import Glibc
import JSON
import Testing

extension EndToEnd {
    /// `flowhook check` as people and programs run it.
    @Suite struct CheckCommandTests {
        private let golden = "\(Installation.root)/Tests/Store/Golden"

        private func check(_ store: String, _ options: String...) -> (status: Int32, output: String) {
            Child.run(
                [Installation.program, "check", "--store", "\(golden)/\(store)"] + options,
                environment: ["GOLDEN_KEY": "long-enough"]
            )
        }

        @Test func saysThatAStoreIsRight() {
            #expect(check("sound") == (0, "0 errors, 0 warnings\n"))
            #expect(check("sound", "--strict") == (0, "0 errors, 0 warnings\n"))
        }

        @Test func printsThirtyMistakesOnOnePage() {
            let (status, output) = check("thirty-mistakes")
            #expect(status == 78)
            let lines = output.split(separator: "\n")
            #expect(lines.dropLast().map { "\($0)\n" }.joined() == Files.read("\(golden)/thirty-mistakes.txt"))
            let errors = lines.count { $0.contains(": error: ") }
            #expect(lines.last == "\(errors) errors, \(lines.count - 1 - errors) warnings")
        }

        /// Where the kernel does not know openat2(2), or a container forbids it, every path is looked at step by step.
        @Test(.enabled(if: !isSanitized, "a sanitizer does not run under strace"), arguments: ["ENOSYS", "EPERM"])
        func readsAStoreWithoutOpenat2(error: String) {
            let store = "/tmp/flowhook-check-\(UInt32.random(in: 0...UInt32.max))"
            defer { _ = Child.run(["rm", "-rf", store]) }
            Files.write("url: https://example.com/\n", to: "\(store)/webhooks/a.yaml")
            Files.write("url: https://example.com/\nname: B\n", to: "\(store)/common/b.yaml")
            let words = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=openat2:error=\(error)"]
            func check() -> (status: Int32, output: String) {
                Child.run(words + [Installation.program, "check", "--store", store])
            }
            #expect(symlink("../common/b.yaml", "\(store)/webhooks/b.yaml") == 0)
            #expect(check() == (0, "0 errors, 0 warnings\n"))
            #expect(symlink("/etc/hostname", "\(store)/webhooks/c.yaml") == 0)
            let (status, output) = check()
            #expect(status == 78)
            #expect(output.contains("webhooks/c.yaml is a link that leads out of the store"))
        }

        @Test func countsWarningsUnderStrictAlone() {
            let store = "/tmp/flowhook-check-\(UInt32.random(in: 0...UInt32.max))"
            defer { _ = Child.run(["rm", "-rf", store]) }
            Files.write("url: https://example.com/{{lead.Frist Name}}\n", to: "\(store)/webhooks/a.yaml")
            let line =
                "webhooks/a.yaml:1:26: warning: no lead field is called \"Frist Name\"; fields.json can add one; "
            let expected = "\(line)did you mean First Name?\n0 errors, 1 warning\n"
            #expect(Child.run([Installation.program, "check", "--store", store]) == (0, expected))
            #expect(Child.run([Installation.program, "check", "--store", store, "--strict"]) == (78, expected))
        }

        @Test func writesJSONForPrograms() throws {
            let (status, output) = check("urls", "--format", "json")
            #expect(status == 78)
            let json = try JSONValue(parsing: Array(output.utf8))
            let text = Files.read("\(golden)/urls.txt").split(separator: "\n")
            guard case .array(let findings) = json["findings"] else {
                Issue.record("there are no findings")
                return
            }
            #expect(findings.count == text.count)
            for (finding, line) in zip(findings, text) {
                func value(_ name: String) -> String {
                    switch finding[name] {
                    case .string(let text): text
                    case .number(let text): text
                    default: ""
                    }
                }
                let place = "\(value("file")):\(value("line")):\(value("column"))"
                #expect(line.hasPrefix("\(place): \(value("severity")): \(value("message"))"))
                #expect(!value("code").isEmpty)
            }
            #expect(json["errors"] == .number(String(text.count { $0.contains(": error: ") })))
            #expect(json["warnings"] == .number(String(text.count { $0.contains(": warning: ") })))
        }

        @Test func exitsByTheBook() {
            #expect(check("sound", "--nonsense").status == 64)
            #expect(check("sound", "--format", "xml").status == 64)
            #expect(check("nowhere").status == 78)
        }
    }
}
