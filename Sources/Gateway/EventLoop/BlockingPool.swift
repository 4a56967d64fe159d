internal import Glibc

/// A few threads for what may wait on a read or a write, which a loop never does.
///
/// They are started as work comes and finds none free, up to a bound. Some are kept for later; the others end when there is
/// nothing left for them to do.
final class BlockingPool: @unchecked Sendable {
    // Safe: all that changes is touched with `mutex` held alone.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var work: [@Sendable () -> Void] = []
    private var isClosing = false
    /// How many threads there are.
    private var threads = 0
    /// How many of them wait for work.
    private var idle = 0
    private let kept: Int
    private let maximum: Int

    /// Makes a pool without a thread.
    ///
    /// - Parameters:
    ///   - threads: how many are kept once they have been started.
    ///   - maximum: how many there may be while all wait; no more than those where it is `nil`.
    init(threads: Int, maximum: Int? = nil) {
        kept = threads
        self.maximum = max(threads, maximum ?? threads)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    /// Leaves work for the next free thread; in order of arrival.
    ///
    /// - Returns: `false` where there is no thread and the system has none to give (pthread_create(3), `EAGAIN`); the work
    ///   is not done then.
    func submit(_ work: @escaping @Sendable () -> Void) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        // With the lock held: what is left here finds the thread that it was left for.
        if self.work.count >= idle, threads < maximum, startThreadIfPossible({ [self] in run() }) { threads += 1 }
        guard threads > 0 else { return false }
        self.work.append(work)
        pthread_cond_signal(condition)
        return true
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
