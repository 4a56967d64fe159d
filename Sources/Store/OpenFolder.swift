internal import CLinux
internal import Glibc

/// The directory of a store, held open, so that what lies below it is found from there.
final class OpenFolder: Sendable {
    /// -1 where it cannot be opened; what is looked for then is not found, with the same error.
    private let descriptor: Int32
    private let failure: Int32

    /// Opens a directory.
    init(_ path: String) {
        descriptor = flowhook_open_folder(path)
        failure = descriptor < 0 ? errno : 0
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Opens what a relative path leads to (openat(2)).
    ///
    /// - Returns: the descriptor; -1, with `errno`, where it cannot be opened.
    func open(_ path: String, _ flags: Int32) -> Int32 {
        guard descriptor >= 0 else {
            errno = failure
            return -1
        }
        return openat(descriptor, path, flags)
    }

    /// Opens what a relative path leads to if it lies below the directory, as the kernel itself sees it while it opens it
    /// (openat2(2), `RESOLVE_BENEATH`): no link can be put in its way in between.
    ///
    /// - Returns: the descriptor; -1 where it cannot be opened, where a link on the way is an absolute one, and where the
    ///   system does not know the call or forbids it.
    func openBeneath(_ path: String, _ flags: Int32) -> Int32 {
        flowhook_open_beneath(descriptor, path, flags)
    }
}
