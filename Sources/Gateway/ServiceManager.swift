internal import CLinux
internal import Glibc

/// What systemd is told of the process's state (sd_notify(3)), where it asked for it.
enum ServiceManager {
    /// A change of state.
    enum State: String {
        /// Requests are answered from now on.
        case ready = "READY=1"
        /// What is under way ends, and then the process.
        case stopping = "STOPPING=1"
    }

    /// Sends a state as a datagram to the socket that `NOTIFY_SOCKET` names; does nothing without one.
    ///
    /// A name that begins with `@` is one of the abstract namespace (unix(7)). That nobody takes it is no error here.
    static func notify(_ state: State) {
        guard let name = getenv("NOTIFY_SOCKET").map({ Array(String(cString: $0).utf8) }) else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard !name.isEmpty, name.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            path.copyBytes(from: name)
            if path[0] == UInt8(ascii: "@") { path[0] = 0 }
        }
        let descriptor = socket(AF_UNIX, flowhook_datagram_socket | flowhook_closed_on_exec, 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // The abstract name ends where the length says; another may end there too.
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let text = Array(state.rawValue.utf8)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = sendto(descriptor, text, text.count, Int32(MSG_NOSIGNAL), pointer, length)
            }
        }
    }
}
