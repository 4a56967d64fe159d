internal import CLinux
internal import Glibc
internal import Synchronization

/// Writes log lines from a thread of its own, so that a stuck pipe delays no request.
///
/// Lines wait in a bounded queue. What does not fit is dropped and counted, and so is what the descriptor does not take
/// (a full disk, a file at its size limit); the count is told with the next line that gets through. A line that was cut
/// off never runs into the next one.
package final class LogWriter: @unchecked Sendable {
    // Safe: `lines`, `queuedBytes`, `dropped`, `isClosing`, `hasStarted` and `hasEnded` are touched with `mutex` held alone,
    // `isTorn` by the writing thread.
    private let descriptor: Int32
    private let maximumBytes: Int
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var lines: [[UInt8]] = []
    private var queuedBytes = 0
    private var dropped = 0
    private var isClosing = false
    /// Whether the thread has been started: the first line does it.
    private var hasStarted = false
    private var hasEnded = false
    /// Whether the last that was written is the beginning of a line.
    private var isTorn = false

    private let droppedInAll = Atomic<Int>(0)

    /// How many lines were dropped since the start.
    package var droppedLines: Int { droppedInAll.load(ordering: .relaxed) }

    /// Makes a writer; its thread begins with the first line.
    ///
    /// - Parameters:
    ///   - descriptor: where lines go, standard error by default; never closed here.
    ///   - maximumBytes: how many bytes may wait, 4 MiB by default.
    package init(descriptor: Int32 = STDERR_FILENO, maximumBytes: Int = 4 << 20) {
        self.descriptor = descriptor
        self.maximumBytes = maximumBytes
        pthread_mutex_init(mutex, nil)
        // The end of the wait in `close` is not the wall clock's to move.
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    /// Queues a line; its line feed is added here.
    package func write(_ line: [UInt8]) {
        pthread_mutex_lock(mutex)
        if queuedBytes + line.count > maximumBytes {
            dropped += 1
            droppedInAll.wrappingAdd(1, ordering: .relaxed)
        } else {
            queuedBytes += line.count + 1
            lines.append(line)
            // Where the system has no thread to give now, the next line asks again.
            if !hasStarted { hasStarted = startThreadIfPossible { [self] in run() } }
            if lines.count == 1 { pthread_cond_broadcast(condition) }
        }
        pthread_mutex_unlock(mutex)
    }

    /// Writes what waits, for at most a second, and ends the thread.
    package func close() {
        pthread_mutex_lock(mutex)
        isClosing = true
        if !hasStarted, !lines.isEmpty { hasStarted = startThreadIfPossible { [self] in run() } }
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        deadline.tv_sec += 1
        // A pipe that nobody reads keeps the thread; the process ends without it.
        pthread_mutex_lock(mutex)
        while hasStarted, !hasEnded, pthread_cond_timedwait(condition, mutex, &deadline) == 0 {}
        pthread_mutex_unlock(mutex)
    }

    private func run() {
        while let batch = next() { write(batch.lines, dropped: batch.dropped) }
        pthread_mutex_lock(mutex)
        hasEnded = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// All waiting lines, once there are any; `nil` at the end.
    private func next() -> (lines: [[UInt8]], dropped: Int)? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while lines.isEmpty {
            if isClosing { return nil }
            pthread_cond_wait(condition, mutex)
        }
        if !isClosing {
            // Lines come in bunches: a millisecond's wait takes many of them with one write, and none but the first has
            // to wake this thread.
            pthread_mutex_unlock(mutex)
            usleep(1_000)
            pthread_mutex_lock(mutex)
        }
        defer {
            lines = []
            queuedBytes = 0
            dropped = 0
        }
        return (lines, dropped)
    }

    /// Writes lines, each with its line feed, and how many were dropped before them; counts what is not written whole.
    private func write(_ lines: [[UInt8]], dropped: Int) {
        var bytes: [UInt8] = isTorn ? [UInt8(ascii: "\n")] : []
        let start = bytes.count
        // Where each line ends.
        var ends: [Int] = []
        for line in lines {
            bytes.append(contentsOf: line)
            bytes.append(UInt8(ascii: "\n"))
            ends.append(bytes.count)
        }
        if dropped > 0 {
            bytes.append(
                contentsOf:
                    "{\"level\":\"warning\",\"message\":\"log lines were dropped\",\"dropped\":\(dropped)}\n".utf8
            )
        }
        let written = writeAll(bytes)
        guard written < bytes.count else {
            isTorn = false
            return
        }
        let whole = ends.prefix { $0 <= written }
        if written > 0 { isTorn = written > whole.last ?? start }
        let lost = lines.count - whole.count
        droppedInAll.wrappingAdd(lost, ordering: .relaxed)
        pthread_mutex_lock(mutex)
        // To be told yet, with those that were to be told now.
        self.dropped += lost + dropped
        pthread_mutex_unlock(mutex)
    }

    /// Writes bytes, for as long as the descriptor takes any.
    ///
    /// - Returns: how many were written.
    private func writeAll(_ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let count = Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                if count > 0 {
                    offset += count
                } else if errno == EAGAIN {
                    var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    Glibc.poll(&poll, 1, 1000)
                } else if errno != EINTR {
                    break
                }
            }
            return offset
        }
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }
}
