import Testing

extension EndToEnd {
    /// `flowhook test`, and what `check` says of cases, from the shell.
    @Suite struct CaseCommandTests {
        private static let webhook =
            "url: https://api.example.com/\nresponse_type: JSON\nresponse_mappings: {Title: t}\n"

        private func run(_ command: [String], _ files: [String: String]) -> (status: Int32, output: String) {
            let directory = "/tmp/flowhook-cases-\(UInt64.random(in: 0...UInt64.max))"
            defer { _ = Child.run(["rm", "-rf", directory]) }
            Files.write("", to: "\(directory)/webhooks/.keep")
            for (path, text) in files { Files.write(text, to: "\(directory)/\(path)") }
            let words = [Installation.program, command[0], "--store", directory] + command.dropFirst()
            let (status, output) = Child.run(words)
            return (status, output.replacing(directory, with: "STORE"))
        }

        private static let good = """
            description: It maps.
            request: {webhook: w, lead: {}}
            answer: {json: {t: CTO}}
            expect: {fields: {Title: CTO}}
            """
        private static let bad = """
            request: {webhook: w, lead: {}}
            answer: {json: {t: CEO}}
            expect: {fields: {Title: CTO}}
            """

        @Test func tellsWhatPassesAndWhatFails() {
            let (status, output) = run(
                ["test"],
                ["webhooks/w.yaml": Self.webhook, "tests/a.yaml": Self.good, "tests/deep/b.yaml": Self.bad]
            )
            #expect(status == 1)
            #expect(
                output == """
                    ok    tests/a.yaml: It maps.
                    FAIL  tests/deep/b.yaml
                            fields.Title
                              expected  "CTO"
                              got       "CEO"
                    1 passed, 1 failed

                    """
            )
        }

        @Test func runsThoseThatAreNamed() {
            let files = ["webhooks/w.yaml": Self.webhook, "tests/a.yaml": Self.good, "tests/b.yaml": Self.bad]
            #expect(run(["test", "a.yaml"], files).status == 0)
            #expect(run(["test", "b"], files).status == 1)
            #expect(run(["test", "nothing"], files).status == 1)
        }

        @Test func passesWithoutCases() {
            let (status, output) = run(["test"], ["webhooks/w.yaml": Self.webhook])
            #expect(status == 0)
            #expect(output == "There is no case in STORE/tests; flowhook init shows one.\n0 passed, 0 failed\n")
        }

        @Test func aStoreThatDoesNotLoadIsNoTest() {
            #expect(run(["test"], ["webhooks/w.yaml": "url: [", "tests/a.yaml": Self.good]).status == 78)
        }

        @Test func aBrokenCaseFailsAndCheckReportsIt() {
            let files = ["webhooks/w.yaml": Self.webhook, "tests/a.yaml": "request: {}\nexpect: {outcom: sent}\n"]
            let finding = "tests/a.yaml:2:10: error: \"expect\" has no key \"outcom\""
            let tested = run(["test"], files)
            #expect(tested.status == 1)
            #expect(tested.output.hasPrefix(finding))
            #expect(tested.output.hasSuffix("0 passed, 1 failed\n"))
            let checked = run(["check"], files)
            #expect(checked.status == 78)
            #expect(checked.output.hasPrefix(finding))
            #expect(checked.output.contains("did you mean outcome?"))
        }
    }
}
