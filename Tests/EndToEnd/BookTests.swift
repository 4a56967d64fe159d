import Glibc
import JSON
import TestSupport
import Testing

/// The pages are one book: each can be reached, each link leads somewhere, and what each shows is tested.
struct BookTests {
    /// The sources of the tests, by the page whose code, commands and tables they hold against the program.
    private static let tests = [
        "Calling": "WalkthroughTests", "Calls": "DocumentationTests", "Cases": "CaseTests", "Check": "WalkthroughTests",
        "Fields": "ReferencePagesTests", "FromTheOriginal": "WalkthroughTests", "HowTo": "WalkthroughTests",
        "Installing": "InstallingTests",
        "Limits": "LimitsDocumentationTests", "Observing": "ObservingDocumentTests", "Requests": "ReferencePagesTests",
        "ResponseMapping": "ResponseMappingPageTests", "SeveralHosts": "InstallingTests", "Store": "DocumentationTests",
        "Tokens": "DocumentationTests", "Tutorial": "WalkthroughTests", "WebServers": "InstallingTests",
    ]

    /// The pages without code: what they tell is shown by the tests of what they tell of.
    private static let prose: Set = ["Differences", "Flowhook", "Reloading", "ThreatModel"]

    private static func links(in text: String) -> [String] {
        var links: [String] = []
        for part in text.split(separator: "<doc:").dropFirst() {
            links.append(String(part.prefix { $0 != ">" }))
        }
        return links
    }

    @Test func everyPageIsInTheContentsOnce() {
        let contents = DocumentationPage(named: "Flowhook").text
        let topics = contents.split(separator: "## Topics").last.map(String.init) ?? ""
        #expect(Self.links(in: topics).sorted() == DocumentationPage.names.filter { $0 != "Flowhook" })
    }

    @Test func everyLinkNamesAPageAndEveryPageSaysWhatItIs() {
        let names = Set(DocumentationPage.names)
        for name in names {
            let page = DocumentationPage(named: name)
            for link in Self.links(in: page.text) { #expect(names.contains(link), "\(name): \(link)") }
            #expect(page.lines[0].hasPrefix("# ") && page.lines[1].isEmpty && !page.lines[2].isEmpty, "\(name)")
        }
    }

    /// By the toolchain's own compiler of documentation.
    @Test func theBookCompiles() {
        let folders = getenv("PATH").map { String(cString: $0).split(separator: ":") } ?? []
        let programs = folders.map { "\($0)/docc" }
        guard let docc = programs.first(where: { access($0, X_OK) == 0 }) else { return }
        let output = "/tmp/flowhook-docc-\(UInt32.random(in: 0...UInt32.max))"
        defer { _ = Child.run(["rm", "-rf", output]) }
        let run = Child.run([
            docc, "convert", DocumentationPage.folder, "--warnings-as-errors", "--fallback-display-name", "flowhook",
            "--fallback-bundle-identifier", "flowhook", "--output-path", output,
        ])
        #expect(run.status == 0, "\(run.output)")
    }

    @Test func everyPageIsTested() {
        let tests = Child.run(["find", "\(Installation.root)/Tests", "-name", "*.swift"]).output.split(separator: "\n")
        for name in DocumentationPage.names {
            guard let test = Self.tests[name] else {
                #expect(Self.prose.contains(name), "\(name) is tested by nothing")
                #expect(DocumentationPage(named: name).examples.isEmpty, "\(name) has code")
                continue
            }
            let source = tests.first { $0.hasSuffix("/\(test).swift") }.map { Files.read(String($0)) } ?? ""
            #expect(source.contains("\"\(name)\"") || source.contains("/\(name).md"), "\(test) does not read \(name)")
        }
    }

    /// What a page tells people to type exists, where it cannot be typed here as well.
    @Test func everyCommandOfEveryPageExists() {
        var helps: [String: String] = [:]
        let readme = DocumentationPage(path: "\(Installation.root)/README.md")
        for page in DocumentationPage.names.map({ DocumentationPage(named: $0) }) + [readme] {
            for line in page.examples.filter({ ["", "sh"].contains($0.language) }).flatMap({
                $0.text.split(separator: "\n")
            })
            where line.contains("flowhook ") {
                let words = line.split(separator: " ").drop { $0 != "flowhook" }.dropFirst()
                guard let command = words.first, command.allSatisfy(\.isLetter) else { continue }
                let help =
                    helps[String(command)] ?? Child.run([Installation.program, String(command), "--help"]).output
                helps[String(command)] = help
                #expect(help.contains("USAGE: flowhook \(command)"), "\(line)")
                for option in words.prefix(while: { !["|", "&&", "||"].contains($0) }) where option.hasPrefix("--") {
                    #expect(help.contains("\(option)"), "\(line)")
                }
            }
        }
        #expect(helps.count >= 7)
    }

    // MARK: The README

    private let readme = DocumentationPage(path: "\(Installation.root)/README.md")

    @Test func theReadmeLeadsToWhatIsThere() {
        let links = readme.text.split(separator: "](").dropFirst().compactMap { $0.split(separator: ")").first }
        #expect(links.count > DocumentationPage.names.count - 1)
        for link in links where !link.hasPrefix("http") {
            #expect(access("\(Installation.root)/\(link)", F_OK) == 0, "\(link)")
        }
        for name in DocumentationPage.names where name != "Flowhook" {
            #expect(links.contains("Sources/flowhook/Documentation.docc/\(name).md"), "\(name)")
        }
        for (number, line) in readme.lines.enumerated() { #expect(line.count <= 120, "README.md:\(number + 1)") }
    }

    /// The webhook and the My Tokens of the README load, and nothing is wrong with them.
    @Test func theReadmesStoreLoads() {
        let store = "/tmp/flowhook-readme-\(UInt32.random(in: 0...UInt32.max))"
        defer { _ = Child.run(["rm", "-rf", store]) }
        #expect(readme.files.count == 2)
        for (path, text) in readme.files { Files.write(text, to: "\(store)/\(path)") }
        let check = Child.run([Installation.program, "check", "--store", store])
        #expect(check.status == 0, "\(check.output)")
        let findings = check.output.split(separator: "\n").dropLast()
        #expect(findings.allSatisfy { $0.contains("credential") }, "\(check.output)")
    }

    /// The commands that the README shows beside the store work on what the first of them writes; only the real call is
    /// left out.
    @Test func theReadmesCommandsWork() throws {
        let directory = "/tmp/flowhook-readme-\(UInt32.random(in: 0...UInt32.max))"
        defer { _ = Child.run(["rm", "-rf", directory]) }
        let commands = try #require(readme.commands.isEmpty ? nil : readme.commands)
        for command in ["init", "check", "test", "tokens", "preview", "call"] {
            #expect(commands.contains { $0.hasPrefix("flowhook \(command) ") }, "\(command)")
        }
        let script = commands.filter { !$0.hasPrefix("flowhook call ") }.map { "\($0)\n" }.joined()
            .replacing("flowhook ", with: "'\(Installation.program)' ")
        let run = Child.run(["sh", "-c", "set -e; mkdir '\(directory)'; cd '\(directory)'\n\(script)"])
        #expect(run.status == 0, "\(run.output)")
        for text in ["0 errors, 0 warnings", "1 passed, 0 failed", "Enrichment Campaign ID", "••••••"] {
            #expect(run.output.contains(text), "\(run.output)")
        }
        let shown = commands.flatMap { $0.split(separator: " ") }.filter { $0.hasSuffix(".json") }
        #expect(shown.allSatisfy { access("\(directory)/\($0)", F_OK) == 0 })
    }

    /// The members of the demo's answer, and what it maps, are those of an answer today.
    @Test func theReadmeShowsAnAnswer() throws {
        let text = readme.text.split(separator: "as mapped lead fields").last ?? ""
        let json = text.split(separator: "```").first ?? ""
        let shown = try JSONValue(parsing: Array(json.utf8))
        func names(_ value: JSONValue?) -> [String] {
            if case .object(let object)? = value { object.members.map(\.name) } else { [] }
        }
        let sample = Sample()
        let real = try JSONValue(parsing: Array(sample.installation.call(SampleStore.enrich).body.utf8))
        #expect(names(shown) == names(real))
        for part in ["activity", "timing"] { #expect(names(shown[part]) == names(real[part])) }
        let demo = Files.read("\(Installation.root)/nginx/demo")
        for field in names(shown["fields"]) { #expect(demo.contains("\"\(field)\"")) }
    }

    /// The three short ways to call it, by the real interpreters.
    @Test(arguments: [
        ("php", "php", "<?php $lead = ['Email Address' => 'jane@example.com'];", "echo $lead['Title'];"),
        ("python", "python3", "lead = {'Email Address': 'jane@example.com'}", "print(lead['Title'])"),
        ("js", "node", "const lead = {'Email Address': 'jane@example.com'};", "console.log(lead.Title);"),
    ])
    func theReadmesCallsWork(language: String, interpreter: String, before: String, after: String) throws {
        let sample = Sample()
        let example = try #require(readme.examples.first { $0.language == language })
        let url = "http://127.0.0.1:\(sample.installation.client.port)/flow"
        let file = "\(sample.installation.directory)/call.\(language == "js" ? "mjs" : language)"
        Files.write("\(before)\n\(example.text.replacing("http://127.0.0.1/flow", with: url))\n\(after)\n", to: file)
        let run = Child.run([interpreter, file])
        #expect(run.status == 0)
        #expect(run.output.contains("CTO"), "\(run.output)")
    }
}
