import FlowAction
import Glibc
import Store
import TestSupport
import Testing

/// What lies in a store as files: links, large folders, secrets, texts in other encodings, no store at all.
@Suite struct StoreFilesTests {
    @Test func followsLinksInsideAndRefusesThoseThatLeave() {
        let store = TemporaryStore(["common/enrich.yaml": "url: https://example.com/\n"])
        store.makeFolder("webhooks")
        store.link("webhooks/inside.yaml", to: "../common/enrich.yaml")
        #expect(store.load().snapshot?.webhooks.keys.sorted() == ["inside"])
        // A folder beside the store whose name begins like the store's is outside too.
        let beside = TemporaryStore(["x.yaml": "url: https://example.com/\n"])
        let sibling = "\(store.directory)-beside"
        rename(beside.directory, sibling)
        defer {
            unlink("\(sibling)/x.yaml")
            rmdir(sibling)
        }
        for target in ["/etc/hostname", "\(sibling)/x.yaml"] {
            store.link("webhooks/outside.yaml", to: target)
            #expect(store.load().diagnostics.map(\.code) == ["link-leaves-store"])
            unlink(store.path("webhooks/outside.yaml"))
        }
        store.link("webhooks/broken.yaml", to: "nowhere")
        #expect(store.load().diagnostics.map(\.code) == ["broken-link"])
    }

    /// A folder of the store itself that leads nowhere, or out of it, is not as if there were none.
    @Test(arguments: ["webhooks", "marketing-activities"])
    func aLinkInAFoldersPlaceLeadsToOneOfTheStore(folder: String) {
        let store = TemporaryStore(["other/a.txt": "", "flowhook.yaml": ""])
        let empty = TemporaryStore(["a.txt": ""])
        for (target, code) in [("nowhere", "broken-link"), (empty.path(""), "link-leaves-store"), ("other", nil)] {
            store.link(folder, to: target)
            let result = store.load()
            #expect(result.diagnostics.first { $0.severity == .error }?.code == code)
            #expect((result.snapshot == nil) == (code != nil))
            unlink(store.path(folder))
        }
    }

    /// A name from a file ends no line of the findings, and steers no terminal.
    @Test func escapesControlCharactersInFindings() {
        let store = TemporaryStore(["webhooks/a.yaml": "\"bad\\nkey\\e[2J\\x9b\": 1\nurl: https://example.com/\n"])
        let found = store.load().diagnostics
        #expect(found.count == 1)
        #expect(found[0].text.contains(#"no key "bad\u000akey\u001b[2J\u009b""#), "\(found[0].text)")
        #expect(!found[0].publicText.unicodeScalars.contains { $0.value < 0x20 || 0x7F..<0xA0 ~= $0.value })
    }

    /// Text behind a plain value that is a comment to its author, too.
    @Test(arguments: ["true # see {{my.Key}}", "true #TODO later", "true  ## a", "\"a\" #12", "true#12", "12 # 12"])
    func aCommentIsNoMistake(value: String) {
        let store = TemporaryStore(["webhooks/a.yaml": "url: https://example.com/\ndescription: \(value)\n"])
        #expect(store.load().diagnostics.map(\.code) == [])
    }

    /// A value in a key's place is not repeated where others read it.
    @Test func aSecretInAKeysPlaceIsNotRepeated() {
        let store = TemporaryStore(["marketing-activities/my-tokens.yaml": "K: {secret: true, sk_live_abc123}\n"])
        let found = store.load().diagnostics
        #expect(found.contains { $0.code == "unknown-key" })
        #expect(!found.contains { $0.publicText.contains("sk_live") })
    }

    /// One file that cannot be read is one error, whatever depends on it.
    @Test(arguments: [
        ("fields.json", "{\u{201C}result\u{201D}: []}", "json-syntax"),
        ("flowhook.yaml", "allow_networks: [127.0.0.0/8, 10.0.0.0]x\n", "yaml-token"),
        ("flowhook.yaml", "allow_network: [127.0.0.0/8]\n", "unknown-key"),
        ("flowhook.yaml", "allow_networks: [127.0.0.0/8, 10.0.0.300]\n", "setting"),
        ("marketing-activities/my-tokens.yaml", "Service URL: http://127.0.0.1\n=======\n", "merge-conflict"),
    ])
    func aBrokenFileIsOneError(file: String, text: String, code: String) {
        var files = [
            "fields.json": #"{"result": [{"displayName": "Shoe Size", "dataType": "integer"}]}"#,
            "flowhook.yaml": "allow_networks: [127.0.0.0/8]\n",
            "marketing-activities/my-tokens.yaml": "Service URL: http://127.0.0.1\n",
            "marketing-activities/p/program.yaml": "id: 1\n",
            "webhooks/a.yaml": """
            url: "{{my.Service URL}}/{{lead.Shoe Size}}"
            response_type: JSON
            response_mappings: {Shoe Size: a}
            """,
            "webhooks/b.yaml": "url: http://127.0.0.1/\n",
        ]
        #expect(TemporaryStore(files).load().diagnostics.map(\.text) == [])
        files[file] = text
        let found = TemporaryStore(files).load().diagnostics
        #expect(found.map(\.code) == [code], "\(found.map(\.text))")
    }

    /// What editors put before and behind a secret in its file is no part of it.
    @Test(arguments: ["long-enough", "\u{FEFF}long-enough\r\n", "long-enough\n"])
    func aSecretsFileIsReadWithoutItsFrame(text: String) throws {
        let snapshot = try #require(
            TemporaryStore([
                "secrets/key": text,
                "marketing-activities/my-tokens.yaml": "Key: {secret: true, file: secrets/key}\n",
            ]).load().snapshot
        )
        #expect(snapshot.tree.token("key", in: 0)?.token.value == "long-enough")
    }

    /// A header that every call would be refused for.
    @Test func aLineBreakInAHeadersTokenIsToldOf() {
        let header = "url: https://example.com/\ncustom_headers: {Authorization: 'Bearer {{my.Key}}'}\n"
        let found = TemporaryStore([
            "webhooks/a.yaml": header,
            "marketing-activities/my-tokens.yaml": "Key: {secret: true, value: on one line}\n",
            "marketing-activities/p/my-tokens.yaml": "Key:\n  secret: true\n  value: |\n    abcdefgh\n",
        ]).load().diagnostics
        #expect(found.map(\.code) == ["header-control-character"])
        #expect(found.first?.severity == .warning)
        #expect(found.first?.message.hasSuffix("in marketing-activities/p/my-tokens.yaml") == true, "\(found)")
        let sound = TemporaryStore([
            "webhooks/a.yaml": header,
            "marketing-activities/my-tokens.yaml": "Key:\n  secret: true\n  value: |-\n    abcdefgh\n",
        ])
        #expect(sound.load().diagnostics == [])
    }

    /// What is no file is told of where a file would be read, and passed over elsewhere.
    @Test(arguments: [
        ("webhooks/w.yaml", ["webhooks/w.yaml unreadable"]), ("webhooks/w.txt", []), ("webhooks/socket", []),
        ("marketing-activities/my-tokens.yaml", ["marketing-activities/my-tokens.yaml unreadable"]),
        ("fields.json", ["fields.json unreadable"]),
    ])
    func tellsOfAPipeWhereAFileIsRead(path: String, findings: [String]) {
        let store = TemporaryStore(["webhooks/good.yaml": "url: https://example.com/\n"])
        store.makeFolder("marketing-activities")
        #expect(mkfifo(store.path(path), 0o600) == 0)
        #expect(store.load().diagnostics.map { "\($0.file) \($0.code)" } == findings)
    }

    /// A link that is wrong is told at its own path, and hides nothing of what lies beside it or below.
    @Test(arguments: ["webhooks", "marketing-activities", "tests"])
    func reportsAWrongLinkBesideWhatElseIsWrong(top: String) {
        let store = TemporaryStore()
        let file = ["webhooks": "w.yaml", "marketing-activities": "my-tokens.yaml", "tests": "t.yaml"][top] ?? ""
        for folder in ["", "/deep"] { store.write(Array("[".utf8), to: "\(top)\(folder)/\(file)") }
        store.link("\(top)/broken.yaml", to: "nowhere")
        store.link("\(top)/circle.yaml", to: "circle.yaml")
        store.link("\(top)/folder", to: "nowhere")
        store.link("\(top)/outside", to: "/etc")
        let loaded = store.load()
        let found = loaded.diagnostics + CaseLoader(directory: store.directory, snapshot: nil).load().diagnostics
        let wanted = [
            "broken.yaml broken-link", "circle.yaml broken-link", "folder broken-link", "outside link-leaves-store",
            "\(file) yaml-syntax", "deep/\(file) yaml-syntax",
        ]
        #expect(found.map { "\($0.file) \($0.code)" }.sorted() == wanted.map { "\(top)/\($0)" }.sorted())
    }

    /// A link, of a file and of a folder, that leads now here and now there, while the store is read: nothing of what is
    /// outside is ever taken, whenever the change comes.
    @Test func neverReadsOutsideWhileLinksChange() throws {
        let outside = TemporaryStore(["folder/w.yaml": "url: http://outside.test/\n"])
        let store = TemporaryStore([
            "inside/w.yaml": "url: http://inside.test/\n", "webhooks/plain.yaml": "url: http://inside.test/\n",
        ])
        store.link("webhooks/file.yaml", to: "../inside/w.yaml")
        store.link("webhooks/folder", to: "../inside")
        let links = ChangingLinks([
            (store.path("webhooks/file.yaml"), ["../inside/w.yaml", outside.path("folder/w.yaml")]),
            (store.path("webhooks/folder"), ["../inside", outside.path("folder")]),
        ])
        defer { links.stop() }
        var refused = 0
        for _ in 0..<2_000 {
            let result = store.load()
            if result.diagnostics.contains(where: { $0.code == "link-leaves-store" }) { refused += 1 }
            let urls = result.snapshot?.webhooks.values.map { $0.url.url.source } ?? []
            #expect(urls.allSatisfy { $0.contains("inside") })
        }
        #expect(refused > 0)
    }

    /// More entries than the kernel tells at once, under names of all lengths that it allows.
    @Test func readsAllOfALargeFolder() {
        let names = (0..<400).map { "\($0)" + String(repeating: "n", count: $0 * 7 % 247) }
        let files = names.enumerated().map { ("webhooks/\($1).yaml", "name: W\($0)\nurl: https://example.com/\n") }
        let store = TemporaryStore(Dictionary(uniqueKeysWithValues: files))
        store.makeFolder("webhooks/" + String(repeating: "f", count: 255))
        let result = store.load()
        #expect(result.diagnostics.isEmpty)
        #expect(result.snapshot?.webhooks.keys.sorted() == names.indices.map { "w\($0)" }.sorted())
    }

    /// A ConfigMap's layout: what is seen are links into a folder that `..data` points to.
    @Test func readsAKubernetesLayout() {
        let store = TemporaryStore(["..2026_05/webhooks/a.yaml": "url: https://example.com/\n"])
        store.link("..data", to: "..2026_05")
        store.link("webhooks", to: "..data/webhooks")
        #expect(store.load().snapshot?.webhooks.keys.sorted() == ["a"])
    }

    @Test func theStoreMayBeALink() {
        let store = TemporaryStore(["real/webhooks/a.yaml": "url: https://example.com/\n"])
        store.link("link", to: "real")
        let result = StoreLoader(directory: store.path("link"), options: LoadOptions()).load(at: Instant(seconds: 0))
        #expect(result.snapshot?.webhooks.count == 1)
    }

    @Test func passesOverWhatEditorsLeave() {
        let store = TemporaryStore(["webhooks/a.yaml": "url: https://example.com/\n"])
        for name in [".a.yaml.swp", "a.yaml~", "#a.yaml#", ".hidden.yaml", "b.yaml.tmp", "README.md"] {
            store.write(Array("nonsense: [".utf8), to: "webhooks/\(name)")
        }
        #expect(store.load().snapshot?.webhooks.count == 1)
    }

    @Test func refusesFilesThatAreNoTextOrTooLarge() {
        let store = TemporaryStore()
        store.write([0x75, 0x72, 0x6C, 0x3A, 0x20, 0xFF], to: "webhooks/a.yaml")
        store.write([UInt8](repeating: 0x23, count: (4 << 20) + 1), to: "webhooks/b.yaml")
        store.write([UInt8](repeating: 0x23, count: 4 << 20), to: "webhooks/c.yaml")
        let found = store.load().diagnostics.map { "\($0.file) \($0.code)" }
        #expect(found == ["webhooks/a.yaml not-utf-8", "webhooks/b.yaml too-large", "webhooks/c.yaml empty-file"])
    }

    @Test func takesOffAByteOrderMark() {
        func marked(_ text: String) -> [UInt8] { [0xEF, 0xBB, 0xBF] + text.utf8 }
        let store = TemporaryStore()
        store.write(marked("munchkin_id: one\nmount: /x\n"), to: "flowhook.yaml")
        store.write(marked(#"{"result": [{"displayName": "Shoe Size"}]}"#), to: "fields.json")
        store.write(marked("url: https://example.com/\nresponse_type: JSON\n"), to: "webhooks/a.yaml")
        store.write(marked("id: 1\nname: P\n"), to: "marketing-activities/P/program.yaml")
        store.write(marked("Speaker: Ada\nSeats: 1\n"), to: "marketing-activities/P/my-tokens.yaml")
        let result = store.load()
        #expect(result.diagnostics.isEmpty)
        #expect(result.snapshot?.settings.munchkinID == "one")
        #expect(result.snapshot?.leadFields.field(named: "Shoe Size") != nil)
        #expect(result.snapshot?.webhooks["a"]?.mapper.responseType == .json)
        #expect(result.snapshot?.tree.folders.last?.tokens.count == 2)
        // The mark takes no column.
        store.write(marked("urk: https://example.com/\n"), to: "webhooks/a.yaml")
        store.write(marked(#"{"result": [7]}"#), to: "fields.json")
        let places = store.load().diagnostics.map { "\($0.file):\($0.line):\($0.column) \($0.code)" }
        #expect(places.contains("webhooks/a.yaml:1:1 unknown-key"))
        #expect(places.contains("fields.json:1:13 fields"))
    }

    @Test func saysThatThereIsNoStore() {
        let result = StoreLoader(directory: "/nowhere/at/all", options: LoadOptions()).load(at: Instant(seconds: 0))
        #expect(result.snapshot == nil)
        #expect(result.diagnostics.map(\.code) == ["no-store"])
        let file = StoreLoader(directory: "/etc/hostname", options: LoadOptions()).load(at: Instant(seconds: 0))
        #expect(file.diagnostics.map(\.code) == ["no-store"])
        #expect(file.diagnostics.first?.message.contains("is a directory, and this is none") == true)
    }

    @Test func anEmptyFolderIsAStoreWithoutWebhooks() {
        #expect(TemporaryStore().load().snapshot?.webhooks.isEmpty == true)
    }
}
