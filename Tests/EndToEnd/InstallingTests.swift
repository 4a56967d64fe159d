import TestSupport
import Testing

/// What the pages about installing show is what ships.
struct InstallingTests {
    /// The lines of a configuration that do something.
    private static func effective(_ text: some StringProtocol) -> [String] {
        text.split(separator: "\n").map { line in
            String(line.drop { $0 == " " })
        }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
    }

    private static func listing(_ folder: String) -> [String] {
        Child.run(["ls", "\(Installation.root)/\(folder)"]).output.split(separator: "\n").map(String.init)
    }

    @Test func theSampleForSeveralHostsIsTheOneThatShips() {
        let shown = DocumentationPage(named: "SeveralHosts").examples.filter { $0.language == "nginx" }.map(\.text)
        #expect(shown.count == 1)
        #expect(Self.effective(shown[0]) == Self.effective(Files.read("\(Installation.root)/nginx/several-hosts.conf")))
    }

    @Test func everySampleIsOnThePageAndEveryFileOnThePagesExists() {
        let servers = DocumentationPage(named: "WebServers").text
        let samples = Self.listing("nginx/other-servers")
        #expect(samples.count >= 6)
        for sample in samples { #expect(servers.contains("nginx/other-servers/\(sample)"), "\(sample)") }
        for name in ["WebServers", "SeveralHosts", "Installing"] {
            let words = DocumentationPage(named: name).text.split { $0.isWhitespace || "`,;|()".contains($0) }
            for word in words where word.hasPrefix("nginx/") && !word.hasSuffix("/") {
                let found = Child.run(["ls", "\(Installation.root)/\(word)"])
                #expect(found.status == 0, "\(name): \(word)")
            }
        }
    }

    /// What the pages promise of the package is in the files that it is made of.
    @Test func thePackageKeepsItsPromises() {
        func debian(_ name: String) -> String { Files.read("\(Installation.root)/nginx/debian/\(name)") }
        let page = DocumentationPage(named: "Installing").text
        let (socket, service) = (debian("flowhook.socket"), debian("flowhook.service"))
        for line in [
            "ListenStream=/run/flowhook/flowhook.sock", "SocketGroup=www-data", "SocketMode=0660", "Backlog=65535",
        ] {
            #expect(Self.effective(socket).contains(line), "\(line)")
        }
        for line in [
            "User=flowhook", "TimeoutStopSec=45", "ExecReload=/bin/kill -HUP $MAINPID", "ProtectSystem=strict",
        ] {
            #expect(Self.effective(service).contains(line), "\(line)")
        }
        let samples = Files.read("\(Installation.root)/nginx/flowhook.conf")
        #expect(page.contains("fastcgi_read_timeout 75s") && samples.contains("fastcgi_read_timeout 75s;"))
        for name in ["flowhook-upstream.conf", "several-hosts.conf"] {
            let upstream = Files.read("\(Installation.root)/nginx/\(name)")
            #expect(page.contains("keepalive_timeout 2s") && upstream.contains("keepalive_timeout 2s;"))
        }
        // One way to rotate the activity log: the file that the tests of the log use, for the file that the pages name.
        let rotation = Files.read("\(Installation.root)/nginx/flowhook.logrotate")
        #expect(debian("rules").contains("/nginx/flowhook.logrotate\" $(stage)/etc/logrotate.d/$(name)"))
        #expect(rotation.contains("\n/var/log/flowhook/*.jsonl ") && rotation.contains("rotate 30"))
        for text in [page, DocumentationPage(named: "Observing").text] { #expect(text.contains("30 days")) }
        for text in [service, debian("store/flowhook.yaml"), DocumentationPage(named: "Store").text] {
            #expect(text.contains("/var/log/flowhook/activity.jsonl"))
        }
        #expect(page.contains("four seconds") && samples.contains("fastcgi_keep_conn on;"))
    }

    /// The manual page and the completions, which the package makes of the program, know every subcommand and option.
    @Test func theManualAndTheCompletionsAreWhole() {
        let manual = Child.run(["python3", "\(Installation.root)/nginx/debian/manual.py", Installation.program])
        #expect(manual.status == 0)
        let text = manual.output.replacing("\\-", with: "-")
        let completions = ["bash", "zsh", "fish"].map { shell in
            Child.run([Installation.program, "--generate-completion-script", shell]).output
        }
        for command in ["serve", "check", "preview", "call", "test", "tokens", "init", "import"] {
            #expect(text.contains(".SS flowhook \(command)"), "\(command)")
            for script in completions { #expect(script.contains(command), "\(command)") }
        }
        for option in ["--store", "--listen", "--secrets", "--strict", "--format", "--into", "--program-id", "--force"]
        {
            #expect(text.contains("\\fB\(option)"), "\(option)")
            for script in completions { #expect(script.contains(option.dropFirst(2)), "\(option)") }
        }
    }

    /// The store that the package brings loads, without a finding; and what its comments offer does too.
    @Test func thePackagesStoreLoads() {
        let directory = "/tmp/flowhook-sample-\(UInt32.random(in: 0...UInt32.max))"
        defer { _ = Child.run(["rm", "-rf", directory]) }
        _ = Child.run(["cp", "-R", "\(Installation.root)/nginx/debian/store", directory])
        let asItComes = Child.run([Installation.program, "check", "--strict", "--store", directory])
        #expect(asItComes.status == 0, "\(asItComes.output)")
        for file in ["flowhook.yaml", "webhooks/example.yaml", "marketing-activities/my-tokens.yaml"] {
            let lines = Files.read("\(directory)/\(file)").split(separator: "\n", omittingEmptySubsequences: false)
            // A comment that is an offer begins without a blank.
            let offered = lines.map { line in
                guard let mark = line.firstIndex(of: "#"), line[..<mark].allSatisfy({ $0 == " " }),
                    line[mark...].dropFirst().first?.isLetter == true
                else { return String(line) }
                return String(line[..<mark] + line[mark...].dropFirst())
            }
            Files.write(offered.joined(separator: "\n"), to: "\(directory)/\(file)")
        }
        #expect(Files.read("\(directory)/flowhook.yaml").contains("\ntime_zone: UTC"))
        Files.write("a-secret-key", to: "\(directory).credentials/example-key")
        defer { _ = Child.run(["rm", "-rf", "\(directory).credentials"]) }
        let offered = Child.run(
            [Installation.program, "check", "--secrets", "--store", directory],
            environment: ["CREDENTIALS_DIRECTORY": "\(directory).credentials"]
        )
        #expect(offered.status == 0, "\(offered.output)")
    }
}
