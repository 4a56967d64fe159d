internal import CLinux
internal import Glibc

/// Takes the service's signals in order, on the thread that asks for them.
///
/// They are blocked in every thread, so that none cuts a read or a write short.
package struct SignalWatcher {
    private let descriptor: Int32

    /// The signals that the service knows.
    package enum Signal: Sendable {
        /// Stop gracefully: `SIGTERM`, `SIGINT`, or `SIGUSR1` of a FastCGI process manager.
        case stop
        /// Read the store anew: `SIGHUP`.
        case reload
    }

    /// Blocks the signals for this thread and those it starts, and begins to collect them.
    ///
    /// To be made before any other thread starts.
    ///
    /// - Throws: where the system gives no descriptor.
    package init() throws(SystemError) {
        // libfcgi puts in handlers of its own when it starts: it is to have done so before.
        FastCGIRequest.prepareLibrary()
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGTERM, SIGINT, SIGUSR1, SIGHUP] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        descriptor = signalfd(-1, &signals, Int32(SFD_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError("signalfd") }
    }

    /// Waits for the next signal; blocks the calling thread.
    package func next() -> Signal {
        var information = signalfd_siginfo()
        while true {
            let count = read(descriptor, &information, MemoryLayout<signalfd_siginfo>.size)
            guard count == MemoryLayout<signalfd_siginfo>.size else { continue }
            return information.ssi_signo == UInt32(SIGHUP) ? .reload : .stop
        }
    }
}
