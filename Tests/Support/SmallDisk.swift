import Glibc

/// A file system of 128 KiB that half is taken of: a disk that fills up, and gets room again.
package final class SmallDisk: Sendable {
    /// Where it is mounted.
    package let directory: String

    /// Whether this machine lets us mount one.
    package static let isPermitted: Bool = {
        guard getuid() == 0 else { return false }
        let directory = makeDirectory()
        defer { rmdir(directory) }
        guard mount(directory) else { return false }
        return umount2(directory, Int32(MNT_DETACH)) == 0
    }()

    /// Mounts a file system (tmpfs(5)).
    package init() {
        directory = Self.makeDirectory()
        precondition(Self.mount(directory), "mount: \(String(cString: strerror(errno)))")
        let file = open("\(directory)/ballast", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        let ballast = [UInt8](repeating: 0, count: 64 << 10)
        precondition(write(file, ballast, ballast.count) == ballast.count)
        close(file)
    }

    deinit {
        umount2(directory, Int32(MNT_DETACH))
        rmdir(directory)
    }

    /// Gives back the half that was taken.
    package func makeRoom() {
        unlink("\(directory)/ballast")
    }

    /// What a file holds.
    package func bytes(_ name: String) -> [UInt8] {
        let file = open("\(directory)/\(name)", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 256 << 10)
        let count = read(file, &bytes, bytes.count)
        return Array(bytes.prefix(max(0, count)))
    }

    private static func mount(_ directory: String) -> Bool {
        Glibc.mount("flowhook-test", directory, "tmpfs", UInt(MS_NOSUID | MS_NODEV), "size=128k,mode=755") == 0
    }

    private static func makeDirectory() -> String {
        let directory = "/tmp/flowhook-disk-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        mkdir(directory, 0o755)
        return directory
    }
}
