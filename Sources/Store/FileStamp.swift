internal import Glibc

/// What tells that a file is still the one that was read, without reading it.
struct FileStamp: Hashable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let modified: Timestamp
    private let changed: Timestamp

    /// Seconds and nanoseconds since the epoch.
    private struct Timestamp: Hashable {
        var seconds: Int
        var nanoseconds: Int

        init(_ time: timespec) {
            seconds = time.tv_sec
            nanoseconds = time.tv_nsec
        }
    }

    /// How old the last change is to be for a stamp to be trusted, in seconds: file systems tell times to the tick of
    /// the kernel's clock, or to a second or two, and a second change within that leaves the stamp as it was.
    private static let granularity = 2

    /// Takes what the system says of a file (fstat(2)).
    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modified = Timestamp(status.st_mtim)
        changed = Timestamp(status.st_ctim)
    }

    /// The stamp of what a path leads to, links followed; `nil` where that is nothing.
    init?(ofPath path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Whether the stamp, taken now, would differ after any later change.
    ///
    /// The time of change counts, not that of modification, which programs can set.
    var isTrusted: Bool {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return changed.seconds <= now.tv_sec - Self.granularity
    }
}
