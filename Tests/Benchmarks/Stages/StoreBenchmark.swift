import FlowAction
import Gateway
import Glibc
import Store

extension Benchmark {
    /// Loading a large store, a change of one file in it, and resolving a token of it.
    static let store = Benchmark(name: "store") {
        for programs in [10, 10_000] {
            let store = LargeStore(programs: programs)
            defer { store.remove() }
            let label = "store of \(programs) programs with 20 tokens each"
            load(store, label)
            resolve(store, label)
            if programs == 10_000 {
                change(store, label)
                look(store, label)
            }
        }
    }

    private static func load(_ store: LargeStore, _ label: String) {
        let (start, cpu) = (wallSeconds(), cpuSeconds())
        guard let snapshot = store.loader().load(at: .now).snapshot, snapshot.tree.programs.count == store.programs
        else { preconditionFailure("the store does not load") }
        report(
            "\(label): load",
            "\(rounded((wallSeconds() - start) * 1e3)) ms, \(rounded((cpuSeconds() - cpu) * 1e3)) ms of CPU"
        )
    }

    private static func resolve(_ store: LargeStore, _ label: String) {
        guard let tree = store.loader().load(at: .now).snapshot?.tree else { return }
        let ids = (0..<1_000).map { String($0 * 7_919 % store.programs + 1_000) }
        measure("\(label): find 1000 programs and a token of each") {
            for id in ids {
                guard case .folder(let folder) = tree.folder(for: id), tree.token("token 7", in: folder) != nil,
                    tree.token("service url", in: folder) != nil
                else { preconditionFailure("the token is missing") }
            }
        }
    }

    /// The time from a write until the new snapshot is there, and what the process spends on it.
    private static func change(_ store: LargeStore, _ label: String) {
        guard let reloader = try? StoreReloader(directory: store.directory, options: LoadOptions()) else { return }
        let current = Locked(reloader.first().snapshot)
        let start = cpuSeconds()
        reloader.start(
            .init(
                loaded: { result in
                    current.withLock { current in
                        defer { current = result.snapshot }
                        return current
                    }
                },
                polling: { print("polling: \($0)") }
            )
        )
        var waits: [Double] = []
        let rounds = 15
        for round in 1...rounds {
            let program = round * 613 % store.programs
            store.write("Changed: \(round)\n", to: "\(store.folder(of: program))/my-tokens.yaml")
            let written = wallSeconds()
            while true {
                let tree = current.withLock { $0?.tree }
                if let tree, case .folder(let folder) = tree.folder(for: String(program + 1_000)),
                    tree.token("changed", in: folder)?.token.value == String(round)
                {
                    break
                }
                usleep(1_000)
            }
            waits.append(wallSeconds() - written)
        }
        report("\(label): change of one file, until it is served", "\(rounded(waits.sorted()[rounds / 2] * 1e3)) ms")
        report("\(label): change of one file, at the worst of \(rounds)", "\(rounded((waits.max() ?? 0) * 1e3)) ms")
        report("\(label): change of one file", "\(rounded((cpuSeconds() - start) / Double(rounds) * 1e3)) ms of CPU")
        reloader.stop()
    }

    /// What it costs to look for changes where the kernel tells of none: done once a second there.
    private static func look(_ store: LargeStore, _ label: String) {
        let loader = store.loader()
        _ = loader.load(at: .now)
        // Stamps are gone by when the last change is older than the file system's clock is coarse.
        sleep(3)
        _ = loader.load(at: .now, .everything)
        let start = cpuSeconds()
        guard !loader.load(at: .now, .everything).hasChanged else { preconditionFailure("nothing has changed") }
        report("\(label): look for changes", "\(rounded((cpuSeconds() - start) * 1e3)) ms of CPU")
    }

    private static func wallSeconds() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }
}

/// A store of many programs in a temporary folder.
private struct LargeStore {
    let directory: String
    let programs: Int

    init(programs: Int) {
        self.programs = programs
        var template = Array("/tmp/flowhook-benchmark-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { preconditionFailure("no temporary folder") }
        directory = String(cString: made)
        write(
            "Service URL: https://api.example.com\nAPI Key: {secret: true, value: long-enough}\n",
            to: "marketing-activities/my-tokens.yaml"
        )
        write(
            """
            url: "{{my.Service URL}}/people?campaign={{my.Token 7}}"
            request_token_encoding: JSON
            payload_template: '{"email": {{lead.Email Address}}, "seats": {{my.Token 3}}}'
            custom_headers: {Authorization: "Bearer {{my.API Key}}"}
            """,
            to: "webhooks/enrich.yaml"
        )
        for program in 0..<programs {
            var tokens = ""
            for token in 0..<20 {
                switch token % 4 {
                case 0: tokens += "Token \(token): Value \(token) of program \(program)\n"
                case 1: tokens += "Token \(token): \"quoted \(program)\"\n"
                case 2: tokens += "Token \(token): 2026-05-\(10 + token)\n"
                default: tokens += "Token \(token): \(program * token)\n"
                }
            }
            write(tokens, to: "\(folder(of: program))/my-tokens.yaml")
            write(
                "id: \(program + 1_000)\nname: Program \(program)\nchannel: Webinar\n",
                to: "\(folder(of: program))/program.yaml"
            )
        }
    }

    func folder(of program: Int) -> String {
        "marketing-activities/Folder \(program / 100)/Program \(program)"
    }

    func loader() -> StoreLoader {
        StoreLoader(directory: directory, options: LoadOptions())
    }

    func write(_ text: String, to path: String) {
        var folder = directory
        for part in path.split(separator: "/").dropLast() {
            folder += "/\(part)"
            mkdir(folder, 0o755)
        }
        guard let file = fopen("\(directory)/\(path)", "w") else { preconditionFailure("\(path) cannot be written") }
        fputs(text, file)
        fclose(file)
    }

    func remove() {
        var pid = pid_t()
        let arguments: [String] = ["rm", "-rf", directory]
        var words = arguments.map { strdup($0) } + [nil]
        posix_spawnp(&pid, "rm", nil, nil, &words, environ)
        for word in words { free(word) }
        waitpid(pid, nil, 0)
    }
}
