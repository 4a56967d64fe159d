import FlowAction
import Glibc
import Store
import Testing

/// What nothing reads is told of where its name looks as if something should.
@Suite struct UnknownFileTests {
    private func findings(_ store: TemporaryStore) -> [Diagnostic] {
        let loaded = store.load()
        return loaded.diagnostics
            + CaseLoader(directory: store.directory, snapshot: loaded.snapshot).load().diagnostics
    }

    @Test(arguments: [
        ("flowhook.yml", "flowhook.yaml"), ("Flowhook.yaml", "flowhook.yaml"), ("Fields.json", "fields.json"),
        ("my-tokens.yaml", "marketing-activities/my-tokens.yaml"),
        ("my_tokens.yml", "marketing-activities/my-tokens.yaml"),
        ("webhook/a.yaml", "webhooks/"), ("Webhooks/a.yaml", "webhooks/"), ("Tests/a.yaml", "tests/"),
        ("marketing_activities/program.yaml", "marketing-activities/"),
        ("Marketing Activities/program.yaml", "marketing-activities/"),
        ("webhooks/x.YAML", "x.yaml"), ("webhooks/deep/x.Yml", "x.yml"), ("tests/x.YAML", "x.yaml"),
        ("marketing-activities/My-Tokens.YAML", "my-tokens.yaml"),
        ("webhooks/enrich-lead", "enrich-lead.yaml"), ("webhooks/a.json", "a.yaml"), ("tests/a.Yaml.txt", "a.yaml"),
        ("flowhook.yaml.txt", "flowhook.yaml"), ("fields.json.txt", "fields.json"), ("fields.yaml", "fields.json"),
        ("program.yaml", "marketing-activities/PROGRAM/program.yaml"),
        ("marketing-activities/my-tokens.yaml.txt", "my-tokens.yaml"),
        ("webhooks/a.yml.TXT", "a.yml"), ("tests/a.JSON", "a.yaml"), ("test/a.yaml", "tests/"),
    ])
    func isToldWithWhatWasMeant(path: String, suggestion: String) {
        let found = findings(TemporaryStore([path: "a: b\n"]))
        let isInside = ["webhooks/", "tests/", "marketing-activities/"].contains { path.hasPrefix($0) }
        let file = isInside ? path : String(path.prefix { $0 != "/" })
        #expect(found.map(\.file) == [file])
        #expect(found.map(\.code) == ["unknown-file"])
        #expect(found.map(\.severity) == [.warning])
        #expect(found.map(\.suggestion) == [suggestion])
    }

    @Test func keepsStillAboutWhatIsTheOwnersMatter() {
        let store = TemporaryStore([
            "README.md": "", "requests/a.json": "", ".git/config": "", "docs/flowhook.yml": "", "secrets/key": "",
            "compose.yaml": "", "test/a.yaml": "", "webhooks/README.md": "", "webhooks/a.YAML~": "",
            "webhooks/LICENSE": "", "webhooks/notes.txt": "", "tests/a.xml": "", "webhooks/a.yaml.orig": "",
        ])
        store.link("broken", to: "nowhere")
        store.link("outside", to: "/etc")
        #expect(findings(store).isEmpty)
    }

    @Test func isToldOnceAChangeBringsOrTakesIt() {
        let store = TemporaryStore(["webhooks/a.yaml": "url: https://example.com/\n"])
        let watcher = StoreWatcher()
        let loader = StoreLoader(directory: store.directory, options: LoadOptions(), watcher: watcher)
        #expect(loader.load(at: Instant(seconds: 1)).diagnostics.isEmpty)
        store.write(Array("a: b\n".utf8), to: "Fields.json")
        #expect(loader.load(at: Instant(seconds: 2), watcher.changes()).diagnostics.map(\.file) == ["Fields.json"])
        store.write(Array("url: https://example.com/b\n".utf8), to: "webhooks/b")
        let both = loader.load(at: Instant(seconds: 3), watcher.changes()).diagnostics
        #expect(both.map(\.file).sorted() == ["Fields.json", "webhooks/b"])
        rename(store.path("webhooks/b"), store.path("webhooks/b.yaml"))
        #expect(loader.load(at: Instant(seconds: 3), watcher.changes()).diagnostics.map(\.file) == ["Fields.json"])
        unlink(store.path("Fields.json"))
        #expect(loader.load(at: Instant(seconds: 4), watcher.changes()).diagnostics.isEmpty)
    }

    /// Latin-1, in names of a file and of a folder: the bytes that are wrong are shown, those that are right stay.
    @Test(arguments: ["webhooks", "marketing-activities", "tests"])
    func refusesANameThatIsNoText(top: String) {
        let store = TemporaryStore()
        store.makeFolder(top)
        for (name, isFolder) in [("é-caf\u{1}.yaml", false), ("\u{1}o", true), ("\u{1}.md", false)] {
            let bytes = store.path("\(top)/\(name)").utf8.map { CChar(bitPattern: $0 == 1 ? 0xE9 : $0) }
            if isFolder {
                mkdir(bytes + [0], 0o755)
            } else {
                fclose(fopen(bytes + [0], "w"))
            }
        }
        let found = findings(store)
        #expect(found.map(\.file).sorted() == ["\(top)/\\xe9o", "\(top)/é-caf\\xe9.yaml"])
        #expect(found.allSatisfy { $0.code == "name-not-utf-8" && $0.severity == .error })
    }
}
