import Glibc
import JSON
import TestSupport
import Testing

extension Operation {
    /// What the process may do, and what a client may make it do: as little as there is.
    @Suite(.serialized) struct PrivilegeTests {
        private static let get = #"{"webhook": "GET", "lead": {"id": 7}}"#

        /// All system calls on files, from the start to the stop: what is written is the activity log, where there is one.
        @Test(.enabled(if: !isSanitized, "a sanitizer opens files of its own"), arguments: [false, true])
        func writesNothing(butTheActivityLog hasActivityLog: Bool) {
            let trace = "/tmp/flowhook-trace-\(getpid())"
            defer { unlink(trace) }
            let calls = "trace=%file,openat,open_by_handle_at"
            let activities = "/tmp/flowhook-activities-\(getpid()).jsonl"
            defer { unlink(activities) }
            let sample = Sample(
                start: .launched(by: ["strace", "-D", "-f", "-qq", "-s", "4096", "-e", calls, "-o", trace])
            ) { store in
                if hasActivityLog { store["flowhook.yaml", default: ""] += "activity_log: \(activities)\n" }
            }
            let installation = sample.installation
            for request in [SampleStore.enrich, Self.get, #"{"webhook": "nobody", "lead": {}}"#] {
                #expect(installation.call(request).status > 0)
            }
            #expect(installation.client.get("/flow/programs").status == 200)
            kill(installation.flowhook.pid, SIGHUP)
            #expect(Installation.waitUntil { installation.log.contains("store loaded") })
            #expect(installation.flowhook.end() == 0)
            let lines = Files.read(trace).split(separator: "\n").map(String.init)
            #expect(lines.contains { $0.contains("openat2(") && $0.contains("enrich.yaml") })
            #expect(lines.contains { $0.contains("openat(") && $0.contains(activities) } == hasActivityLog)
            for line in lines where !line.contains(" = -1 ") {
                if line.contains("openat("), line.contains("\"\(activities)\"") {
                    // Its end alone: nothing of it can be changed.
                    #expect(line.contains("O_APPEND") && line.contains("O_CLOEXEC"), "\(line)")
                    continue
                }
                let isOwnSocket = line.contains("\(installation.directory)/flowhook.sock")
                if ["open(", "openat(", "openat2("].contains(where: line.contains) {
                    let isWritten = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].contains { line.contains($0) }
                    #expect(!isWritten || line.contains("/dev/null"), "\(line)")
                    #expect(!line.contains("/store/") || line.contains("O_CLOEXEC"), "\(line)")
                    let isFile = line.contains(".yaml\"") || line.contains(".json\"")
                    #expect(!isFile || line.contains("O_NOFOLLOW") || line.contains("RESOLVE_BENEATH"), "\(line)")
                    #expect(!isFile || line.contains("O_CLOEXEC"), "\(line)")
                }
                for call in [
                    "unlink", "rename", "mkdir", "rmdir", "link(", "linkat(", "symlink", "chmod", "chown", "truncate",
                ] {
                    let isCalled = line.contains(" \(call)") && !line.contains("readlink")
                    #expect(!isCalled || isOwnSocket, "\(line)")
                }
            }
        }

        @Test func isReadableToNobodyElse() {
            let core = "/tmp/flowhook-core-\(getpid())"
            defer { _ = Child.run(["rm", "-rf", core]) }
            Files.write("", to: "\(core)/empty")
            let limit = ["prlimit", "--core=unlimited"]
            let sample = Sample(start: .launched(by: limit))
            let installation = sample.installation
            #expect(Process.status(of: installation.flowhook.pid, "Umask") == "0027")
            var status = stat()
            #expect(stat("\(installation.directory)/flowhook.sock", &status) == 0)
            #expect(status.st_mode & 0o777 == 0o660)
            func leavesCore(in directory: String) -> Bool {
                Child.run(["sh", "-c", "ls \(directory) | grep -q '^core'"]).status == 0
            }
            // Another program that ends so leaves one, where the machine writes them to files at all.
            let other = Child(limit + ["sleep", "60"], output: "\(core)/output", directory: core)
            Installation.waitUntil { Files.read("/proc/\(other.pid)/comm") == "sleep\n" }
            other.end(SIGABRT)
            #expect(installation.flowhook.end(SIGABRT) == -SIGABRT)
            // Nor does what it says on its way out show memory.
            #expect(!installation.log.contains("Registers"))
            if leavesCore(in: core) { #expect(!leavesCore(in: installation.directory)) }
        }

        /// A FastCGI process manager may hand over descriptor 0 alone: the log must not go to who connects third.
        @Test func aClosedStandardErrorIsNoConnection() throws {
            let sample = Sample(start: .launched(by: ["sh", "-c", #"exec "$0" "$@" 0<&- 1>&- 2>&-"#]))
            for _ in 0..<10 { #expect(sample.installation.call(Self.get).status == 200) }
            var buffer = [CChar](repeating: 0, count: 256)
            for descriptor in 0...2 where getuid() == 0 {
                let count = readlink("/proc/\(sample.installation.flowhook.pid)/fd/\(descriptor)", &buffer, 255)
                #expect(
                    String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
                        == "/dev/null"
                )
            }
        }

        /// Whatever spelling a client's header has, and however lax nginx is, it becomes no variable of the web server's.
        @Test func headersCannotPassForVariables() throws {
            let sample = Sample(server: "underscores_in_headers on; ignore_invalid_headers off;")
            let installation = sample.installation
            let names = [
                "FLOWHOOK_MOUNT", "FLOWHOOK-MOUNT", "Flowhook_Mount", "HTTP_FLOWHOOK_MOUNT", "X_FLOWHOOK_MOUNT",
                "X-FLOWHOOK_MOUNT", "REQUEST_ID", "Request_Id", "X_REQUEST_ID", "X-Request_Id", "HTTP_X_REQUEST_ID",
                "REQUEST_METHOD", "REQUEST_URI", "SCRIPT_NAME", "PATH_INFO", "CONTENT_LENGTH", "FLOWHOOK_STORE",
                "Proxy", "HTTP_PROXY", "REQUEST_ID=forged", "X.Request.Id",
            ]
            for name in names {
                let headers = ["Content-Type: application/json", "\(name): /forged"]
                let response = installation.client.post("/flow/call-webhook", Self.get, headers: headers)
                #expect(response.status == 200, "\(name)")
                #expect(response.body.contains(#""outcome":"sent""#), "\(name)")
                #expect(!"\(response.headers) \(response.body)".contains("forged"), "\(name)")
            }
            #expect(!installation.finalLog().contains("forged"))
            #expect(sample.service.received.allSatisfy { !$0.contains("forged") })
        }

        /// Where the web server sets no id the caller's counts, if it is one; nothing in it begins a header.
        @Test func answersCannotBeSplit() throws {
            let sample = Sample()
            let socket = "\(sample.installation.directory)/flowhook.sock"
            let ids = [
                "a\r\nX-Split: 1", "a\nX-Split: 1", "a\r\n\r\nbody", "a b", "a\u{0}b",
                String(repeating: "a", count: 65),
            ]
            for id in ids + ["good.id_1-A"] {
                for variable in ["REQUEST_ID", "HTTP_X_REQUEST_ID"] {
                    for path in ["/flow/healthz", "/flow/nowhere\r\nX-Split: 1", "/flow/call-webhook"] {
                        let client = try FastCGIClient(path: socket)
                        client.send(
                            FastCGIBytes.request(
                                [
                                    ("REQUEST_METHOD", "GET"), ("REQUEST_URI", path), ("FLOWHOOK_MOUNT", "/flow"),
                                    (variable, id),
                                ],
                                keep: false
                            )
                        )
                        let text = try #require(client.text())
                        let head = text[..<(text.firstRange(of: "\r\n\r\n")?.lowerBound ?? text.endIndex)]
                        let names = head.split(separator: "\r\n").map { $0.prefix { $0 != ":" } }
                        #expect(!names.contains("X-Split") && !head.contains("\nX-Split"), "\(text)")
                        #expect(head.contains("X-Request-Id: good.id_1-A") == (id == "good.id_1-A"), "\(text)")
                        #expect(names.count(where: { $0 == "Content-Length" }) == 1)
                    }
                }
            }
        }
    }
}
