internal import Glibc

/// A few threads for what may wait on a read or a write, which a loop never does.
///
/// Where all of them wait, and more work comes, further ones are started up to a bound; they end when there is nothing
/// left for them to do.
final class BlockingPool: @unchecked Sendable {
    // Safe: all that changes is touched with `mutex` held alone.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var work: [@Sendable () -> Void] = []
    private var isClosing = false
    /// How many threads there are.
    private var threads: Int
    /// How many of them wait for work.
    private var idle = 0
    private let kept: Int
    private let maximum: Int

    /// Starts the threads, signals blocked.
    ///
    /// - Parameters:
    ///   - threads: how many there are always.
    ///   - maximum: how many there may be while all wait; no more than those where it is `nil`.
    init(threads: Int, maximum: Int? = nil) {
        self.threads = threads
        kept = threads
        self.maximum = max(threads, maximum ?? threads)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
        for _ in 0..<threads { startThread { [self] in run() } }
    }

    /// Leaves work for the next free thread; in order of arrival.
    func submit(_ work: @escaping @Sendable () -> Void) {
        pthread_mutex_lock(mutex)
        self.work.append(work)
        let mustGrow = self.work.count > idle && threads < maximum
        if mustGrow { threads += 1 }
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
        guard mustGrow, !startThreadIfPossible({ [self] in run() }) else { return }
        // The system has none to give: the work waits for those that are there.
        pthread_mutex_lock(mutex)
        threads -= 1
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
            if isClosing || threads > kept {
                threads -= 1
                return nil
            }
            idle += 1
            pthread_cond_wait(condition, mutex)
            idle -= 1
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
