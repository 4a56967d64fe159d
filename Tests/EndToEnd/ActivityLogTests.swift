import Gateway
import Glibc
import JSON
import TestSupport
import Testing

extension Operation {
    /// The activity log as it lies on disk.
    @Suite(.serialized) struct ActivityLogTests {
        /// A service, and an installation that writes an activity log.
        private final class Logged: Sendable {
            let service = SampleStore.service()
            let installation: Installation
            let path: String

            init(start: Installation.Start = .listen, settings: String = "") {
                path = "/tmp/flowhook-activity-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).jsonl"
                var store = SampleStore.files(servicePort: service.port)
                store["flowhook.yaml"] = "allow_networks: [127.0.0.0/8]\nactivity_log: \(path)\n\(settings)"
                installation = Installation(store: store, start: start)
            }

            deinit {
                installation.stop()
                service.stop()
                unlink(path)
            }

            /// Has lines go to another file from the next reload on, which is on its way.
            func move(to path: String) {
                Files.write(
                    "allow_networks: [127.0.0.0/8]\nactivity_log: \(path)\n",
                    to: "\(installation.directory)/store/flowhook.yaml"
                )
                kill(installation.flowhook.pid, SIGHUP)
            }

            /// The lines, each a JSON object; a line that is none fails the test.
            func lines(_ suffix: String = "") throws -> [JSONValue] {
                let text = Files.read(path + suffix)
                #expect(text.isEmpty || text.hasSuffix("\n"))
                return try text.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
            }
        }

        private static let request = #"""
            {"webhook": "enrich lead", "program": 1027, "lead": {"id": 318581, "Email Address": "jane@example.com"},
             "campaign": {"id": 3044, "name": "01 Registered", "type": "trigger"}}
            """#

        @Test(arguments: [Installation.Start.listen, .fcgiwrap])
        func tellsOfEveryFlowActionBeforeItIsAnswered(start: Installation.Start) throws {
            let logged = Logged(start: start)
            for number in 1...3 {
                #expect(logged.installation.call(Self.request).status == 200)
                #expect(try logged.lines().count == number)
            }
            _ = logged.installation.call(#"{"webhook": "never", "lead": {}}"#)
            // What is refused calls nothing, and is no activity.
            _ = logged.installation.call(#"{"webhook": "none", "lead": {}}"#)
            let lines = try logged.lines()
            try #require(lines.count == 4)
            guard case .object(let object) = lines[0] else { return }
            #expect(
                object.members.map(\.name) == [
                    "time", "requestId", "lead", "campaign", "program", "type", "webhook", "responseCode", "errorType",
                ]
            )
            #expect(lines[0]["lead"] == .object(["id": .number("318581")]))
            #expect(lines[0]["campaign"] == .object(["id": .number("3044"), "name": .string("01 Registered")]))
            #expect(lines[0]["program"] == .object(["id": .number("1027"), "name": .string("Spring \"2026\"")]))
            #expect(lines[0]["webhook"] == .string("Enrich Lead"))
            #expect(lines[0]["responseCode"] == .number("200"))
            #expect(lines[3]["errorType"] == .string("timeout"))
            #expect(lines[3]["responseCode"] == .null)
            #expect(lines[3]["lead"] == .object(["id": .null]))
            // Nothing of the lead but its id.
            #expect(!Files.read(logged.path).contains("jane"))
            var status = stat()
            #expect(stat(logged.path, &status) == 0 && status.st_mode & 0o777 == 0o640)
        }

        /// Its group reads it, and nobody else, whatever the umask of whoever starts the service.
        @Test(arguments: ["000", "077"])
        func isForItsOwnerAndGroup(umask: String) {
            let logged = Logged(start: .launched(by: ["sh", "-c", "umask \(umask); exec \"$@\"", "sh"]))
            #expect(logged.installation.call(Self.request).status == 200)
            var status = stat()
            #expect(stat(logged.path, &status) == 0 && status.st_mode & 0o777 == 0o640)
        }

        @Test func holdsResponsesWhereAskedSecretsMasked() throws {
            let logged = Logged(settings: "activity_response: true\n")
            _ = logged.installation.call(#"{"webhook": "500", "lead": {}}"#)
            _ = logged.installation.call(Self.request)
            let lines = try logged.lines()
            #expect(lines.map { $0["response"] } == [.string("boom"), .string(SampleStore.json)])
            #expect(!Files.read(logged.path).contains("marked-secret-value"))
        }

        /// Several processes and many requests at once: every line is there, whole, and once.
        @Test func keepsLinesWholeWhoeverWrites() throws {
            let logged = Logged()
            let directory = logged.installation.directory
            let other = Child(
                [
                    Installation.program, "serve", "--store", "\(directory)/store", "--listen",
                    "unix:\(directory)/other.sock",
                ],
                output: "\(directory)/other.log"
            )
            #expect(Installation.waitUntil { access("\(directory)/other.sock", F_OK) == 0 })
            let configuration = Files.read("\(directory)/nginx.conf")
            // nginx takes both for one upstream.
            let upstream = Files.read("\(directory)/flowhook-upstream.conf")
            Files.write(
                upstream.replacing(
                    "server unix:\(directory)/flowhook.sock",
                    with: "server unix:\(directory)/other.sock max_fails=0; server unix:\(directory)/flowhook.sock"
                ),
                to: "\(directory)/flowhook-upstream.conf"
            )
            #expect(configuration.contains("flowhook-upstream.conf"))
            kill(logged.installation.nginx.pid, SIGHUP)
            let request = #"{"webhook": "plain", "lead": {"id": "\#(String(repeating: "x", count: 3_000))"}}"#
            var answered: Set<String> = []
            // Until both have answered: nginx takes its new configuration in its own time.
            var rounds = 0
            while rounds < 40, rounds < 3 || !Files.read("\(directory)/other.log").contains("flow action") {
                rounds += 1
                let begun = (0..<50).map { _ in
                    logged.installation.client.begin(
                        "POST",
                        "/flow/call-webhook",
                        request,
                        headers: ["Content-Type: application/json"]
                    )
                }
                for descriptor in begun {
                    let response = logged.installation.client.finish(descriptor)
                    #expect(response.status == 200)
                    if let id = response.header("X-Request-Id") { answered.insert(id) }
                }
            }
            #expect(Files.read("\(directory)/other.log").contains("flow action"))
            #expect(other.end() == 0)
            let ids = try logged.lines().compactMap { $0["requestId"]?.stringValue }
            #expect(ids.count == rounds * 50)
            #expect(Set(ids) == answered)
        }

        /// With real logrotate, by the file that ships.
        @Test func isTurnedOver() throws {
            let logged = Logged()
            let installation = logged.installation
            _ = installation.call(Self.request)
            let configuration = Files.read("\(Installation.root)/nginx/flowhook.logrotate")
                .replacing("/var/log/flowhook/*.jsonl /var/log/flowhook/*.log", with: logged.path)
                .replacing("su flowhook flowhook", with: "su \(Self.name) \(Self.group)")
                .replacing("[ -d /run/systemd/system ]", with: "true")
                .replacing(
                    "systemctl kill --signal=HUP flowhook.service",
                    with: "kill -HUP \(installation.flowhook.pid)"
                )
                .replacing("dateext", with: "")
            let file = "\(installation.directory)/logrotate.conf"
            Files.write(configuration, to: file)
            chmod(file, 0o644)
            let run = Child.run(["/usr/sbin/logrotate", "--force", "--state", "\(file).state", file])
            #expect(run.status == 0, "\(run.output)")
            defer { unlink("\(logged.path).1") }
            #expect(try logged.lines(".1").count == 1)
            // The signal is on its way; from its arrival on lines go to the new file.
            var calls = 1
            #expect(
                Installation.waitUntil {
                    calls += 1
                    return installation.call(Self.request).status == 200 && !Files.read(logged.path).isEmpty
                }
            )
            let (old, new) = (try logged.lines(".1"), try logged.lines())
            #expect(old.count + new.count == calls)
            var status = stat()
            #expect(stat(logged.path, &status) == 0 && status.st_mode & 0o777 == 0o640)
        }

        private static var name: String { Child.run(["id", "-un"]).output.filter { !$0.isNewline } }
        private static var group: String { Child.run(["id", "-gn"]).output.filter { !$0.isNewline } }

        @Test func movesWithItsSetting() throws {
            let logged = Logged()
            let installation = logged.installation
            _ = installation.call(Self.request)
            let moved = "\(installation.directory)/moved.jsonl"
            logged.move(to: moved)
            #expect(
                Installation.waitUntil { installation.call(Self.request).status == 200 && !Files.read(moved).isEmpty }
            )
        }

        /// That the file cannot be opened is told at once, and does not keep the first loss quiet.
        @Test func tellsOfTheFirstLoss() {
            let logged = Logged()
            let installation = logged.installation
            logged.move(to: "/nowhere/activity.jsonl")
            #expect(Installation.waitUntil { installation.log.contains(#""lost":0,"#) })
            #expect(installation.call(Self.request).status == 200)
            #expect(Installation.waitUntil { installation.log.contains(#""lost":1,"#) })
        }

        /// What cannot be written fails no call; the loss is counted and logged.
        @Test func losesLinesAloud() {
            let logged = Logged()
            let installation = logged.installation
            logged.move(to: "/dev/full")
            #expect(
                Installation.waitUntil {
                    installation.call(Self.request).body.contains(#""outcome":"updated""#)
                        && installation.metrics["flowhook_activities_lost_total", default: 0] > 0
                }
            )
            #expect(Installation.waitUntil { installation.log.contains("the activity log cannot be written") })
            #expect(installation.log.contains("No space left on device"))
        }

        /// A pipe that nobody has opened for reading is an error, and nothing to wait for.
        @Test func aPipeWithoutAReaderIsAnError() {
            let logged = Logged()
            let installation = logged.installation
            let pipe = "\(installation.directory)/pipe"
            #expect(mkfifo(pipe, 0o600) == 0)
            logged.move(to: pipe)
            #expect(Installation.waitUntil { installation.log.contains("\(pipe): open: No such device or address") })
            #expect(installation.call(Self.request).status == 200)
            #expect(Installation.waitUntil { installation.metrics["flowhook_activities_lost_total", default: 0] == 1 })
        }

        /// A file that takes nothing more and gives no error (here a pipe that is open, and that nobody reads) holds answers
        /// up for a while, and then no longer; it does not keep the service from stopping either, and what is lost by then is
        /// told.
        @Test func holdsNobodyUpForEver() {
            let logged = Logged()
            let installation = logged.installation
            let pipe = "\(installation.directory)/pipe"
            #expect(mkfifo(pipe, 0o600) == 0)
            let reader = open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
            defer { close(reader) }
            logged.move(to: pipe)
            #expect(
                Installation.waitUntil {
                    installation.metrics[#"flowhook_store_reloads_total{result="loaded"}"#, default: 0] > 0
                }
            )
            // More than a pipe holds, 64 KiB.
            for _ in 0..<3 {
                let begun = (0..<200).map { _ in
                    installation.client.begin(
                        "POST",
                        "/flow/call-webhook",
                        Self.request,
                        headers: ["Content-Type: application/json"]
                    )
                }
                #expect(begun.allSatisfy { installation.client.finish($0).status == 200 })
            }
            #expect(
                Installation.waitUntil { installation.log.contains("the file takes nothing now; lines wait for it") }
            )
            #expect(installation.flowhook.end() == 0)
            #expect(installation.log.contains("the file took nothing until the end"))
        }

        /// A disk that fills up in the middle of a line (here a limit of the file's size): what was written of the line is
        /// taken back, and once there is room lines go on.
        @Test func takesBackATornLine() throws {
            let logged = Logged()
            let directory = logged.installation.directory
            // As if a process had been killed while it wrote.
            Files.write("{\"torn\":", to: logged.path)
            let other = Child(
                [
                    Installation.program, "serve", "--store", "\(directory)/store", "--listen",
                    "unix:\(directory)/other.sock",
                ],
                output: "/dev/null"
            )
            #expect(Installation.waitUntil { access("\(directory)/other.sock", F_OK) == 0 })
            // Once it has started: a sanitizer writes a file of its own at the start.
            #expect(Child.run(["prlimit", "--pid", "\(other.pid)", "--fsize=2048:2048"]).status == 0)
            // The other one's socket in place of the first.
            Files.write(
                Files.read("\(directory)/flowhook-upstream.conf")
                    .replacing("flowhook.sock", with: "other.sock"),
                to: "\(directory)/flowhook-upstream.conf"
            )
            logged.installation.restartNginx()
            // 2,048 bytes hold a few lines; the next ones are lost.
            #expect(
                Installation.waitUntil {
                    logged.installation.call(Self.request).status == 200
                        && logged.installation.metrics["flowhook_activities_lost_total", default: 0] >= 3
                }
            )
            let text = Files.read(logged.path)
            #expect(text.utf8.count <= 2_048)
            #expect(text.hasPrefix("{\"torn\":\n{"))
            #expect(text.hasSuffix("}\n"))
            let count = text.split(separator: "\n").count
            #expect(count > 2)
            for line in text.split(separator: "\n").dropFirst() { _ = try JSONValue(parsing: Array(line.utf8)) }
            #expect(other.end() == 0)
            // The process without a limit writes on.
            Files.write(
                Files.read("\(directory)/flowhook-upstream.conf").replacing("other.sock", with: "flowhook.sock"),
                to: "\(directory)/flowhook-upstream.conf"
            )
            logged.installation.restartNginx()
            #expect(
                Installation.waitUntil {
                    logged.installation.call(Self.request).status == 200
                        && Files.read(logged.path).split(separator: "\n").count > count
                }
            )
        }
    }
}
