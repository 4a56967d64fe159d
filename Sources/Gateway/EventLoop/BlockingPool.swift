internal import Glibc

/// A few threads for what may wait on a read or a write, which a loop never does.
final class BlockingPool: @unchecked Sendable {
    // Safe: `work` and `isClosing` are touched with `mutex` held alone.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var work: [@Sendable () -> Void] = []
    private var isClosing = false

    /// Starts the threads, signals blocked.
    init(threads: Int) {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
        for _ in 0..<threads { startThread { [self] in run() } }
    }

    /// Leaves work for the next free thread; in order of arrival.
    func submit(_ work: @escaping @Sendable () -> Void) {
        pthread_mutex_lock(mutex)
        self.work.append(work)
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Ends the threads once the work is done.
    func close() {
        pthread_mutex_lock(mutex)
        isClosing = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    private func run() {
        while let work = next() { work() }
    }

    private func next() -> (@Sendable () -> Void)? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while work.isEmpty {
            if isClosing { return nil }
            pthread_cond_wait(condition, mutex)
        }
        return work.removeFirst()
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }
}
