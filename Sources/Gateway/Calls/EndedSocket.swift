internal import CLinux
internal import Glibc

/// A socket whose other end is closed: there is nothing to read from it but the end.
enum EndedSocket {
    /// Closes a socket and stands under its number, so that whatever its peer sends is not for anyone any more; where there
    /// is no descriptor for it, the socket is shut down.
    static func take(placeOf descriptor: Int32) {
        guard ended >= 0, dup2(ended, descriptor) == descriptor else {
            shutdown(descriptor, Int32(SHUT_RDWR))
            return
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    /// Negative where there was no descriptor for it.
    private static let ended: Int32 = {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, flowhook_stream_socket | flowhook_closed_on_exec, 0, &ends) == 0 else { return -1 }
        close(ends[1])
        return ends[0]
    }()
}
