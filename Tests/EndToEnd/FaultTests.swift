import Glibc
import JSON
import TestSupport
import Testing

extension Operation {
    /// What breaks around Flowhook, or Flowhook itself, with real processes: it answers the truth and goes on.
    @Suite(.serialized) struct FaultTests {
        private static let get = #"{"webhook": "GET", "lead": {"id": 7}}"#
        private static let second = #"{"webhook": "second", "lead": {"id": 7}}"#

        // MARK: Those around it

        /// The service is a process of its own, killed in the middle of an answer, and started again.
        @Test func theServiceIsKilledInMidAnswer() throws {
            // At an address of its own: no other test can have the port meanwhile.
            let port = Installation.freePort()
            let script = """
                import socket, threading
                s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind(("127.77.0.1", \(port)))
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
                        {url: "http://127.77.0.1:\(port)/\(name)", request_type: GET, response_type: JSON,
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
