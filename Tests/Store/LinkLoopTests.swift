import FlowAction
import Glibc
import Store
import Testing

/// Links that lead round and round: each is found once, in a time that the tree's size bounds.
@Suite struct LinkLoopTests {
    private static let tops = ["webhooks", "marketing-activities", "tests"]

    /// What a store's load and its cases' give: the files with their codes.
    private func findings(_ store: TemporaryStore) -> [String] {
        let result = store.load()
        #expect(result.snapshot == nil || !result.diagnostics.contains { $0.severity == .error })
        let cases = CaseLoader(directory: store.directory, snapshot: result.snapshot).load()
        return (result.diagnostics + cases.diagnostics).map { "\($0.file) \($0.code)" }
    }

    @Test(arguments: tops)
    func refusesALinkToTheFolderThatItLiesIn(top: String) {
        let store = TemporaryStore()
        store.makeFolder("\(top)/deep/er")
        store.link("\(top)/a", to: ".")
        store.link("\(top)/b", to: ".")
        store.link("\(top)/deep/er/up", to: "../..")
        #expect(findings(store) == ["a", "b", "deep/er/up"].map { "\(top)/\($0) link-loop" })
    }

    /// The link is named, not the folder behind it that is reached again.
    @Test(arguments: tops)
    func namesTheLinkThatLeadsOutAndInAgain(top: String) {
        let store = TemporaryStore()
        store.makeFolder("\(top)/folder")
        store.link("\(top)/folder/store", to: "../..")
        #expect(findings(store).contains("\(top)/folder/store link-loop"))
    }

    /// Twelve folders that link to each other: 12! ways, without a bound.
    @Test(arguments: tops)
    func endsWhereFoldersLinkToEachOther(top: String) {
        let store = TemporaryStore()
        let names = (0..<12).map { "folder\($0)" }
        for name in names {
            store.makeFolder("\(top)/\(name)")
            for other in names where other != name { store.link("\(top)/\(name)/\(other)", to: "../\(other)") }
        }
        let found = findings(store)
        #expect(!found.isEmpty && found.count <= 12 * 11)
        #expect(found.allSatisfy { $0.hasSuffix(" link-loop") })
    }

    /// Thirty folders with two links each into the next: 2³⁰ ways, and no circle.
    @Test(arguments: tops)
    func endsWhereWaysForkAgainAndAgain(top: String) {
        let store = TemporaryStore()
        for number in 0..<30 {
            store.makeFolder("\(top)/folder\(number)")
            guard number < 29 else { continue }
            store.link("\(top)/folder\(number)/left", to: "../folder\(number + 1)")
            store.link("\(top)/folder\(number)/right", to: "../folder\(number + 1)")
        }
        let found = findings(store)
        #expect(!found.isEmpty && found.count <= 2 * 30)
        #expect(found.allSatisfy { $0.hasSuffix(" link-loop") })
    }

    @Test func mayShareAFolder() throws {
        let store = TemporaryStore(["common/my-tokens.yaml": "Speaker: Ada\n"])
        for number in 0..<40 {
            store.write(Array("id: \(number)\n".utf8), to: "marketing-activities/P\(number)/program.yaml")
            store.link("marketing-activities/P\(number)/shared", to: "../../common")
        }
        let result = store.load()
        #expect(result.diagnostics.isEmpty)
        #expect(try #require(result.snapshot).tree.folders.count == 81)
    }

    /// A loop that comes keeps the old snapshot, and is over once its link is gone.
    @Test func recoversOnceTheLinkIsGone() {
        let store = TemporaryStore(["webhooks/deep/a.yaml": "url: https://example.com/\n"])
        let watcher = StoreWatcher()
        let loader = StoreLoader(directory: store.directory, options: LoadOptions(), watcher: watcher)
        #expect(loader.load(at: Instant(seconds: 1)).snapshot != nil)
        store.link("webhooks/deep/up", to: "..")
        #expect(loader.load(at: Instant(seconds: 2), watcher.changes()).diagnostics.map(\.code) == ["link-loop"])
        unlink(store.path("webhooks/deep/up"))
        #expect(loader.load(at: Instant(seconds: 3), watcher.changes()).snapshot?.webhooks.count == 1)
    }

    @Test(arguments: tops)
    func boundsTheDepth(top: String) {
        let store = TemporaryStore()
        store.makeFolder(top + String(repeating: "/f", count: 63))
        #expect(findings(store).isEmpty)
        store.makeFolder(top + String(repeating: "/f", count: 64))
        #expect(findings(store) == ["\(top)\(String(repeating: "/f", count: 64)) folder-depth"])
    }
}
