internal import Glibc

/// A value behind a lock, for what several threads share.
///
/// A pthread mutex rather than `Synchronization.Mutex`: the thread sanitizer sees into it. Held for copies and small
/// changes alone, never across a system call that can wait.
package final class Locked<Value>: @unchecked Sendable {
    // Safe: `value` is touched with `mutex` held alone.
    private var value: Value
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    /// Puts a value behind a lock.
    package init(_ value: Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
    }

    /// Runs a closure with the value, alone.
    package func withLock<Result, Failure>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }
}
