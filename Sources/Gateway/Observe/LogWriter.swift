internal import CLinux
internal import FlowAction
internal import Glibc
internal import JSON
internal import Synchronization

/// Writes log lines from a thread of its own, so that a stuck pipe delays no request.
///
/// Lines wait in a bounded queue. What does not fit is dropped and counted, and so is what the descriptor does not take
/// (a full disk, a file at its size limit); the count is told with the next line that gets through. A line that was cut
/// off never runs into the next one.
package final class LogWriter: @unchecked Sendable {
    // Safe: `waiting`, `dropped`, `isClosing`, `hasStarted` and `hasEnded` are touched with `mutex` held alone, `batch` and
    // `isTorn` by the writing thread.
    private let descriptor: Int32
    private let maximumBytes: Int
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    /// Whole lines, each with its line feed.
    private var waiting = ByteBuffer(capacity: LogWriter.usualBytes)
    /// The lines that are being written.
    private var batch = ByteBuffer(capacity: LogWriter.usualBytes)
    private var dropped = 0
    private var isClosing = false
    /// Whether the thread has been started: the first line does it.
    private var hasStarted = false
    private var hasEnded = false
    /// Whether the last that was written is the beginning of a line.
    private var isTorn = false

    private let droppedInAll = Atomic<Int>(0)
    private let writesText = Atomic<Bool>(false)

    private static let lineFeed = UInt8(ascii: "\n")
    /// How long the first line waits for others, in microseconds.
    private static let bunch: UInt32 = 10_000
    /// How much memory is kept for lines where none waits.
    private static let usualBytes = 256 << 10

    /// How many lines were dropped since the start.
    package var droppedLines: Int { droppedInAll.load(ordering: .relaxed) }

    /// The form of the lines.
    var format: Settings.LogFormat {
        get { writesText.load(ordering: .relaxed) ? .text : .json }
        set { writesText.store(newValue == .text, ordering: .relaxed) }
    }

    /// Makes a writer; its thread begins with the first line.
    ///
    /// - Parameters:
    ///   - descriptor: where lines go, standard error by default; never closed here.
    ///   - maximumBytes: how many bytes may wait, 4 MiB by default.
    package init(descriptor: Int32 = STDERR_FILENO, maximumBytes: Int = 4 << 20) {
        self.descriptor = descriptor
        self.maximumBytes = maximumBytes
        // The loops hold it for the copy of a line: shorter than it takes to sleep.
        var kind = pthread_mutexattr_t()
        pthread_mutexattr_init(&kind)
        pthread_mutexattr_settype(&kind, Int32(PTHREAD_MUTEX_ADAPTIVE_NP))
        pthread_mutex_init(mutex, &kind)
        pthread_mutexattr_destroy(&kind)
        // The end of the wait in `close` is not the wall clock's to move.
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    /// Queues a line, which holds no line feed; one is added here.
    package func write(_ line: UnsafeRawBufferPointer) {
        pthread_mutex_lock(mutex)
        if waiting.count + line.count > maximumBytes {
            dropped += 1
            droppedInAll.wrappingAdd(1, ordering: .relaxed)
        } else {
            let isFirst = waiting.count == 0
            waiting.append(line)
            waiting.append(Self.lineFeed)
            // Where the system has no thread to give now, the next line asks again.
            if !hasStarted { hasStarted = startThreadIfPossible { [self] in run() } }
            if isFirst { pthread_cond_broadcast(condition) }
        }
        pthread_mutex_unlock(mutex)
    }

    /// Writes what waits, for at most a second, and ends the thread.
    package func close() {
        pthread_mutex_lock(mutex)
        isClosing = true
        if !hasStarted, waiting.count > 0 { hasStarted = startThreadIfPossible { [self] in run() } }
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
        while let dropped = next() { writeBatch(dropped: dropped) }
        pthread_mutex_lock(mutex)
        hasEnded = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Takes all waiting lines for the next batch, once there are any.
    ///
    /// - Returns: how many were dropped before; `nil` at the end.
    private func next() -> Int? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while waiting.count == 0 {
            if isClosing { return nil }
            pthread_cond_wait(condition, mutex)
        }
        if !isClosing {
            // Lines come in bunches: a short wait takes many of them with one write, and none but the first has to wake
            // this thread, which costs more than the line.
            pthread_mutex_unlock(mutex)
            usleep(Self.bunch)
            pthread_mutex_lock(mutex)
        }
        swap(&waiting, &batch)
        defer { dropped = 0 }
        return dropped
    }

    /// Writes the batch, and how many lines were dropped before it; counts what is not written whole.
    private func writeBatch(dropped: Int) {
        let end = batch.count
        if dropped > 0 {
            var line = LogLine(.warning, "log lines were dropped", format: format)
            line.add("dropped", dropped)
            line.finish()
            line.withBytes { batch.append($0) }
            batch.append(Self.lineFeed)
        }
        // Ends the line that was cut off, or the first of these would run into it.
        if isTorn { isTorn = [Self.lineFeed].withUnsafeBytes(writeAll) == 0 }
        let written = isTorn ? 0 : batch.withBytes(writeAll)
        if written < batch.count {
            if written > 0 { isTorn = batch[written - 1] != Self.lineFeed }
            let lost = batch.withBytes { bytes in bytes[min(written, end)..<end].count { $0 == Self.lineFeed } }
            droppedInAll.wrappingAdd(lost, ordering: .relaxed)
            pthread_mutex_lock(mutex)
            // To be told yet, with those that were to be told now.
            self.dropped += lost + dropped
            pthread_mutex_unlock(mutex)
        }
        // The memory of a flood of lines is given back.
        if batch.count > Self.usualBytes { batch = ByteBuffer(capacity: Self.usualBytes) } else { batch.removeAll() }
    }

    /// Writes bytes, for as long as the descriptor takes any.
    ///
    /// - Returns: how many were written.
    private func writeAll(_ bytes: UnsafeRawBufferPointer) -> Int {
        var offset = 0
        while offset < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: offset), bytes.count - offset)
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

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }
}
