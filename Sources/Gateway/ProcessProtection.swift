internal import CLinux
internal import Glibc

/// What the process does for its own safety before anything else, however it was started.
package enum ProcessProtection {
    /// Protects the process; to be called first, before a thread starts or a file is opened.
    ///
    /// - Standard descriptors that are closed lead to `/dev/null`: a FastCGI process manager may hand over descriptor 0
    ///   alone (FastCGI 1.0, section 2.2), and a connection that got number 2 would be sent the log.
    /// - There are no core dumps, and no other process of the same user reads the memory: it holds secrets and people's
    ///   data (`PR_SET_DUMPABLE`, which counts where `RLIMIT_CORE` does not, with a collector in `core_pattern`).
    /// - Swift's backtraces on a crash go for the same reason: they print the memory that registers point at. A build
    ///   with a sanitizer keeps what it says of a crash: it is made for nothing else, and serves no people's data.
    /// - A file that may grow no more (`RLIMIT_FSIZE`) is an error of the write, not the end of the process.
    package static func apply() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is this one.
            _ = open("/dev/null", O_RDWR)
        }
        flowhook_forbid_dumps()
        if flowhook_is_sanitized() == 0 {
            for crash in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { signal(crash, SIG_DFL) }
        }
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Lets nothing that a service makes be read by everybody. What a command makes for its user is the user's own matter:
    /// a store that root begins is to be read by the service.
    package static func hideFiles() {
        umask(0o027)
    }
}
