internal import Glibc

/// How the process was started, and so which way requests come in.
package enum WayIn: Sendable, Hashable {
    /// With a listening socket that somebody handed over: systemd, spawn-fcgi, or a web server.
    case listeningSocket(Int32)
    /// By a web server, to answer one request as a CGI program (RFC 3875).
    case cgi
    /// By hand.
    case shell

    /// Looks at what the process was given: systemd's sockets first, then descriptor 0, then a web server's variables.
    ///
    /// A CGI program has descriptor 0 too, and a service of systemd has `/dev/null` there: the order matters.
    /// systemd's variables are taken out of the environment, so the answer is found once and kept.
    package static func detect() -> WayIn {
        detected
    }

    /// How many sockets systemd hands over beyond the one that is served: who connects to one of them would wait for ever.
    package static var excessSockets: Int { Int(max(1, handedOver?.count ?? 1)) - 1 }

    private static let detected: WayIn = {
        if let (descriptor, _) = handedOver { return .listeningSocket(descriptor) }
        if isListening(STDIN_FILENO) { return .listeningSocket(STDIN_FILENO) }
        if getenv("GATEWAY_INTERFACE") != nil || getenv("REQUEST_METHOD") != nil { return .cgi }
        return .shell
    }()

    /// The first socket of sd_listen_fds(3), descriptor 3, where `LISTEN_PID` is this process, and how many there are.
    private static let handedOver: (descriptor: Int32, count: Int32)? = {
        // They are for this process alone.
        defer { for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) } }
        guard let pid = getenv("LISTEN_PID").flatMap({ Int32(String(cString: $0)) }), pid == getpid(),
            let count = getenv("LISTEN_FDS").flatMap({ Int32(String(cString: $0)) }), count >= 1, isListening(3)
        else { return nil }
        _ = fcntl(3, F_SETFD, FD_CLOEXEC)
        return (3, count)
    }()

    private static func isListening(_ descriptor: Int32) -> Bool {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) == 0 && value != 0
    }
}
