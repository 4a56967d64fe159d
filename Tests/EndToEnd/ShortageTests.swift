import Glibc
import JSON
import TestSupport
import Testing

extension Operation {
    /// What the system does not give: descriptors, memory, threads, room for a log. The service answers the truth and goes on.
    @Suite(.serialized) struct ShortageTests {
        private static let get = #"{"webhook": "GET", "lead": {"id": 7}}"#
        private static let second = #"{"webhook": "second", "lead": {"id": 7}}"#

        private static func problem(_ response: HTTPClient.Response) throws -> JSONValue? {
            try JSONValue(parsing: Array(response.body.utf8))["type"]
        }

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

        /// A connection that an address does not take is over with its call: it counts no more among those that are open.
        @Test func aSilentAddressTakesNoDescriptorsForGood() {
            let free = RawServer { _, _ in [] }
            let silent = SilentAddress(v4: 0x7F00_0002, port: free.port)
            defer {
                free.stop()
                withExtendedLifetime(silent) {}
            }
            let sample = Sample(start: .launched(by: ["prlimit", "--nofile=70:70"])) { store in
                store["flowhook.yaml", default: ""] += "circuit_failures: 0\n"
                store["webhooks/silent.yaml"] =
                    "{url: \"http://127.0.0.2:\(free.port)/\", request_type: GET, timeout: 100ms}\n"
            }
            let installation = sample.installation
            for _ in 0..<30 {
                let answer = installation.call(#"{"webhook": "silent", "lead": {}}"#)
                #expect(answer.body.contains(#""type":"timeout""#), "\(answer.body)")
            }
            #expect(installation.call(Self.get).body.contains(#""outcome":"sent""#))
            #expect(installation.flowhook.end() == 0)
        }

        /// A call for which there is no descriptor says so, and opens no circuit of a host that is well.
        @Test func noDescriptorIsLeftForACall() throws {
            let service = RawServer { _, _ in
                [.text("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"), .close]
            }
            defer { service.stop() }
            let sample = Sample { store in
                store["flowhook.yaml", default: ""] += "circuit_failures: 2\n"
                store["webhooks/once.yaml"] = "{url: \"http://127.0.0.1:\(service.port)/\", request_type: GET}\n"
            }
            let (installation, pid) = (sample.installation, sample.installation.flowhook.pid)
            func limit(_ count: Int) {
                #expect(Child.run(["prlimit", "--pid", "\(pid)", "--nofile=\(count):"]).status == 0)
            }
            func call() -> String { installation.call(#"{"webhook": "once", "lead": {}}"#).body }
            #expect(call().contains(#""outcome":"sent""#))
            let listing = Child.run(["ls", "/proc/\(pid)/fd"]).output
            let open = Set(listing.split(separator: "\n").compactMap { Int($0) })
            // A number is given where it is below the limit.
            limit(try #require((0...).first { !open.contains($0) }))
            for _ in 0..<5 {
                let body = call()
                #expect(body.contains(#""type":"connect-failure""#), "\(body)")
                #expect(body.contains("No descriptor is left"), "\(body)")
            }
            limit(1_024)
            #expect(call().contains(#""outcome":"sent""#))
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
                store["flowhook.yaml", default: ""] += "circuit_failures: 3\n"
            }
            let (installation, pid) = (sample.installation, sample.installation.flowhook.pid)
            func limit(_ count: String) {
                #expect(Child.run(user + ["prlimit", "--pid", "\(pid)", "--nproc=\(count):"]).status == 0)
            }
            limit("1")
            // Of a host that has had no part in it no circuit opens.
            for _ in 0..<5 {
                let answer = try JSONValue(parsing: Array(installation.call(SampleStore.enrich).body.utf8))
                #expect(answer["error"]?["type"] == .string("dns-failure"))
                #expect(answer["error"]?["sent"] == .string("no"))
                #expect(answer["error"]?["detail"]?.stringValue?.contains("no thread is left") == true)
            }
            // Nor is there one for the metrics, and for the activity log that is switched on now.
            #expect(installation.client.get("/flow/metrics").body.contains("\nflowhook_problems_total{"))
            let settings = "\(installation.directory)/store/flowhook.yaml"
            let activities = "\(installation.directory)/activity.log"
            let unlimited = Files.read(settings).replacing("circuit_failures: 3", with: "circuit_failures: 0")
            Files.write("\(unlimited)activity_log: \(activities)\n", to: settings)
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
    }
}
