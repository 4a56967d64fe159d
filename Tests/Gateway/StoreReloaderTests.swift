import FlowAction
import Gateway
import Glibc
import Store
import Testing

/// Reloads of a store of real files that change while they are read.
@Suite struct StoreReloaderTests {
    private static let webhook = "url: https://example.com/{{my.First}}/{{my.Second}}\n"

    /// Two files that belong together change hundreds of times, one link swapped: no snapshot holds one of each.
    @Test(arguments: [false, true])
    func noSnapshotHoldsHalfOfAChange(polls: Bool) throws {
        let store = ChangingStore()
        store.write(Self.webhook, to: "webhooks/w.yaml")
        store.makeVersion(0)
        store.link("marketing-activities", to: "..data")
        store.link("..data", to: "..0")
        // Nearly without a wait, so that loads and changes meet as often as can be.
        let reloader = try StoreReloader(
            directory: store.directory,
            options: LoadOptions(),
            times: .init(quiet: 1, patience: 20, poll: 5),
            polls: polls
        )
        let snapshots = Locked([try #require(reloader.first().snapshot)])
        let rejected = Locked<[String]>([])
        reloader.start(
            .init(
                loaded: { result in
                    guard let snapshot = result.snapshot else {
                        rejected.withLock { $0 += result.diagnostics.map(\.text) }
                        return nil
                    }
                    return snapshots.withLock { snapshots in
                        defer { snapshots.append(snapshot) }
                        return snapshots.last
                    }
                },
                polling: { _ in }
            )
        )
        let versions = 400
        for version in 1...versions {
            store.makeVersion(version)
            store.link("..data", to: "..\(version)")
            if version > 2 { store.remove("..\(version - 2)") }
            // Bursts and pauses.
            usleep(version % 4 == 0 ? 30_000 : UInt32(version % 7) * 500)
        }
        #expect(waitUntil { snapshots.withLock { $0.last.map(Self.values) ?? [] } == Self.values(of: versions) })
        reloader.stop()
        let seen = snapshots.withLock { $0.map(Self.values) }
        for values in seen { #expect(Set(values).count == 1, "\(values)") }
        #expect(seen.count > 10)
        #expect(rejected.withLock { $0 } == [])
    }

    /// Files come and go beside the store, and dot-files within it, without a pause: a change is read all the same, and not
    /// only once the patience of an hour is over.
    @Test func whatHappensAroundTheStoreHoldsNothingUp() throws {
        let store = ChangingStore()
        store.write("url: https://example.com/\n", to: "webhooks/w.yaml")
        let reloader = try StoreReloader(
            directory: store.directory,
            options: LoadOptions(),
            times: .init(quiet: 100, patience: 3_600_000)
        )
        _ = reloader.first()
        let told = Locked(0)
        reloader.start(
            .init(
                loaded: { _ in
                    told.withLock { $0 += 1 }
                    return nil
                },
                polling: { _ in }
            )
        )
        store.write("url: https://example.com/other\n", to: "webhooks/w.yaml")
        for number in 0..<1_500 where told.withLock({ $0 }) == 0 {
            for name in ["../beside-\(number)", ".noise-\(number)"] {
                store.write("", to: name)
                unlink("\(store.directory)/\(name)")
            }
            usleep(20_000)
        }
        reloader.stop()
        #expect(told.withLock { $0 } == 1)
    }

    /// What is rejected, mended, gone and back is each told, once.
    @Test(arguments: [false, true])
    func tellsOfEachChangeOnce(polls: Bool) throws {
        let store = ChangingStore()
        store.write("url: https://example.com/\n", to: "webhooks/w.yaml")
        let reloader = try StoreReloader(
            directory: store.directory,
            options: LoadOptions(),
            times: .init(quiet: 10, patience: 1_000, poll: 20),
            polls: polls
        )
        _ = reloader.first()
        let told = Locked<[Bool]>([])
        let reasons = Locked<[String]>([])
        reloader.start(
            .init(
                loaded: { result in
                    told.withLock { $0.append(result.snapshot != nil) }
                    return nil
                },
                polling: { reason in reasons.withLock { $0.append(reason) } }
            )
        )
        defer { reloader.stop() }
        func expect(_ expected: [Bool], _ comment: Comment) {
            #expect(waitUntil { told.withLock { $0.count } >= expected.count }, comment)
            // A second telling would come by now.
            usleep(150_000)
            #expect(told.withLock { $0 } == expected, comment)
        }
        store.write("nonsense: 1\n", to: "webhooks/w.yaml")
        expect([false], "wrong")
        store.write("url: https://example.com/new\n", to: "webhooks/w.yaml")
        expect([false, true], "right again")
        rename(store.directory, store.directory + ".away")
        expect([false, true, false], "gone")
        rename(store.directory + ".away", store.directory)
        expect([false, true, false, true], "put back")
        store.write("url: https://example.com/new\n", to: "webhooks/w.yaml")
        usleep(100_000)
        reloader.request()
        expect([false, true, false, true, true], "asked for; written again as it was is no change")
        #expect(reasons.withLock { $0.count } == (polls ? 1 : 0))
    }

    private static func values(_ snapshot: Snapshot) -> [String] {
        snapshot.tree.folders.flatMap(\.tokens.values).map(\.value)
    }

    private static func values(of version: Int) -> [String] {
        ["v\(version)", "v\(version)"]
    }

    private func waitUntil(_ condition: () -> Bool) -> Bool {
        for _ in 0..<3_000 {
            if condition() { return true }
            usleep(10_000)
        }
        return false
    }
}

/// A store in a temporary folder, made to be changed.
private final class ChangingStore {
    let directory: String

    init() {
        var template = Array("/tmp/flowhook-reloader-XXXXXX".utf8CString)
        directory = (mkdtemp(&template).map { String(cString: $0) } ?? "/nowhere") + "/store"
        mkdir(directory, 0o755)
    }

    deinit {
        let parent = String(directory.dropLast("/store".count))
        _ = Self.run(["rm", "-rf", parent])
    }

    /// Two folders whose tokens are to be seen together.
    func makeVersion(_ version: Int) {
        write("First: v\(version)\n", to: "..\(version)/my-tokens.yaml")
        write("Second: v\(version)\n", to: "..\(version)/A/my-tokens.yaml")
    }

    func write(_ text: String, to path: String) {
        var folder = directory
        for part in path.split(separator: "/").dropLast() {
            folder += "/\(part)"
            mkdir(folder, 0o755)
        }
        // Whole at one moment: who writes in place may be stopped between emptying and writing, which is two changes.
        guard let file = fopen("\(directory)/.written", "w") else { return }
        fputs(text, file)
        fclose(file)
        rename("\(directory)/.written", "\(directory)/\(path)")
    }

    func link(_ name: String, to target: String) {
        symlink(target, "\(directory)/.new")
        rename("\(directory)/.new", "\(directory)/\(name)")
    }

    /// Removes a version's files and folders.
    func remove(_ version: String) {
        for file in ["my-tokens.yaml", "A/my-tokens.yaml"] { unlink("\(directory)/\(version)/\(file)") }
        rmdir("\(directory)/\(version)/A")
        rmdir("\(directory)/\(version)")
    }

    private static func run(_ arguments: [String]) -> Int32 {
        var pid = pid_t()
        var words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        posix_spawnp(&pid, arguments[0], nil, nil, &words, environ)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        return status
    }
}
