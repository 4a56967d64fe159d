import CLinux
import Gateway
import Glibc
import Testing

@Suite struct ListeningSocketTests {
    /// Runs the body with a fresh path, and leaves nothing there.
    private func withPath(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/flowhook-test-XXXXXX".utf8CString)
        let directory = try #require(mkdtemp(&template).map { String(cString: $0) })
        defer {
            unlink("\(directory)/socket")
            rmdir(directory)
        }
        try body("\(directory)/socket")
    }

    private func withAddress<Result>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private func connects(to path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        return withAddress(path) { connect(descriptor, $0, $1) } == 0
    }

    @Test func listensOnAPathForOwnerAndGroup() throws {
        try withPath { path in
            let socket = try ListeningSocket("unix:\(path)")
            defer { close(socket.descriptor) }
            var status = stat()
            try #require(stat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o660)
            #expect(fcntl(socket.descriptor, F_GETFL) & O_NONBLOCK != 0)
            #expect(fcntl(socket.descriptor, F_GETFD) & FD_CLOEXEC != 0)
            #expect(connects(to: path))
            socket.removeFile()
            #expect(access(path, F_OK) != 0)
        }
    }

    @Test func replacesADeadSocketAndNotALivingOne() throws {
        try withPath { path in
            let first = try ListeningSocket("unix:\(path)")
            #expect(throws: ListeningSocket.AddressError.self) { try ListeningSocket("unix:\(path)") }
            #expect(connects(to: path))
            // A process that was killed leaves its file behind.
            close(first.descriptor)
            let second = try ListeningSocket("unix:\(path)")
            defer { close(second.descriptor) }
            #expect(connects(to: path))
            // What stands there now is not the first one's to remove.
            first.removeFile()
            #expect(connects(to: path))
        }
    }

    /// Who listens and does not get to accept is alive all the same.
    @Test func leavesASocketWhoseQueueIsFull() throws {
        try withPath { path in
            let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(listener) }
            try #require(withAddress(path) { bind(listener, $0, $1) } == 0 && listen(listener, 0) == 0)
            var waiting: [Int32] = []
            defer { for descriptor in waiting { close(descriptor) } }
            repeat {
                waiting.append(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0))
            } while waiting.count < 100 && withAddress(path) { connect(waiting[waiting.count - 1], $0, $1) } == 0
            try #require(errno == EAGAIN)
            let error = #expect(throws: ListeningSocket.AddressError.self) { try ListeningSocket("unix:\(path)") }
            #expect(error?.description.contains("a process listens there already") == true)
            #expect(access(path, F_OK) == 0)
        }
    }

    @Test func leavesAFileThatIsNoSocket() throws {
        try withPath { path in
            close(open(path, O_CREAT | O_WRONLY, 0o600))
            #expect(throws: ListeningSocket.AddressError.self) { try ListeningSocket("unix:\(path)") }
            #expect(access(path, F_OK) == 0)
        }
    }

    @Test(arguments: ["tcp:127.0.0.1:0", "tcp:[::1]:0", "tcp:localhost:0"])
    func listensOnTCP(address: String) throws {
        let socket = try ListeningSocket(address)
        defer { close(socket.descriptor) }
        var isListening: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        #expect(getsockopt(socket.descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &length) == 0)
        #expect(isListening == 1)
    }

    @Test(arguments: [
        "", "/run/flowhook.sock", "unix:", "unix:/tmp/\(String(repeating: "x", count: 200))",
        "unix:/nonexistent/socket", "unix:@flowhook",
        "tcp:", "tcp:127.0.0.1", "tcp::9000", "tcp:127.0.0.1:65536", "tcp:127.0.0.1:http", "tcp:127.0.0.1:-1",
    ])
    func refuses(address: String) {
        #expect(throws: ListeningSocket.AddressError.self) { try ListeningSocket(address) }
    }
}
