import FlowAction
import Glibc
import Store
import Testing

/// A loader that is told of changes has what one has that reads everything.
@Suite struct IncrementalLoadTests {
    private static let files = [
        "store/flowhook.yaml": "munchkin_id: one\n",
        "store/webhooks/enrich.yaml": "url: https://example.com/{{my.Speaker}}\n",
        "store/webhooks/deep/other.yaml": "url: https://example.com/other\n",
        "store/marketing-activities/my-tokens.yaml": "Speaker: Ada\n",
        "store/marketing-activities/A/P/program.yaml": "id: 1\n",
        "store/marketing-activities/A/P/my-tokens.yaml": "Speaker: Grace\n",
        "store/marketing-activities/A/Q/program.yaml": "id: 2\n",
        "store/marketing-activities/B/my-tokens.yaml": "Key: {secret: true, file: ../outside/key}\n",
        "outside/key": "secret-number-one\n",
    ]

    @Test func readsNothingAgainWhereNothingHasChanged() throws {
        let store = WatchedStore(Self.files)
        #expect(store.reload().filesRead == 8)
        let scope = store.changes()
        #expect(scope.isEmpty)
        // However young the files are, the contents tell.
        let again = store.loader.load(at: Instant(seconds: 9), .everything)
        #expect(!again.hasChanged)
        #expect(again.snapshot != nil)
    }

    @Test func readsTheChangedFileAlone() throws {
        let store = WatchedStore(Self.files)
        _ = store.reload()
        store.write("Speaker: Katherine\n", to: "store/marketing-activities/A/P/my-tokens.yaml")
        let result = store.reload()
        #expect(result.filesRead == 1)
        #expect(result.hasChanged)
        let tree = try #require(result.snapshot?.tree)
        #expect(tree.folders.flatMap(\.tokens.values).map(\.value).contains("Katherine"))
    }

    /// The same length, in the same file, within the clock's tick: only the event tells.
    @Test func seesARewriteThatLeavesTheStampAlone() throws {
        let store = WatchedStore(Self.files)
        _ = store.reload()
        for name in ["Bea", "Cid", "Dot", "Eva"] {
            store.write("Speaker: \(name)\n", to: "store/marketing-activities/my-tokens.yaml")
            let tree = try #require(store.reload().snapshot?.tree)
            #expect(tree.token("speaker", in: 0)?.token.value == name)
        }
    }

    @Test func tellsOfNoDotFilesNorOfEditorsTemporaryOnes() {
        let store = WatchedStore(Self.files)
        _ = store.reload()
        for name in [".git/index.lock", "webhooks/.enrich.yaml.swp", "webhooks/enrich.yaml~", "webhooks/x.tmp"] {
            store.write("x", to: "store/\(name)")
        }
        #expect(store.changes().isEmpty)
        // Vim tries whether it may write, with a file of its own.
        store.write("x", to: "store/webhooks/4913")
        store.remove("store/webhooks/4913")
        #expect(!store.reload().hasChanged)
    }

    /// Where more happens than the kernel keeps count of, everything is looked at.
    @Test func looksAtEverythingWhereEventsWereLost() throws {
        let store = WatchedStore(Self.files)
        _ = store.reload()
        let events = Int(Files.firstLine("/proc/sys/fs/inotify/max_queued_events")) ?? 16_384
        // Two files in turn: events that are alike would be counted once.
        let descriptors = ["a.txt", "b.txt"].map { name in
            open(store.files.path("store/webhooks/\(name)"), O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        }
        let written = (0..<events).count { write(descriptors[$0 % 2], "x", 1) == 1 }
        #expect(written == events)
        for descriptor in descriptors { close(descriptor) }
        store.write("Speaker: Katherine\n", to: "store/marketing-activities/my-tokens.yaml")
        let scope = store.changes()
        #expect(scope.isEverything)
        let tree = try #require(store.loader.load(at: Instant(seconds: 9), scope).snapshot?.tree)
        #expect(tree.token("speaker", in: 0)?.token.value == "Katherine")
    }

    @Test func compilesWebhooksAnewWhereFieldsOrNetworksChange() throws {
        let store = WatchedStore(Self.files)
        store.write("url: http://10.0.0.1/{{lead.Shoe Size}}\n", to: "store/webhooks/enrich.yaml")
        #expect(Set(store.reload().diagnostics.map(\.code)) == ["private-address", "unknown-field"])
        store.write("allow_networks: [10.0.0.0/8]\n", to: "store/flowhook.yaml")
        #expect(store.reload().diagnostics.map(\.code) == ["unknown-field"])
        store.write(#"{"result": [{"displayName": "Shoe Size", "dataType": "integer"}]}"#, to: "store/fields.json")
        #expect(store.reload().diagnostics.isEmpty)
    }

    /// Once files are older than the file system's clock is coarse, their stamps tell; a secret is read when asked for.
    @Test func goesByStampsAndReadsSecretsWhenAskedTo() throws {
        let store = WatchedStore(Self.files)
        _ = store.reload()
        usleep(3_100_000)
        let instant = Instant(seconds: 9)
        #expect(store.loader.load(at: instant, .everything).filesRead == 8)
        let again = store.loader.load(at: instant, .everything)
        #expect(again.filesRead == 0)
        #expect(again.snapshot != nil)
        #expect(store.loader.load(at: instant, .everythingAndSecrets).filesRead == 1)
        store.write("secret-number-two\n", to: "outside/key")
        #expect(store.loader.load(at: instant, .everything).filesRead == 1)
    }

    /// What changes in the store, in each way that an editor, git or Kubernetes has.
    @Test func hasWhatAFullLoadHasAfterAnyChanges() throws {
        let store = WatchedStore(Self.files)
        _ = store.reload()
        var generator = Generator(state: UInt64.random(in: 1 ... .max))
        let seed = generator.state
        for round in 0..<250 {
            var done: [String] = []
            for _ in 0..<Int.random(in: 1...3, using: &generator) { done.append(store.change(&generator)) }
            let result = store.reload()
            let full = store.fullLoad()
            #expect(digest(result) == digest(full), "seed \(seed), round \(round): \(done)")
            if digest(result) != digest(full) { return }
        }
    }

    /// Everything that a request or a reader of findings could tell two loads by.
    private func digest(_ result: LoadResult) -> [String] {
        var lines = result.diagnostics.map(\.text)
        guard let snapshot = result.snapshot else { return lines }
        lines.append(snapshot.settings.munchkinID)
        for (key, webhook) in snapshot.webhooks.sorted(by: { $0.key < $1.key }) {
            lines.append("\(key) \(webhook.file) \(webhook.url.url.source)")
        }
        for folder in snapshot.tree.folders {
            lines.append("\(folder.path) \(folder.parent ?? -1)")
            lines += folder.tokens.values.map { "\($0.name) \($0.value) \($0.file) \($0.isSecret)" }.sorted()
        }
        lines += snapshot.tree.programs.map { "\($0.id.text) \($0.name) \(snapshot.tree.folders[$0.folder].path)" }
        return lines
    }
}

private enum Files {
    /// The first line of a file.
    static func firstLine(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 100)
        guard fgets(&line, Int32(line.count), file) != nil else { return "" }
        return String(decoding: line.prefix { $0 > 32 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// Random numbers that a failure can be repeated with.
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

/// A store in a folder `store`, with another folder beside it, and a loader that is told of its changes.
final class WatchedStore {
    let files: TemporaryStore
    let watcher = StoreWatcher()
    let loader: StoreLoader
    private let options: LoadOptions

    init(_ contents: [String: String]) {
        files = TemporaryStore(contents)
        options = LoadOptions(environment: ["CREDENTIALS_DIRECTORY": files.path("outside")])
        loader = StoreLoader(directory: files.path("store"), options: options, watcher: watcher)
    }

    func changes() -> LoadScope { watcher.changes() }

    func reload() -> LoadResult { loader.load(at: Instant(seconds: 8), watcher.changes()) }

    func fullLoad() -> LoadResult {
        StoreLoader(directory: files.path("store"), options: options).load(at: Instant(seconds: 8))
    }

    func write(_ text: String, to path: String) { files.write(Array(text.utf8), to: path) }

    /// Writes beside and renames, as most editors do.
    func replace(_ path: String, with text: String) {
        write(text, to: "\(path).tmp")
        rename(files.path("\(path).tmp"), files.path(path))
    }

    /// Points a link elsewhere, in one step.
    func link(_ path: String, to target: String) {
        files.makeFolder(path.split(separator: "/").dropLast().joined(separator: "/"))
        files.link("\(path).new.tmp", to: target)
        rename(files.path("\(path).new.tmp"), files.path(path))
        unlink(files.path("\(path).new.tmp"))
    }

    func remove(_ path: String) { files.remove(files.path(path)) }

    private func move(_ path: String, to other: String) {
        files.makeFolder(other.split(separator: "/").dropLast().joined(separator: "/"))
        rename(files.path(path), files.path(other))
    }

    /// Changes something, and says what.
    func change(_ generator: inout Generator) -> String {
        func pick(_ words: [String]) -> String { words.randomElement(using: &generator) ?? "" }
        func number() -> Int { Int.random(in: 1...9, using: &generator) }
        let tree = "store/marketing-activities"
        let folder = pick(["\(tree)/A", "\(tree)/B", "\(tree)/A/P", "\(tree)/A/Q", "\(tree)/C", "\(tree)/B/D/E"])
        let webhook = pick(["store/webhooks/enrich.yaml", "store/webhooks/deep/other.yaml", "store/webhooks/n/new.yml"])
        let tokens = pick([
            "Speaker: S\(number())\n", "Key: {secret: true, file: ../outside/key}\n",
            "Seats: \(number())\nKey: {secret: true, credential: key}\n", "Speaker: [\n", "",
        ])
        switch Int.random(in: 0..<18, using: &generator) {
        case 0:
            write(tokens, to: "\(folder)/my-tokens.yaml")
            return "write \(folder)/my-tokens.yaml \(tokens)"
        case 1:
            replace("\(folder)/my-tokens.yaml", with: tokens)
            return "replace \(folder)/my-tokens.yaml \(tokens)"
        case 2:
            let id = number()
            replace("\(folder)/program.yaml", with: "id: \(id)\n")
            return "replace \(folder)/program.yaml \(id)"
        case 3:
            let name = pick(["my-tokens.yaml", "program.yaml"])
            remove("\(folder)/\(name)")
            return "remove \(folder)/\(name)"
        case 4:
            let other = pick(["\(tree)/A", "\(tree)/B", "\(tree)/C", "\(tree)/B/D"])
            move(folder, to: other)
            return "move \(folder) to \(other)"
        case 5:
            move("\(tree)/A", to: "\(tree)/.between")
            move("\(tree)/B", to: "\(tree)/A")
            move("\(tree)/.between", to: "\(tree)/B")
            return "swap A and B"
        case 6:
            remove(folder)
            return "remove \(folder)"
        case 7:
            remove(folder)
            write(tokens, to: "\(folder)/my-tokens.yaml")
            write("id: \(number())\n", to: "\(folder)/program.yaml")
            return "make \(folder) anew"
        case 8:
            replace(webhook, with: pick(["url: https://example.com/\(number())\n", "url: 7\n", "nmae: x\n"]))
            return "replace \(webhook)"
        case 9:
            remove(webhook)
            return "remove \(webhook)"
        case 10:
            let version = number() % 3
            write("url: https://example.com/linked/\(number())\n", to: "store/common/\(version).yaml")
            link("store/webhooks/linked.yaml", to: "../common/\(version).yaml")
            return "link linked.yaml to \(version)"
        case 11:
            let version = number() % 3
            write("url: https://example.com/linked/\(number())\n", to: "store/common/\(version).yaml")
            return "write common/\(version).yaml"
        case 12:
            // What Kubernetes does: a folder linked through ..data.
            let version = "..v\(number() % 3)"
            write("Speaker: V\(number())\n", to: "store/\(version)/my-tokens.yaml")
            write("id: v\(number())\n", to: "store/\(version)/In/program.yaml")
            link("store/..data", to: version)
            link("\(tree)/Mounted", to: "../..data")
            return "swap ..data to \(version)"
        case 13:
            let version = "..v\(number() % 3)"
            write("Speaker: W\(number())\n", to: "store/\(version)/my-tokens.yaml")
            return "write \(version)"
        case 14:
            let text = pick(["secret-number-\(number())\n", "short\n"])
            if number() < 5 { write(text, to: "outside/key") } else { replace("outside/key", with: text) }
            return "secret \(text)"
        case 15:
            let version = "v\(number() % 2)"
            write("secret-linked-\(number())\n", to: "outside/\(version)/key")
            link("outside/key", to: "\(version)/key")
            return "secret linked to \(version)"
        case 16:
            remove("outside/key")
            return "remove the secret"
        default:
            replace("store/flowhook.yaml", with: "munchkin_id: m\(number())\n")
            return "settings"
        }
    }
}
