internal import Glibc

extension EventLoop {
    /// Makes the calling thread the loop's, in place of ``start()``, until asynchronous work on it is done.
    ///
    /// For a process that does one thing: no other thread is started for it. The loop does not run again.
    package func runHere<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) -> Value {
        let result = Locked<Value?>(nil)
        runOnCallingThread {
            Task(executorPreference: self) {
                let value = await work()
                result.withLock { $0 = value }
                self.endOnOwnThread()
            }
        }
        guard let value = result.withLock({ $0 }) else { preconditionFailure("the loop has ended before its work") }
        return value
    }

    /// Runs asynchronous work on the loop and blocks the calling thread, which is not the loop's, until it is done.
    package func wait<Value: Sendable>(for work: @escaping @Sendable () async -> Value) -> Value {
        precondition(!isCurrent, "a loop cannot wait for itself")
        let result = Locked<Value?>(nil)
        let done = Semaphore()
        Task(executorPreference: self) {
            let value = await work()
            result.withLock { $0 = value }
            done.signal()
        }
        while true {
            done.wait()
            if let value = result.withLock({ $0 }) { return value }
        }
    }
}

/// A semaphore (sem_overview(7)) of one process.
private final class Semaphore: @unchecked Sendable {
    // Safe: the semaphore is made for use by several threads.
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() {
        sem_init(semaphore, 0, 0)
    }

    func signal() {
        sem_post(semaphore)
    }

    func wait() {
        while sem_wait(semaphore) != 0, errno == EINTR {}
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }
}
