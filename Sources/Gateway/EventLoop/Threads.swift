internal import CLinux
internal import Glibc

/// Runs something on a thread of its own, with all signals blocked: they belong to the one that watches for them.
///
/// For those that a program cannot begin without: where the system has none, it says so and exits with 71 (`EX_OSERR`).
package func startThread(_ body: @escaping @Sendable () -> Void) {
    if !startThreadIfPossible(body) { failForWantOfThreads() }
}

/// Ends the process, which has begun nothing yet.
func failForWantOfThreads() -> Never {
    let text: StaticString = "flowhook: the system has no thread to give (RLIMIT_NPROC, pids.max)\n"
    _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    _exit(71)
}

/// Starts a thread as ``startThread(_:)`` does, where the system has one to give.
///
/// - Returns: whether it had.
func startThreadIfPossible(_ body: @escaping @Sendable () -> Void) -> Bool {
    guard let thread = joinableThread(body) else { return false }
    pthread_detach(thread)
    return true
}

/// Starts a thread as ``startThread(_:)`` does, for whoever waits for its end.
///
/// - Returns: the thread, to be joined or detached once; `nil` where the system has none to give (pthread_create(3),
///   `EAGAIN`).
func joinableThread(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
    final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Body(body))
    let code = pthread_create(
        &thread,
        nil,
        { context in
            guard let context else { return nil }
            Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
            return nil
        },
        context.toOpaque()
    )
    guard code == 0 else {
        context.release()
        return nil
    }
    return thread
}
