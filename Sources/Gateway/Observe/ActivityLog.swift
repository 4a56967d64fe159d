internal import CLinux
internal import Glibc
internal import Synchronization

/// Appends a line to the activity log for every flow action, and lets the answer wait for it.
///
/// One thread writes whatever has come in since its last write, so that many requests share one write(2). A line that
/// cannot be written fails no call: the service has been called by then, and its answer is the caller's. The loss is
/// counted and logged.
package final class ActivityLog: @unchecked Sendable {
    // Safe: `state` is touched with `mutex` held alone, `file` by the writing thread.
    private var state = State()
    private var file: ActivityFile?
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let isOn = Atomic<Bool>(false)
    private let onLoss: @Sendable (_ lines: Int, _ reason: String) -> Void

    /// How many bytes may wait to be written.
    private static let maximumBytes = 16 << 20
    /// How long an answer waits for its line, in nanoseconds: a file system that hangs must not hang every caller.
    private static let longestWait: UInt64 = 5_000_000_000

    private struct State {
        var path: String?
        var lines: [[UInt8]] = []
        var tickets: [Ticket] = []
        var bytes = 0
        var mustReopen = false
        var isRunning = false
        var isClosing = false
        /// Whether an answer has waited in vain since the last write: later ones then do not wait.
        var isStuck = false
        /// How many lines are being written.
        var linesInHand = 0
    }

    /// An answer that waits; released once, by the writer or by its timer.
    private final class Ticket: Sendable {
        private let isReleased = Atomic<Bool>(false)
        private let continuation: CheckedContinuation<Void, Never>

        init(_ continuation: CheckedContinuation<Void, Never>) {
            self.continuation = continuation
        }

        /// - Returns: whether the answer still waited.
        @discardableResult
        func release() -> Bool {
            guard !isReleased.exchange(true, ordering: .acquiringAndReleasing) else { return false }
            continuation.resume()
            return true
        }
    }

    /// Makes a log that writes nothing until it has a path.
    ///
    /// - Parameter onLoss: is told how many lines were lost, and why; called on any thread.
    package init(onLoss: @escaping @Sendable (_ lines: Int, _ reason: String) -> Void) {
        self.onLoss = onLoss
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
        // A limit of the file's size (setrlimit(2)) is an error like a full disk, and ends no process.
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Whether lines are written.
    package var isEnabled: Bool { isOn.load(ordering: .relaxed) }

    /// Sets where lines go from now on; `nil`: nowhere. What waits goes there too.
    package func write(to path: String?) {
        withLock { state in
            if state.path != path { state.mustReopen = true }
            state.path = path
            if path != nil { start(&state) }
        }
        isOn.store(path != nil, ordering: .relaxed)
    }

    /// Starts the writing thread where it does not run; where the system has none to give now, the next line asks again.
    private func start(_ state: inout State) {
        guard !state.isRunning else { return }
        state.isRunning = startThreadIfPossible { [self] in run() }
    }

    /// Opens the file anew before the next line: it was moved away, and a new one is to take its place.
    package func reopen() {
        withLock { $0.mustReopen = true }
    }

    /// Appends a line, without a line feed, and returns once it is written or lost; on the loop that the task prefers.
    package func append(_ line: [UInt8], on loop: EventLoop) async {
        var timer: TimerToken?
        await withCheckedContinuation { continuation in
            let ticket = Ticket(continuation)
            let (loss, isStuck) = withLock { state -> (String?, Bool) in
                start(&state)
                guard state.isRunning else { return ("no thread is left to write it", false) }
                guard state.bytes + line.count <= Self.maximumBytes else {
                    return ("the file takes no more, and too much waits for it", false)
                }
                state.bytes += line.count
                state.lines.append(line)
                if !state.isStuck { state.tickets.append(ticket) }
                return (nil, state.isStuck)
            }
            if let loss { onLoss(1, loss) }
            if loss != nil || isStuck {
                ticket.release()
                return
            }
            timer = loop.schedule(at: loop.now + Self.longestWait) { [self] in
                guard ticket.release() else { return }
                let wasStuck = withLock { state in
                    defer { state.isStuck = true }
                    return state.isStuck
                }
                if !wasStuck { onLoss(0, "the file takes nothing now; lines wait for it") }
            }
        }
        if let timer { loop.cancel(timer) }
    }

    /// Writes what waits, for at most a second, and ends the thread.
    package func close() {
        withLock { $0.isClosing = true }
        for _ in 0..<100 where withLock({ $0.isRunning }) { usleep(10_000) }
        // The process ends without the thread.
        let (isRunning, lines) = withLock { ($0.isRunning, $0.lines.count + $0.linesInHand) }
        if isRunning, lines > 0 { onLoss(lines, "the file took nothing until the end") }
    }

    private func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        let result = body(&state)
        pthread_cond_signal(condition)
        return result
    }

    // MARK: The writing thread

    private func run() {
        while let batch = next() {
            if batch.mustReopen { file = nil }
            append(batch.lines, to: batch.path)
            withLock { state in
                state.isStuck = false
                state.linesInHand = 0
            }
            for ticket in batch.tickets { ticket.release() }
        }
        file = nil
    }

    /// What waits, once something does; `nil` at the end.
    private func next() -> State? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while state.lines.isEmpty, !state.mustReopen {
            if state.isClosing {
                state.isRunning = false
                return nil
            }
            pthread_cond_wait(condition, mutex)
        }
        defer {
            state.lines = []
            state.tickets = []
            state.bytes = 0
            state.mustReopen = false
        }
        state.linesInHand = state.lines.count
        return state
    }

    /// Opens the file where it is not, and appends; without lines it is opened alone, so that a fault shows early.
    private func append(_ lines: [[UInt8]], to path: String?) {
        guard let path else {
            file = nil
            return
        }
        do throws(SystemError) {
            let file = if let file { file } else { try ActivityFile(path: path) }
            self.file = file
            let (written, error) = file.append(lines)
            if let error {
                // It may have gone from under us: the next batch opens it anew.
                self.file = nil
                onLoss(lines.count - written, "\(error)")
            }
        } catch {
            onLoss(lines.count, "\(path): \(error)")
        }
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }
}
