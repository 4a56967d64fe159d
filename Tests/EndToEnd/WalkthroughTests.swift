import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// The pages that lead somebody through: every file is written, every command runs and prints what the page shows.
    @Suite(.serialized) struct WalkthroughTests {
        @Test(arguments: ["Tutorial", "HowTo"])
        func doesWhatThePageShows(page: String) {
            let directory = "/tmp/flowhook-e2e-\(getpid())-\(page)"
            defer { _ = Child.run(["rm", "-rf", directory]) }
            let text = DocumentationPage(named: page).text
                .replacing("8080", with: String(Installation.freePort()))
                .replacing("9000", with: String(Installation.freePort()))
            let walkthrough = Walkthrough(DocumentationPage(text: text))
            #expect(walkthrough.steps.count > 10)
            let outputs = run(walkthrough.steps, in: directory)
            for (step, output) in zip(walkthrough.steps, outputs) {
                guard case .commands(let commands, let expected?) = step else { continue }
                #expect(Walkthrough.matches(output, expected), "\(commands)\nprinted\n\(output)\nand not\n\(expected)")
            }
        }

        /// Takes the steps in one shell, as a reader would, and ends what it has left running.
        private func run(_ steps: [Walkthrough.Step], in directory: String) -> [String] {
            let program = Installation.program.split(separator: "/").dropLast().map { "/\($0)" }.joined()
            var script = "set -e; cd '\(directory)'; PATH='\(program)':$PATH\n"
            script += "trap 'kill $(jobs -p) $(cat nginx.pid 2>/dev/null) 2>/dev/null; wait' EXIT\n"
            for (number, step) in steps.enumerated() {
                switch step {
                case .file(let path, let text):
                    // Written when its turn comes: a later step may replace an earlier one's file.
                    Files.write(text, to: "\(directory)/.steps/\(number)")
                    script += "mkdir -p \"$(dirname '\(path)')\"; cp '.steps/\(number)' '\(path)'\n"
                case .commands(let commands, _):
                    // In braces, not in a shell of their own: what is started and exported stays.
                    script += "{\n\(commands)} > .steps/\(number) 2>&1 < /dev/null\n"
                }
            }
            Files.write(script, to: "\(directory)/.steps/script")
            let result = Child.run(["bash", "\(directory)/.steps/script"])
            #expect(result.status == 0, "\(result.output)")
            return steps.indices.map { Files.read("\(directory)/.steps/\($0)") }
        }
    }

    /// The reading of pages itself.
    @Suite struct WalkthroughReadingTests {
        @Test func readsFilesCommandsAndWhatTheyPrint() {
            let file = "File `a/b.yaml`:\n\n```yaml\nx: 1\n```\n"
            let page = "# T\n\n\(file)\nThen:\n\n```sh\ntrue\n```\n\n```text\nno…thing\n```\n"
            #expect(
                Walkthrough(DocumentationPage(text: page)).steps == [
                    .file(path: "a/b.yaml", text: "x: 1\n"), .commands("true\n", output: "no…thing\n"),
                ]
            )
        }

        @Test(arguments: [
            ("abc\n", "abc", true), ("abc", "a…c", true), ("abc", "…b…", true), ("abc", "b…", false),
            ("abc", "…b", false), ("abc", "ab", false), ("a b\nc", "a…\nc", true),
        ])
        func comparesWithAnythingInBetween(text: String, pattern: String, isMatch: Bool) {
            #expect(Walkthrough.matches(text, pattern) == isMatch)
        }
    }
}
