import Glibc
import JSON
import TestSupport
import Testing

extension Operation {
    /// What breaks around Flowhook, or Flowhook itself, with real processes: it answers the truth and goes on.
    @Suite(.serialized) struct FaultTests {
        private static let get = #"{"webhook": "GET", "lead": {"id": 7}}"#
        private static let second = #"{"webhook": "second", "lead": {"id": 7}}"#

        private static func problem(_ response: HTTPClient.Response) throws -> JSONValue? {
            try JSONValue(parsing: Array(response.body.utf8))["type"]
        }

        // MARK: Those around it

        /// The service is a process of its own, killed in the middle of an answer, and started again.
        @Test func theServiceIsKilledInMidAnswer() throws {
            let port = Installation.freePort()
            let script = """
                import socket, threading, time
                s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                # A connection of another test may have the port as its own for a while.
                while True:
                    try: s.bind(("127.0.0.1", \(port))); break
                    except OSError: time.sleep(0.05)
                s.listen(64)
                def serve(c):
                    while True:
                        head = b""
                        while b"\\r\\n\\r\\n" not in head:
                            piece = c.recv(65536)
                            if not piece: return
                            head += piece
                        if b"/half" in head: c.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\n{"); print("half", flush=True)
                        else: c.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n{}")
                while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
                """
            let sample = Sample { store in
                for name in ["half", "all"] {
                    store["webhooks/third-\(name).yaml"] = """
                        {url: "http://127.0.0.1:\(port)/\(name)", request_type: GET, response_type: JSON,
                         response_mappings: {Title: a}}
                        """
                }
                // While the service starts calls fail, and nothing here is about the circuit that they would open.
                store["flowhook.yaml", default: ""] += "circuit_failures: 0\n"
            }
            let directory = sample.installation.directory
            func begin() -> Child {
                let child = Child(["python3", "-c", script], output: "\(directory)/third.log")
                Installation.waitUntil {
                    sample.installation.call(#"{"webhook": "third-all", "lead": {}}"#).body.contains(#""updated""#)
                }
                return child
            }
            let third = begin()
            let half = sample.begin(12, #"{"webhook": "third-half", "lead": {}}"#)
            Installation.waitUntil { Files.read("\(directory)/third.log").split(separator: "\n").count == 12 }
            // Who calls another service does not notice.
            #expect(sample.installation.call(Self.get).body.contains(#""outcome":"sent""#))
            third.end(SIGKILL)
            for descriptor in half {
                let response = sample.installation.client.finish(descriptor)
                let answer = try JSONValue(parsing: Array(response.body.utf8))
                #expect(answer["outcome"] == .string("failed"))
                #expect(answer["error"]?["type"] == .string("connection-lost"))
                #expect(answer["error"]?["sent"] != .string("no"))
            }
            let refused = sample.installation.call(#"{"webhook": "third-all", "lead": {}}"#).body
            #expect(refused.contains("connect-failure") && refused.contains(#""sent":"no""#))
            let again = begin()
            #expect(sample.installation.call(#"{"webhook": "third-all", "lead": {}}"#).body.contains(#""updated""#))
            again.end(SIGKILL)
        }

        @Test func nginxIsReloadedAndKilledUnderLoad() {
            let sample = Sample()
            let installation = sample.installation
            let pid = installation.flowhook.pid
            let before = Process.descriptors(of: pid)
            let reloaded = Load(8, on: installation, Self.get)
            for _ in 0..<3 {
                #expect(reloaded.wait(for: 40))
                kill(installation.nginx.pid, SIGHUP)
            }
            #expect(reloaded.wait(for: 40))
            // A reload of nginx loses nothing.
            #expect(reloaded.stop().keys.sorted() == [200])
            let killed = Load(8, on: installation, Self.get)
            #expect(killed.wait(for: 40))
            installation.restartNginx()
            #expect(killed.wait(for: 40))
            // Without nginx there is no answer; with it each is one of Flowhook's.
            #expect(Set(killed.stop().keys).isSubset(of: [0, 200]))
            installation.nginx.end(SIGQUIT)
            // What nginx left behind is gone, but for connections to the service that are kept: one for each client.
            Installation.waitUntil { Process.descriptors(of: pid) <= before + 20 }
            #expect(Process.descriptors(of: pid) <= before + 20)
            installation.restartNginx()
            #expect(Installation.waitUntil { installation.call(Self.get).status == 200 })
        }

        @Test func theStoreIsDeletedWhileItServes() {
            let sample = Sample()
            let installation = sample.installation
            _ = Child.run(["rm", "-rf", "\(installation.directory)/store"])
            #expect(installation.call(SampleStore.enrich).body.contains(#""outcome":"updated""#))
            kill(installation.flowhook.pid, SIGHUP)
            #expect(
                Installation.waitUntil {
                    installation.client.get("/flow/readyz").body.contains(#""store":"stale""#)
                }
            )
            #expect(installation.client.get("/flow/readyz").status == 200)
            #expect(installation.call(SampleStore.enrich).body.contains(#""outcome":"updated""#))
            #expect(installation.flowhook.end() == 0)
        }

        // MARK: Flowhook itself

        /// Its supervisor keeps the socket: those in flight get 502, those that come wait for the next one.
        @Test func isKilledUnderLoadAndStartedAgain() throws {
            let activities = "/tmp/flowhook-activities-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).jsonl"
            defer { unlink(activities) }
            let sample = Sample(start: .supervised) { store in
                store["flowhook.yaml"] = "allow_networks: [127.0.0.0/8]\nactivity_log: \(activities)\n"
            }
            let installation = sample.installation
            var pid: pid_t { pid_t(Files.read("\(installation.directory)/pid")) ?? 0 }
            let load = Load(8, on: installation, Self.get)
            let kills = 3
            for _ in 0..<kills {
                #expect(load.wait(for: 40))
                let last = pid
                kill(last, SIGKILL)
                #expect(Installation.waitUntil { pid != last })
            }
            #expect(load.wait(for: 40))
            let results = load.stop()
            #expect(Set(results.keys).isSubset(of: [200, 502]), "\(results)")
            // At each kill a client may lose what it has in flight, and what nginx sends over a kept connection whose end
            // it has not seen yet: a POST that was written is not repeated.
            #expect(results[502, default: 0] <= 2 * 8 * kills, "\(results)")
            #expect(load.answers.filter { $0.status == 200 }.allSatisfy { $0.body.contains(#""outcome":"sent""#) })
            #expect(installation.flowhook.end() == 0)
            // Whole lines alone, besides the findings of the store at each start.
            for line in installation.log.split(separator: "\n") where !line.contains(": warning: ") {
                #expect((try? JSONValue(parsing: Array(line.utf8))) != nil, "\(line)")
            }
            // And in the activity log: every answer's line is there, once, and whole.
            let text = Files.read(activities)
            #expect(text.hasSuffix("}\n"))
            let lines = try text.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
            let written = lines.compactMap { $0["requestId"]?.stringValue }
            let answered = load.answers.filter { $0.status == 200 }.compactMap { $0.header("X-Request-Id") }
            #expect(answered.count == results[200])
            #expect(Set(written).count == lines.count)
            #expect(Set(answered).isSubset(of: written))
        }

        /// Thousands of connections to the socket, silent or stopped half-way, and then none.
        @Test func descriptorsAndMemoryComeBack() throws {
            let sample = Sample()
            let installation = sample.installation
            let pid = installation.flowhook.pid
            func serve() { #expect(installation.call(Self.get).status == 200) }
            for _ in 0..<20 { serve() }
            let before = Process.descriptors(of: pid)
            var resident: [Int] = []
            for _ in 0..<6 {
                do {
                    let silent = try (0..<1_000).map { number in
                        let client = try FastCGIClient(path: "\(installation.directory)/flowhook.sock")
                        let bytes = FastCGIBytes.request(body: [UInt8](repeating: 1, count: number % 5 * 20_000))
                        if number % 3 > 0 { client.send(bytes.dropLast(number % 40 + 1)) }
                        if number % 100 == 0 { serve() }
                        return client
                    }
                    serve()
                    withExtendedLifetime(silent) {}
                }
                #expect(Installation.waitUntil { Process.descriptors(of: pid) <= before + 2 })
                resident.append(Process.residentKilobytes(of: pid))
            }
            // Later thousands use what the first have left behind, which the allocator spreads; each sends 27 MB. A sanitizer
            // keeps that for a while.
            #expect(isSanitized || resident[5] - resident[2] < 30_000, "\(resident)")
        }

        // MARK: What the system does not give

        @Test func descriptorsAreExhausted() throws {
            let sample = Sample(start: .launched(by: ["prlimit", "--nofile=70:70"]))
            let installation = sample.installation
            let pid = installation.flowhook.pid
            #expect(
                Installation.waitUntil {
                    installation.log.contains("max_in_flight is cut to fit the limit of descriptors")
                }
            )
            let waiting = sample.begin(100, Self.second)
            Installation.waitUntil { !sample.service.received.isEmpty }
            let before = Process.processorTicks(of: pid)
            // Two seconds of nothing but waiting: who spins takes a processor's worth of them.
            sleep(2)
            #expect(Process.processorTicks(of: pid) - before < 100)
            var updated = 0
            for descriptor in waiting {
                let response = installation.client.finish(descriptor)
                // Answered, or told to come again; who was told otherwise was told the truth.
                if response.body.contains(#""outcome":"updated""#) {
                    updated += 1
                } else if response.status == 503 {
                    #expect(response.header("Retry-After") != nil)
                    #expect(try Self.problem(response) == .string("urn:flowhook:problem:overloaded"))
                } else {
                    #expect(response.body.contains(#""sent":"no""#), "\(response.status) \(response.body)")
                }
            }
            #expect(updated > 0)
            for _ in 0..<20 { #expect(installation.call(Self.get).body.contains(#""outcome":"sent""#)) }
            #expect(installation.flowhook.end() == 0)
        }

        /// What the log holds is written where serving fails to begin, too.
        @Test(.enabled(if: !isSanitized, "a sanitizer has descriptors of its own"))
        func descriptorsAreTooFewToBegin() {
            let folder = "/tmp/flowhook-few-descriptors-\(getpid())"
            mkdir(folder, 0o755)
            defer { rmdir(folder) }
            let serve = [Installation.program, "serve", "--store", folder, "--listen", "unix:\(folder).sock"]
            // Twelve, whatever the process that runs the tests has open and hands on.
            let close = """
                for fd in /proc/$$/fd/*; do n=${fd##*/}; [ "$n" -le 2 ] || eval "exec $n<&-"; done; exec "$@"
                """
            let run = Child.run(["bash", "-c", close, "-", "prlimit", "--nofile=12:12"] + serve)
            #expect(run.status > 0 && run.output.contains("Too many open files"), "\(run)")
            #expect(run.output.contains("max_in_flight is cut to fit the limit of descriptors"))
            #expect(unlink("\(folder).sock") != 0 && errno == ENOENT, "the socket's file is left")
        }

        /// 2 GiB of address space, stacks and arenas included, for a load that holds 100 MiB of requests and payloads.
        @Test(.enabled(if: !isSanitized, "a sanitizer takes terabytes of address space"))
        func memoryIsLimited() {
            let sample = Sample(start: .launched(by: ["prlimit", "--as=2147483648"]))
            let note = String(repeating: "x", count: 250_000)
            let body = #"{"webhook": "second", "lead": {"Person Notes": "\#(note)"}}"#
            for _ in 0..<2 { #expect(sample.updated(sample.begin(100, body)) == 100) }
            #expect(sample.service.received.suffix(200).allSatisfy { $0.hasSuffix(#"{"note": "\#(note)"}"#) })
            #expect(sample.installation.flowhook.end() == 0)
        }

        /// A user that may have no more threads: a name cannot be looked up, and can again when there are some.
        @Test(.enabled(if: getuid() == 0, "the limit does not hold for root, and only root becomes somebody else"))
        func threadsAreExhausted() throws {
            // A user of whom there are no other processes, and who reaches the test's files all the same.
            let user = ["setpriv", "--reuid=59991", "--regid=59991", "--clear-groups"]
            let files = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
            let sample = Sample(start: .launched(by: user + files)) { store in
                store["marketing-activities/my-tokens.yaml"]?.replace("127.0.0.1", with: "localhost")
                store["flowhook.yaml", default: ""] += "circuit_failures: 0\n"
            }
            let (installation, pid) = (sample.installation, sample.installation.flowhook.pid)
            func limit(_ count: String) {
                #expect(Child.run(user + ["prlimit", "--pid", "\(pid)", "--nproc=\(count):"]).status == 0)
            }
            limit("1")
            for _ in 0..<3 {
                let answer = try JSONValue(parsing: Array(installation.call(SampleStore.enrich).body.utf8))
                #expect(answer["error"]?["type"] == .string("dns-failure"))
                #expect(answer["error"]?["sent"] == .string("no"))
                #expect(answer["error"]?["detail"]?.stringValue?.contains("no thread is left") == true)
            }
            // Nor is there one for the metrics, and for the activity log that is switched on now.
            #expect(installation.client.get("/flow/metrics").body.contains("\nflowhook_problems_total{"))
            let settings = "\(installation.directory)/store/flowhook.yaml"
            let activities = "\(installation.directory)/activity.log"
            Files.write("\(Files.read(settings))activity_log: \(activities)\n", to: settings)
            #expect(
                Installation.waitUntil {
                    _ = installation.call(#"{"webhook": "refused", "lead": {}}"#)
                    return installation.log.contains(#""reason":"no thread is left to write it""#)
                }
            )
            // An address needs no look-up.
            let refused = installation.call(#"{"webhook": "refused", "lead": {}}"#).body
            #expect(refused.contains("connect-failure"))
            limit("1000")
            #expect(Installation.waitUntil { installation.call(SampleStore.enrich).body.contains(#""updated""#) })
            #expect(Files.read(activities).contains(#""webhook":"Enrich Lead""#))
            #expect(installation.flowhook.end() == 0)
        }

        /// A change that meets a moment without descriptors is read once there are some: nobody has to touch it again.
        @Test func aReloadThatFailedForWantOfDescriptorsIsTriedAgain() {
            let sample = Sample()
            let installation = sample.installation
            func limit(_ count: String) {
                let pid = "\(installation.flowhook.pid)"
                #expect(Child.run(["prlimit", "--pid", pid, "--nofile=\(count):"]).status == 0)
            }
            let before = Child.run([
                "prlimit", "--pid", "\(installation.flowhook.pid)", "--nofile", "-o", "SOFT", "--noheadings",
            ])
            limit("4")
            Files.write("url: http://127.0.0.1:1/\n", to: "\(installation.directory)/store/webhooks/later.yaml")
            #expect(Installation.waitUntil { installation.log.contains("store not loaded") })
            limit(String(before.output.filter(\.isNumber)))
            #expect(
                Installation.waitUntil {
                    installation.call(#"{"webhook": "later", "lead": {}}"#).body.contains("connect-failure")
                }
            )
        }

        /// What the system denies from the start is said in plain words, and no command passes for another.
        @Test(.enabled(if: getuid() == 0, "needs root"))
        func whatIsDeniedFromTheStartIsTold() {
            let sample = "\(Installation.root)/Tests/Store/Golden/sound"
            let socket = "/tmp/flowhook-e2e-\(UInt32.random(in: 0...UInt32.max)).sock"
            defer { unlink(socket) }
            let environment = ["GOLDEN_KEY": "long-enough"]
            let withoutProc = Child.run(
                [
                    "unshare", "-m", "sh", "-c", "mount -t tmpfs none /proc && exec \"$0\" \"$@\"",
                    Installation.program,
                    "check", "--store", sample,
                ],
                environment: environment
            )
            #expect(withoutProc.status == 71)
            #expect(withoutProc.output.contains("mount /proc"))
            let withoutThreads = Child.run(
                [
                    "setpriv", "--reuid=59992", "--regid=59992", "--clear-groups", "--inh-caps=+dac_override",
                    "--ambient-caps=+dac_override", "prlimit", "--nproc=1:", Installation.program, "serve", "--store",
                    sample,
                    "--listen", "unix:\(socket)",
                ],
                environment: environment
            )
            #expect(withoutThreads.status == 71)
            #expect(withoutThreads.output.contains("no thread to give"))
        }

        /// Ways in which a log takes no more: a file at its size limit, a full disk, a pipe that nobody reads.
        private static let fullLogs: [(String, [String])] = [
            ("size limit", ["prlimit", "--fsize=2000:2000"]),
            ("full disk", ["sh", "-c", #"exec "$0" "$@" 2> /dev/full"#]),
            (
                "stuck pipe",
                [
                    "python3", "-c",
                    """
                    import os, sys
                    r, w = os.pipe(); os.set_inheritable(r, True); os.dup2(w, 2); os.execvp(sys.argv[1], sys.argv[1:])
                    """,
                ]
            ),
            ("closed", ["sh", "-c", #"exec "$0" "$@" 0<&- 1>&- 2>&-"#]),
        ]

        // A sanitizer writes a file of its own at the start, and ends where that has a limit.
        @Test(arguments: fullLogs.map(\.0).filter { !isSanitized || $0 != "size limit" })
        func theLogTakesNoMore(how: String) throws {
            let launcher = try #require(Self.fullLogs.first { $0.0 == how }).1
            let sample = Sample(start: .launched(by: launcher))
            // More lines than a pipe holds.
            let load = Load(8, on: sample.installation, Self.get)
            #expect(load.wait(for: 400))
            #expect(load.stop().keys.sorted() == [200])
            #expect(load.answers.allSatisfy { $0.body.hasPrefix(#"{"requestId":"#) })
            #expect(sample.installation.flowhook.end() == 0)
        }

        /// A small disk under the activity log fills up under load and gets room again: answers keep coming, and each has
        /// its line or counts as lost.
        @Test(.enabled(if: SmallDisk.isPermitted, "mounting needs root"))
        func theActivityLogFillsItsDisk() throws {
            let disk = SmallDisk()
            let sample = Sample { store in
                store["flowhook.yaml"] =
                    "allow_networks: [127.0.0.0/8]\nactivity_log: \(disk.directory)/activities.jsonl\n"
            }
            let installation = sample.installation
            func lost() -> Int { Int(installation.metrics["flowhook_activities_lost_total"] ?? -1) }
            let load = Load(8, on: installation, Self.get)
            #expect(Installation.waitUntil(seconds: 60) { lost() > 0 })
            // With the disk full they go on.
            #expect(load.wait(for: 100))
            disk.makeRoom()
            let before = disk.bytes("activities.jsonl").count
            #expect(Installation.waitUntil(seconds: 60) { disk.bytes("activities.jsonl").count > before + 2_000 })
            #expect(load.stop().keys.sorted() == [200])
            let text = String(decoding: disk.bytes("activities.jsonl"), as: UTF8.self)
            #expect(text.hasSuffix("}\n"))
            let lines = try text.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
            #expect(lines.count + lost() == load.answers.count)
            #expect(load.answers.allSatisfy { $0.body.contains(#""outcome":"sent""#) })
            #expect(installation.finalLog().contains("No space left on device"))
        }

        /// The clock goes back by an hour while requests wait: each ends at its own time, and so does the drain.
        @Test(.enabled(if: !isSanitized, "libfaketime and a sanitizer want to be the first library"))
        func theClockIsSetBack() throws {
            let library = Child.run(["sh", "-c", "ls /usr/lib/*/faketime/libfaketimeMT.so.1"]).output
            let clock = "/tmp/flowhook-clock-\(getpid())"
            defer { unlink(clock) }
            Files.write("+0\n", to: clock)
            let sample = Sample(
                start: .launched(
                    by: ["env"],
                    environment: [
                        "LD_PRELOAD": String(library.prefix { $0 != "\n" }), "FAKETIME_TIMESTAMP_FILE": clock,
                        "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
                    ]
                )
            ) { store in
                store["webhooks/clock.yaml"] = """
                    {url: "{{my.Service URL}}/clock?at={{system.dateTime}}", request_type: GET}
                    """
            }
            func hour() -> Int {
                _ = sample.installation.call(#"{"webhook": "clock", "lead": {}}"#)
                let digits = sample.service.received.last?.firstRange(of: "%20").map { range in
                    sample.service.received.last?[range.upperBound...].prefix(2) ?? ""
                }
                return digits.flatMap { Int($0) } ?? -1
            }
            let before = hour()
            let waiting = sample.begin(20, Self.second)
            Installation.waitUntil { sample.service.received.count >= 21 }
            let never = sample.begin(5, #"{"webhook": "never", "lead": {}}"#)
            Files.write("-3600\n", to: clock)
            for descriptor in never {
                #expect(sample.installation.client.finish(descriptor).body.contains(#""type":"timeout""#))
            }
            #expect(sample.updated(waiting) == 20)
            #expect((hour() - before + 48) % 24 >= 22)
            #expect(sample.installation.flowhook.end() == 0)
        }
    }
}

/// Whether this is a build with a sanitizer, as `Tests/run --long` says.
let isSanitized = getenv("FLOWHOOK_SANITIZER") != nil
