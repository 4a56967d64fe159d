import Gateway
import Glibc

/// A process that the tests start, and end.
final class Child: Sendable {
    let pid: pid_t

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - output: the file that standard output and error go to.
    ///   - directory: where it runs.
    init(_ arguments: [String], environment: [String: String] = [:], output: String, directory: String? = nil) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var variables = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        // The libraries of the toolchain, for a dynamically linked build.
        // And what a sanitizer is told.
        for name in ["LD_LIBRARY_PATH", "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "SWIFT_BACKTRACE"] {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        variables.merge(environment) { $1 }
        // posix_spawn has no portable way to change the directory; the shell becomes the program.
        let arguments = directory.map { ["sh", "-c", #"cd "$0" && exec "$@""#, $0] + arguments } ?? arguments
        var words = arguments.map { strdup($0) } + [nil]
        var settings = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in words + settings { free(text) } }
        // A group of its own, so that what it starts ends with it.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        posix_spawnattr_setpgroup(&attributes, 0)
        // The threads of the tests block signals, which a program would inherit.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var pid = pid_t()
        let code = posix_spawnp(&pid, arguments[0], &actions, &attributes, &words, &settings)
        precondition(code == 0, "\(arguments[0]) cannot be started: \(String(cString: strerror(code)))")
        self.pid = pid
        Self.running.withLock { $0.append(pid) }
        _ = Self.atExit
    }

    private static let running = Locked<[pid_t]>([])

    /// Nothing outlives the tests.
    private static let atExit: Void = {
        atexit { for pid in Child.running.withLock({ $0 }) { kill(-pid, SIGKILL) } }
    }()

    /// Ends the process and waits for it.
    ///
    /// - Returns: its exit status, or minus the signal that ended it.
    @discardableResult
    func end(_ signal: Int32 = SIGTERM, seconds: Int = 60) -> Int32 {
        kill(pid, signal)
        return wait(seconds: seconds)
    }

    /// Waits for the process to end; where it does not in time, kills it and gives the least integer.
    func wait(seconds: Int = 60) -> Int32 {
        var status: Int32 = 0
        for _ in 0..<seconds * 100 {
            let ended = waitpid(pid, &status, WNOHANG)
            // Somebody has waited for it already.
            if ended < 0, errno == ECHILD { return 0 }
            if ended == pid {
                Self.running.withLock { $0.removeAll { $0 == pid } }
                return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
            }
            usleep(10_000)
        }
        kill(-pid, SIGKILL)
        waitpid(pid, &status, 0)
        return .min
    }

    /// Runs a program to its end.
    static func run(_ arguments: [String], environment: [String: String] = [:]) -> (status: Int32, output: String) {
        let file = "/tmp/flowhook-output-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        defer { unlink(file) }
        let status = Child(arguments, environment: environment, output: file).wait()
        return (status, Files.read(file))
    }

    /// Runs a program on a terminal of its own (pty(7)), with its output and its errors there.
    static func onTerminal(_ arguments: [String], environment: [String: String]) -> String {
        let script = """
            import os, pty, sys
            pid, terminal = pty.fork()
            if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])
            output = b""
            while True:
                try: piece = os.read(terminal, 65536)
                except OSError: break
                if not piece: break
                output += piece
            os.waitpid(pid, 0)
            sys.stdout.buffer.write(output.replace(b"\\r\\n", b"\\n"))
            """
        return run(["python3", "-c", script] + arguments, environment: environment).output
    }
}

/// Files of the tests.
enum Files {
    static func read(_ path: String) -> String { String(decoding: bytes(path), as: UTF8.self) }

    static func bytes(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: buffer[..<count])
        }
    }

    /// Writes a file, its folders too.
    static func write(_ text: String, to path: String) {
        write(bytes: Array(text.utf8), to: path)
    }

    /// Writes a file of any bytes, its folders too.
    static func write(bytes: [UInt8], to path: String) {
        var folder = ""
        for part in path.split(separator: "/").dropLast() {
            folder += "/\(part)"
            mkdir(folder, 0o755)
        }
        guard let file = fopen(path, "w") else { preconditionFailure("\(path) cannot be written") }
        _ = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
        fclose(file)
    }
}
