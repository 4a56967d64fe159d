internal import FlowAction
internal import Glibc

/// Files that the command reads and writes for people.
enum StoreFile {
    /// A file could not be read or written.
    struct Failure: Error, CustomStringConvertible {
        /// A sentence for people.
        var description: String
        /// What the command ends with.
        var exitStatus: Int32

        /// Names the file, what the system says of it, and what to do.
        init(_ path: String, _ what: String) {
            let next =
                what == "read"
                ? "name a file that you may read, or - for standard input" : "name a place that you may write to"
            description = "\(path) cannot be \(what): \(String(cString: strerror(errno))); \(next)"
            exitStatus = what == "read" ? ExitStatus.input : ExitStatus.output
        }
    }

    /// Reads a file of text as UTF-8: it may be UTF-16 that a byte order mark tells, as shells of Windows write it.
    static func readText(_ path: String) throws(Failure) -> [UInt8] {
        let bytes = try read(path)
        return Charset.of(bytes, contentType: nil)?.decode(bytes) ?? bytes
    }

    /// Reads a file to its end; `-` is standard input.
    static func read(_ path: String) throws(Failure) -> [UInt8] {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(path, "read") }
        defer { if path != "-" { close(descriptor) } }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(path, "read") }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: buffer[..<count])
        }
    }

    /// Writes a file in one step, so that a service that watches the store never sees half of it; folders are made.
    ///
    /// - Parameters:
    ///   - mode: the file's mode, before the umask.
    ///   - replacing: whether a file that is there gives way.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o644, replacing: Bool) throws(Failure) {
        try makeFolders(above: path)
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        // Stores pass over names that begin with a dot.
        let draft = "\(folder).flowhook-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Failure(path, "written") }
        defer { unlink(draft) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                close(descriptor)
                throw Failure(path, "written")
            }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0, close(descriptor) == 0 else { throw Failure(path, "written") }
        var isPlaced = (replacing ? rename(draft, path) : link(draft, path)) == 0
        // Some file systems have no hard links.
        if !isPlaced, errno == EPERM || errno == EOPNOTSUPP, access(path, F_OK) != 0 {
            isPlaced = rename(draft, path) == 0
        }
        guard isPlaced else { throw Failure(path, "written") }
    }

    private static func makeFolders(above path: String) throws(Failure) {
        var folder = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/").dropLast() {
            folder += "\(part)/"
            guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw Failure(folder, "made") }
        }
    }
}
