internal import CLinux
internal import Glibc

/// The open file of the activity log: whole lines at its end, whoever else appends to it.
///
/// Writers of several processes take turns by flock(2). A line that was cut off (a full disk, a process killed in the
/// middle of a write) never runs into the next: what was written of it is taken back, and where that cannot be, the
/// next writer begins with a line feed.
final class ActivityFile {
    private let descriptor: Int32

    /// Opens a file for appending, and makes it with mode 0640 where there is none.
    ///
    /// - Throws: what open(2) says.
    init(path: String) throws(SystemError) {
        let flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        var descriptor = open(path, flags | O_CREAT | O_EXCL, 0o640)
        if descriptor >= 0 {
            // Whatever the umask.
            fchmod(descriptor, 0o640)
        } else if errno == EEXIST {
            descriptor = open(path, flags)
        }
        guard descriptor >= 0 else { throw SystemError("open") }
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFIFO {
            // Opened for writing alone, a pipe that nobody reads is an error, and nothing to wait for.
            close(descriptor)
            descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK)
            guard descriptor >= 0 else { throw SystemError("open") }
        }
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Appends lines, each with a line feed behind it, with as few calls of write(2) as the system allows.
    ///
    /// - Returns: how many lines were written whole, from the first on, and what stopped the others.
    func append(_ lines: [[UInt8]]) -> (written: Int, error: SystemError?) {
        _ = flock(descriptor, LOCK_EX)
        defer { _ = flock(descriptor, LOCK_UN) }
        var written = 0
        var isCut = false
        while written < lines.count {
            let start = end()
            var bytes: [UInt8] = start.isTorn || isCut ? [UInt8(ascii: "\n")] : []
            bytes.reserveCapacity(lines[written...].reduce(1) { $0 + $1.count + 1 })
            // Where each line ends.
            var ends: [Int] = []
            for line in lines[written...] {
                bytes.append(contentsOf: line)
                bytes.append(UInt8(ascii: "\n"))
                ends.append(bytes.count)
            }
            let count = write(descriptor, bytes, bytes.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return (written, SystemError("write")) }
            if count == bytes.count { return (lines.count, nil) }
            let whole = ends.prefix { $0 <= count }
            written += whole.count
            isCut = start.size < 0 && count > whole.last ?? 0
            if start.size >= 0 { ftruncate(descriptor, off_t(start.size + (whole.last ?? 0))) }
            // No room for one line; the rest would not get any either.
            if start.size >= 0, whole.isEmpty { return (written, SystemError("write", code: ENOSPC)) }
        }
        return (written, nil)
    }

    /// The size of a regular file, -1 for what has none, and whether it ends in the middle of a line.
    private func end() -> (size: Int, isTorn: Bool) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return (-1, false) }
        var last: UInt8 = 0
        let isTorn = status.st_size > 0 && pread(descriptor, &last, 1, status.st_size - 1) == 1 && last != 0x0A
        return (Int(status.st_size), isTorn)
    }
}
