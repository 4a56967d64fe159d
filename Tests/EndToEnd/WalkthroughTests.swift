import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// The pages with commands: every file is written, every command runs and prints what the page shows.
    @Suite(.serialized) struct WalkthroughTests {
        @Test func leadsThroughFromNothing() {
            let text = DocumentationPage(named: "Tutorial").text
                .replacing("8080", with: String(Installation.freePort()))
                .replacing("9000", with: String(Installation.freePort()))
                // The page is for an ordinary user.
                .replacing("pid nginx.pid;", with: getuid() == 0 ? "pid nginx.pid; user root;" : "pid nginx.pid;")
            let walkthrough = Walkthrough(DocumentationPage(text: text))
            #expect(walkthrough.steps.count > 10)
            take(walkthrough)
        }

        /// Each by itself, on the store that `flowhook init` writes.
        @Test func everyRecipeStandsAlone() {
            let recipes = DocumentationPage(named: "HowTo").text.split(separator: "\n## ").dropFirst()
            #expect(recipes.count >= 6)
            for recipe in recipes {
                let walkthrough = Walkthrough(DocumentationPage(text: String(recipe)))
                #expect(!walkthrough.steps.isEmpty, "\(recipe)")
                take(walkthrough, before: "flowhook init store > /dev/null")
            }
        }

        /// On the store that `flowhook init` writes.
        @Test(arguments: ["Check", "Cases"])
        func worksOnAStore(page: String) {
            let walkthrough = Walkthrough(DocumentationPage(named: page))
            #expect(!walkthrough.steps.isEmpty)
            take(walkthrough, before: "flowhook init store > /dev/null")
        }

        /// Against a server that answers as a subscription does.
        @Test func leadsOverFromTheOriginal() {
            let answer: @Sendable (String, String) -> String = { type, name in
                """
                {"success": true, "errors": [], "warnings": [], "requestId": "1", "result": [{"folder": {"type": "\(type)",
                 "value": 1}, "tokens": [{"name": "\(name)", "type": "text", "value": "0123",
                 "computedUrl": "https://app.example.com/#MF1"}]}]}
                """
            }
            let subscription = RawServer { request, _ in
                let body =
                    switch request.split(separator: " ").dropFirst().first {
                    case "/rest/v1/leads/describe.json":
                        #"{"success": true, "result": [{"displayName": "Shoe Size", "dataType": "integer"}]}"#
                    case "/rest/asset/v1/folder/416/tokens.json?folderType=Folder": answer("Folder", "Prefix")
                    case "/rest/asset/v1/folder/1027/tokens.json?folderType=Program": answer("Program", "Speaker")
                    default: ""
                    }
                let head =
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                return [.text(head + body)]
            }
            defer { subscription.stop() }
            let text = DocumentationPage(named: "FromTheOriginal").text
                .replacing("https://123-ABC-456.mktorest.com", with: "http://127.0.0.1:\(subscription.port)")
            take(Walkthrough(DocumentationPage(text: text)))
            #expect(subscription.received.count == 3)
            #expect(subscription.received.allSatisfy { $0.contains("\r\nAuthorization: Bearer ...\r\n") })
        }

        /// The examples, from the project's folder, against a service behind nginx.
        @Test func callsFromEveryLanguage() {
            let sample = Sample()
            let page = DocumentationPage(named: "Calling").text
                .replacing("http://127.0.0.1/", with: "http://127.0.0.1:\(sample.installation.client.port)/")
            let walkthrough = Walkthrough(DocumentationPage(text: page))
            #expect(walkthrough.steps.count == 1)
            let record = #"{"id": 318581, "Email Address": "jane@example.com", "program": 1027}"#
            let output = take(
                walkthrough,
                before: "ln -s '\(Installation.root)/nginx' .; echo '\(record)' > record.json"
            )
            #expect(output[0].split(separator: "\n").count { $0 == "updated" } == 4, "\(output)")
        }

        /// Takes the steps in one shell, as a reader would, and ends what it has left running.
        ///
        /// - Parameter before: commands that come first.
        /// - Returns: what each step's commands printed.
        @discardableResult
        private func take(_ walkthrough: Walkthrough, before: String = "") -> [String] {
            let directory = "/tmp/flowhook-e2e-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
            // nginx, which leaves the shell's group, is still there where the shell had to be killed.
            defer { _ = Child.run(["sh", "-c", "kill $(cat '\(directory)/nginx.pid'); rm -rf '\(directory)'"]) }
            let program = Installation.program.split(separator: "/").dropLast().map { "/\($0)" }.joined()
            var script = "set -e; cd '\(directory)'; PATH='\(program)':$PATH\n"
            script += "trap 'kill $(jobs -p) $(cat nginx.pid 2>/dev/null) 2>/dev/null || true; wait' EXIT\n\(before)\n"
            for (number, step) in walkthrough.steps.enumerated() {
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
            let outputs = walkthrough.steps.indices.map { Files.read("\(directory)/.steps/\($0)") }
            #expect(result.status == 0, "\(result.output) \(outputs)")
            for (step, output) in zip(walkthrough.steps, outputs) {
                guard case .commands(let commands, let expected?) = step else { continue }
                #expect(Walkthrough.matches(output, expected), "\(commands)\nprinted\n\(output)\nand not\n\(expected)")
            }
            return outputs
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
