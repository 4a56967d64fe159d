import Gateway
import Glibc
import JSON
import TestSupport
import Testing

extension Operation {
    /// The store changes while the service runs.
    @Suite(.serialized) struct ReloadTests {
        /// A service that answers everything, and the installation whose store calls it.
        private final class Fixture {
            let service = SampleStore.service()
            let installation: Installation
            let store: String

            init(_ files: [String: String] = [:], start: Installation.Start = .listen) {
                var store = SampleStore.files(servicePort: service.port)
                store.merge(files) { $1 }
                installation = Installation(store: store, start: start)
                self.store = "\(installation.directory)/store"
            }

            deinit {
                installation.stop()
                service.stop()
            }

            var ready: String { installation.client.get("/flow/readyz").body }

            /// The outcome of a flow action, or the problem's type.
            func outcome(_ request: String) -> String {
                let answer = try? JSONValue(parsing: Array(installation.call(request).body.utf8))
                return (answer?["outcome"] ?? answer?["type"])?.stringValue ?? "none"
            }

            /// Writes beside and renames.
            func replace(_ path: String, with text: String) {
                Files.write(text, to: "\(path).tmp")
                rename("\(path).tmp", path)
            }

            /// Points a link elsewhere in one step.
            func link(_ path: String, to target: String) {
                symlink(target, "\(path).tmp")
                rename("\(path).tmp", path)
            }
        }

        private func eventually(_ condition: () -> Bool) -> Bool { Installation.waitUntil(seconds: 30, condition) }

        /// What is mounted over the store is the store, and once that is gone what was there before.
        @Test(.enabled(if: SmallDisk.isPermitted, "mounting needs root"))
        func picksUpWhatIsMounted() {
            let fixture = Fixture()
            let fresh = #"{"webhook": "fresh", "lead": {}}"#
            #expect(fixture.outcome(SampleStore.enrich) == "updated")
            #expect(Child.run(["mount", "-t", "tmpfs", "flowhook-test", fixture.store]).status == 0)
            var isMounted = true
            defer { if isMounted { _ = Child.run(["umount", "-l", fixture.store]) } }
            #expect(eventually { fixture.outcome(SampleStore.enrich).hasSuffix("unknown-webhook") })
            Files.write("allow_networks: [127.0.0.0/8]\n", to: "\(fixture.store)/flowhook.yaml")
            let url = "http://127.0.0.1:\(fixture.service.port)/fresh"
            Files.write("url: \(url)\n", to: "\(fixture.store)/webhooks/fresh.yaml")
            #expect(eventually { fixture.outcome(fresh) == "sent" })
            isMounted = Child.run(["umount", fixture.store]).status != 0
            #expect(!isMounted)
            #expect(eventually { fixture.outcome(SampleStore.enrich) == "updated" })
            #expect(fixture.outcome(fresh).hasSuffix("unknown-webhook"))
            Files.write("url: \(url)\n", to: "\(fixture.store)/webhooks/fresh.yaml")
            #expect(eventually { fixture.outcome(fresh) == "sent" })
        }

        @Test func picksUpEveryKindOfChange() {
            let fixture = Fixture()
            let (store, client) = (fixture.store, fixture.installation.client)
            let tree = "\(store)/marketing-activities"
            func paths() -> String { client.get("/flow/programs").body }
            // A new file, its replacement, and its end.
            let request = #"{"webhook": "fresh", "lead": {}}"#
            Files.write("url: \"{{my.Service URL}}/fresh\"\n", to: "\(store)/webhooks/fresh.yaml")
            #expect(eventually { fixture.outcome(request) == "sent" })
            fixture.replace("\(store)/webhooks/fresh.yaml", with: "url: \"{{my.Service URL}}/500\"\n")
            #expect(eventually { fixture.outcome(request) == "rejected" })
            unlink("\(store)/webhooks/fresh.yaml")
            #expect(eventually { fixture.outcome(request) == "urn:flowhook:problem:unknown-webhook" })
            // A new folder with all that is in it, renamed, and gone.
            Files.write("id: 4711\n", to: "\(tree)/New/Deep/program.yaml")
            #expect(eventually { paths().contains("New/Deep") })
            rename("\(tree)/New", "\(tree)/Other")
            #expect(eventually { paths().contains("Other/Deep") && !paths().contains("New/Deep") })
            Files.write("id: 4712\n", to: "\(tree)/Other/Deep/program.yaml")
            #expect(eventually { paths().contains("4712") })
            _ = Child.run(["rm", "-rf", "\(tree)/Other"])
            #expect(eventually { !paths().contains("Other") })
            // Settings; those that only a start reads say so.
            let plain = #"{"webhook": "plain", "lead": {"firstName": "two"}}"#
            Files.write("allow_networks: [127.0.0.0/8]\nmax_payload_bytes: 1\n", to: "\(store)/flowhook.yaml")
            #expect(eventually { fixture.installation.call(plain).body.contains("render-failure") })
            Files.write(
                "allow_networks: [127.0.0.0/8]\nevent_loops: 1\nlisten: tcp:127.0.0.1:9\n",
                to: "\(store)/flowhook.yaml"
            )
            #expect(eventually { fixture.outcome(plain) == "sent" })
            #expect(eventually { fixture.installation.log.contains("event_loops has changed") })
            // The command line wins over the file's own.
            #expect(!fixture.installation.log.contains("listen has changed"))
            #expect(fixture.ready.contains(#""store":"current""#))
        }

        /// Where calls may go and which way they take: a change is of the next call, over kept connections too.
        /// The old store is let go of once no request sees it, the first one as well: the one who waits for that rests then.
        @Test func letsGoOfTheStoreBefore() {
            // The folders above a store are watched too, and in /tmp other tests are at work.
            let directory = "/var/tmp/flowhook-rest-\(getpid())"
            defer { _ = Child.run(["rm", "-rf", directory]) }
            Files.write("url: https://example.com/\n", to: "\(directory)/store/webhooks/first.yaml")
            let log = "\(directory)/log"
            let serve = ["serve", "--store", "\(directory)/store", "--listen", "unix:\(directory)/socket"]
            let child = Child([Installation.program] + serve, output: log)
            #expect(Installation.waitUntil { Files.read(log).contains(#""message":"serving""#) })
            Files.write("url: https://example.com/\n", to: "\(directory)/store/webhooks/second.yaml")
            #expect(Installation.waitUntil { Files.read(log).contains(#""message":"store loaded""#) })
            let names = Child.run(["sh", "-c", "grep -l flowhook-store /proc/\(child.pid)/task/*/comm"]).output
            let status = names.split(separator: "\n").first.map { $0.dropLast(4) + "status" }
            func wakeUps() -> Substring? {
                status.flatMap { Files.read(String($0)).split(separator: "\n").first { $0.hasPrefix("voluntary") } }
            }
            #expect(wakeUps() != nil)
            let isAtRest = Installation.waitUntil(seconds: 30) {
                let before = wakeUps()
                usleep(2_500_000)
                return wakeUps() == before
            }
            #expect(isAtRest, "\(Files.read(log))")
            #expect(child.end() == 0)
        }

        @Test func changesWhereCallsGo() {
            let service = SampleStore.service()
            let proxy = RawServer { _, _ in [.text("HTTP/1.1 204 No Content\r\n\r\n")] }
            // A name: a store whose own URLs hold an address that may not be called is not loaded.
            let installation = Installation(
                store: [
                    "flowhook.yaml": "allow_networks: [127.0.0.0/8]\n",
                    "webhooks/way.yaml": "{url: \"http://localhost:\(service.port)/way\", request_type: GET}\n",
                ],
                // What the environment says of proxies counts for nothing, neither way.
                start: .launched(by: ["env", "http_proxy=http://127.0.0.1:1", "no_proxy=*", "NO_PROXY=*"])
            )
            defer {
                installation.stop()
                service.stop()
                proxy.stop()
            }
            func call() -> String { installation.call(#"{"webhook": "way", "lead": {}}"#).body }
            func isSent() -> Bool { call().contains(#""outcome":"sent""#) }
            func set(_ settings: String) {
                let file = "\(installation.directory)/store/flowhook.yaml"
                Files.write(settings, to: "\(file).tmp")
                rename("\(file).tmp", file)
            }
            // Asked without a pause, so that there is always a connection that was used just before.
            #expect(isSent())
            set("allow_networks: [10.0.0.0/8]\n")
            #expect(eventually { call().contains("blocked-address") })
            set("allow_networks: [127.0.0.0/8]\n")
            #expect(eventually(isSent))
            #expect(proxy.received.isEmpty)
            set("allow_networks: [127.0.0.0/8]\nproxy: http://127.0.0.1:\(proxy.port)\n")
            #expect(eventually { isSent() && !proxy.received.isEmpty })
            let direct = service.received.count
            #expect(isSent())
            #expect(service.received.count == direct)
            set("allow_networks: [127.0.0.0/8]\n")
            #expect(eventually { isSent() && service.received.count > direct })
            let relayed = proxy.received.count
            #expect(isSent())
            #expect(proxy.received.count == relayed)
            // What the log tells follows too.
            #expect(!installation.log.contains(#""endpoint":"readyz""#))
            set("allow_networks: [127.0.0.0/8]\nlog_level: debug\n")
            #expect(
                eventually {
                    _ = installation.client.get("/flow/readyz")
                    return installation.log.contains(#""endpoint":"readyz""#)
                }
            )
            // Without the file the defaults hold.
            unlink("\(installation.directory)/store/flowhook.yaml")
            #expect(eventually { call().contains("blocked-address") })
        }

        @Test func readsSecretsOutsideTheStore() {
            let fixture = Fixture([
                "marketing-activities/Webinars/my-tokens.yaml":
                    "Campaign: 77\nAPI Key: {secret: true, file: ../secrets/key}\n",
                "../secrets/..1/key": "secret-in-version-1\n",
                "../secrets/..2/key": "secret-in-version-2\n",
                "../secrets/key": "secret-that-is-first\n",
            ])
            let secrets = "\(fixture.installation.directory)/secrets"
            func sends(_ secret: String) -> Bool {
                _ = fixture.installation.call(SampleStore.enrich)
                return fixture.service.received.last?.contains("Authorization: Bearer \(secret)\r\n") == true
            }
            #expect(sends("secret-that-is-first"))
            Files.write("secret-rewritten\n", to: "\(secrets)/key")
            #expect(eventually { sends("secret-rewritten") })
            // Kubernetes: a link to a link, which is swapped.
            fixture.link("\(secrets)/..data", to: "..1")
            fixture.link("\(secrets)/key", to: "..data/key")
            #expect(eventually { sends("secret-in-version-1") })
            fixture.link("\(secrets)/..data", to: "..2")
            #expect(eventually { sends("secret-in-version-2") })
            // Without it the old one stays; and it comes back.
            unlink("\(secrets)/key")
            #expect(eventually { fixture.ready.contains("stale") })
            #expect(sends("secret-in-version-2"))
            Files.write("secret-come-back\n", to: "\(secrets)/key")
            #expect(eventually { sends("secret-come-back") })
            #expect(eventually { fixture.ready.contains("current") })
            #expect(!fixture.installation.finalLog().contains("secret-in-version"))
        }

        @Test func keepsTheOldStoreWhileTheNewOneIsWrongOrGone() {
            let fixture = Fixture()
            let (store, file) = (fixture.store, "\(fixture.store)/webhooks/plain.yaml")
            let request = #"{"webhook": "plain", "lead": {"firstName": "x"}}"#
            let right = Files.read(file)
            Files.write("nonsense: 1\n", to: file)
            #expect(eventually { fixture.ready.contains(#""store":"stale""#) })
            #expect(fixture.ready.contains(#""status":"ready""#))
            #expect(fixture.outcome(request) == "sent")
            #expect(eventually { fixture.installation.log.contains("webhooks/plain.yaml:1:1: error: ") })
            #expect(eventually { fixture.installation.log.contains("the old one stays") })
            Files.write(right, to: file)
            #expect(eventually { fixture.ready.contains(#""store":"current""#) })
            // The whole store away, and back.
            rename(store, "\(store).away")
            #expect(eventually { fixture.ready.contains("stale") })
            #expect(fixture.outcome(request) == "sent")
            rename("\(store).away", store)
            #expect(eventually { fixture.ready.contains("current") })
            // A link in its place, pointed elsewhere.
            rename(store, "\(store).1")
            symlink("store.1", store)
            #expect(eventually { fixture.ready.contains("current") })
            _ = Child.run(["cp", "-r", "\(store).1", "\(store).2"])
            unlink("\(store).2/webhooks/plain.yaml")
            fixture.link(store, to: "store.2")
            #expect(eventually { fixture.outcome(request) == "urn:flowhook:problem:unknown-webhook" })
            Files.write(right, to: "\(store).2/webhooks/plain.yaml")
            #expect(eventually { fixture.outcome(request) == "sent" })
        }

        @Test func takesACheckoutOfHundredsOfFilesForOneChange() throws {
            let fixture = Fixture()
            func git(_ arguments: String...) -> Int32 {
                let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
                return Child.run(["git", "-C", fixture.store] + identity + arguments).status
            }
            try #require(git("init") == 0)
            try #require([git("add", "."), git("commit", "-m", "one"), git("checkout", "-b", "many")] == [0, 0, 0])
            for number in 0..<400 {
                Files.write(
                    "id: many-\(number)\n",
                    to: "\(fixture.store)/marketing-activities/Many/\(number)/program.yaml"
                )
            }
            try #require([git("add", "."), git("commit", "-m", "many")] == [0, 0])
            func loads() -> Int {
                fixture.installation.log.split(separator: "\n").count { $0.contains("store loaded") }
            }
            func has(_ id: String) -> Bool {
                fixture.installation.client.get("/flow/programs/\(id)/tokens").status == 200
            }
            #expect(eventually { has("many-0") && has("many-399") })
            let before = loads()
            #expect(git("checkout", "main") == 0)
            #expect(eventually { !has("many-0") && !has("many-399") })
            #expect(git("checkout", "many") == 0)
            #expect(eventually { has("many-0") && has("many-399") })
            // One each, where nothing else holds the machine up; the line comes a moment after what it tells of.
            #expect(eventually { (2...20).contains(loads() - before) })
            #expect(!fixture.installation.finalLog().contains(#""level":"error""#))
        }

        @Test func readsEverythingOnHangUp() {
            let fixture = Fixture()
            let before = fixture.installation.log.count
            kill(fixture.installation.flowhook.pid, SIGHUP)
            #expect(eventually { fixture.installation.log.dropFirst(before).contains("store loaded") })
        }

        /// Where the kernel watches no more, changes are looked for, and the log says so.
        @Test(.enabled(if: Child.run(["unshare", "-Ur", "true"]).status == 0))
        func looksForChangesWhereNoWatchesAreLeft() {
            let fixture = Fixture(start: .withoutWatches)
            #expect(eventually { fixture.installation.log.contains("looked for once a second") })
            #expect(fixture.installation.log.contains("max_user_watches"))
            let request = #"{"webhook": "fresh", "lead": {}}"#
            Files.write("url: \"{{my.Service URL}}/fresh\"\n", to: "\(fixture.store)/webhooks/fresh.yaml")
            #expect(eventually { fixture.outcome(request) == "sent" })
        }

        /// Two files that belong together are swapped by one link, again and again, while requests come without pause.
        @Test func failsNoRequestAndShowsNoneTwoSnapshotsUnderLoad() {
            let fixture = Fixture([
                "webhooks/pair.yaml": """
                url: "{{my.Service URL}}/pair"
                request_token_encoding: JSON
                payload_template: '{"a": {{my.First}}, "b": {{my.Second}}}'
                """,
                "..0/my-tokens.yaml": "First: v0\n", "..0/In/my-tokens.yaml": "Second: v0\n",
                "..0/In/program.yaml": "id: pair\n",
            ])
            let store = fixture.store
            fixture.link("\(store)/..data", to: "..0")
            fixture.link("\(store)/marketing-activities/Pair", to: "../..data")
            let request = #"{"webhook": "pair", "lead": {}, "program": "pair"}"#
            #expect(eventually { fixture.outcome(request) == "sent" })
            let isOver = Locked(false)
            let failures = Locked<[String]>([])
            let answers = Locked(0)
            let running = Locked(4)
            let installation = fixture.installation
            for _ in 0..<4 {
                startThread {
                    while !isOver.withLock({ $0 }) {
                        let answer = installation.call(request)
                        answers.withLock { $0 += 1 }
                        if answer.status != 200 || !answer.body.contains(#""outcome":"sent""#) {
                            failures.withLock { $0.append("\(answer.status) \(answer.body)") }
                        }
                    }
                    running.withLock { $0 -= 1 }
                }
            }
            let versions = getenv("FLOWHOOK_LONG") == nil ? 80 : 200
            for version in 1...versions {
                Files.write("First: v\(version)\n", to: "\(store)/..\(version)/my-tokens.yaml")
                Files.write("Second: v\(version)\n", to: "\(store)/..\(version)/In/my-tokens.yaml")
                Files.write("id: pair\n", to: "\(store)/..\(version)/In/program.yaml")
                fixture.link("\(store)/..data", to: "..\(version)")
                if version % 10 == 0 {
                    kill(installation.flowhook.pid, SIGHUP)
                    // However slow the machine, some versions are to be seen.
                    #expect(eventually { fixture.service.received.last?.contains("\"v\(version)\"") == true })
                } else {
                    usleep(version % 3 == 0 ? 130_000 : 5_000)
                }
            }
            isOver.withLock { $0 = true }
            #expect(eventually { running.withLock { $0 } == 0 })
            #expect(failures.withLock { $0 } == [])
            let payloads = fixture.service.received.compactMap { $0.split(separator: "\r\n").last.map(String.init) }
            var seen: Set<String> = []
            for payload in payloads {
                let json = try? JSONValue(parsing: Array(payload.utf8))
                #expect(json?["a"] != nil && json?["a"] == json?["b"], "\(payload)")
                seen.insert(json?["a"]?.stringValue ?? "")
            }
            #expect(seen.count > versions / 10)
            #expect(answers.withLock { $0 } > versions)
            #expect(fixture.ready.contains("current"))
        }
    }
}
