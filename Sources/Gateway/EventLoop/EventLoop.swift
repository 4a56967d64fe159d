internal import CLinux
internal import Glibc
internal import Synchronization

/// Something that waits for events of a descriptor on an event loop.
package protocol EventHandler: AnyObject {
    /// Takes the events that came, ``Events``; runs on the loop's thread.
    func handle(events: UInt32, on loop: EventLoop)
}

/// The events of epoll(7) that the gateway waits for.
package enum Events {
    /// Something can be read.
    package static let readable = EPOLLIN.rawValue
    /// Something can be written.
    package static let writable = EPOLLOUT.rawValue
    /// The peer has closed its writing half.
    package static let peerClosed = EPOLLRDHUP.rawValue
    /// Both halves are closed.
    package static let hangUp = EPOLLHUP.rawValue
    /// The descriptor has failed.
    package static let error = EPOLLERR.rawValue
    /// Tell changes, not states.
    package static let edgeTriggered = EPOLLET.rawValue
    /// Of several epoll sets, wake few.
    package static let exclusive = EPOLLEXCLUSIVE.rawValue
}

/// One thread with one epoll set, and the executor of the tasks that prefer it.
///
/// A request is a task on its loop from its first byte to its last: what belongs to a loop (connections, transfers,
/// buffers) is touched by its thread alone and needs no lock. From other threads only ``execute(_:)``,
/// ``enqueue(_:)`` and ``stop()`` may be called.
package final class EventLoop: TaskExecutor, @unchecked Sendable {
    // Safe: `inbox` has a lock of its own; the rest is touched on the loop's thread alone once it runs.
    private let name: String
    private let epoll: Int32
    private let wakeUp: Int32
    private let inbox = Locked(Inbox())
    private let isStopping = Atomic<Bool>(false)
    private let threadID = Atomic<UInt>(0)
    private var thread = pthread_t()
    /// By descriptor, which the system keeps small.
    private var registrations: [Registration?] = []
    private var lastGeneration: UInt32 = 0
    private var ready: [Work] = []
    /// The array that `ready` was exchanged with, kept for its memory.
    private var readyBefore: [Work] = []
    private var turnEnd: [() -> Void] = []
    private var turnEndBefore: [() -> Void] = []
    private var timers = TimerHeap()
    /// What looks for itself where events wait for their turn; ``inCrowdedTurns(_:)``.
    private var crowdedTurn: (() -> Void)?

    /// How many events one turn takes.
    private static let eventsPerTurn = 256

    private enum Work: @unchecked Sendable {
        // Safe: an unowned job is run once, by the loop that it was left for.
        case job(UnownedJob)
        case closure(@Sendable () -> Void)
    }

    /// What other threads leave for the loop.
    private struct Inbox {
        var work: [Work] = []
        /// Whether a wake-up is on its way already, so that one write does for many.
        var isWoken = false
    }

    private struct Registration {
        var handler: any EventHandler
        /// Tells a descriptor from an earlier one of the same number, whose events may still be in the batch.
        var generation: UInt32
    }

    /// Makes a loop; ``start()`` makes it run.
    ///
    /// - Parameter name: the thread's name, up to 15 bytes.
    /// - Throws: where the system gives no descriptor.
    package init(name: String) throws(SystemError) {
        self.name = name
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw SystemError("epoll_create1") }
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard wakeUp >= 0 else { throw SystemError("eventfd") }
        var event = epoll_event(events: Events.readable, data: epoll_data_t(u64: UInt64.max))
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, wakeUp, &event) == 0 else { throw SystemError("epoll_ctl") }
    }

    deinit {
        close(epoll)
        close(wakeUp)
    }

    // MARK: From any thread

    /// Starts the thread; where the system has none to give, the process ends as in ``startThread(_:)``.
    package func start() {
        guard let thread = joinableThread({ self.run() }) else { failForWantOfThreads() }
        self.thread = thread
    }

    /// Ends the loop and waits for its thread, which is not the caller's; what is left undone stays undone.
    ///
    /// To be called after ``start()``; a second call does nothing.
    package func stop() {
        precondition(!isCurrent, "a loop cannot wait for itself")
        guard !isStopping.exchange(true, ordering: .acquiringAndReleasing) else { return }
        wake()
        pthread_join(thread, nil)
    }

    /// Runs the loop on the calling thread until ``endOnOwnThread()``.
    ///
    /// - Parameter begin: is run first, on the loop.
    func runOnCallingThread(_ begin: () -> Void) {
        threadID.store(UInt(pthread_self()), ordering: .relaxed)
        begin()
        run()
    }

    /// Ends a loop from its own thread, after the turn that it is in.
    func endOnOwnThread() {
        isStopping.store(true, ordering: .releasing)
    }

    /// Whether the caller runs on the loop's thread.
    package var isCurrent: Bool {
        threadID.load(ordering: .relaxed) == UInt(pthread_self())
    }

    /// Runs a closure on the loop.
    package func execute(_ work: @escaping @Sendable () -> Void) {
        leave(.closure(work))
    }

    /// Takes a job of a task that prefers this loop.
    package func enqueue(_ job: consuming ExecutorJob) {
        leave(.job(UnownedJob(job)))
    }

    private func leave(_ work: Work) {
        if isCurrent {
            ready.append(work)
            return
        }
        let mustWake = inbox.withLock { inbox in
            inbox.work.append(work)
            defer { inbox.isWoken = true }
            return !inbox.isWoken
        }
        if mustWake { wake() }
    }

    private func wake() {
        var one: UInt64 = 1
        _ = write(wakeUp, &one, 8)
    }

    // MARK: On the loop's thread

    /// Waits for events of a descriptor; a handler stays alive until it is deregistered.
    package func register(
        _ descriptor: Int32,
        events: UInt32,
        handler: any EventHandler
    ) throws(SystemError) {
        lastGeneration &+= 1
        var event = event(events, descriptor, lastGeneration)
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else { throw SystemError("epoll_ctl") }
        let index = Int(descriptor)
        if index >= registrations.count {
            registrations += repeatElement(nil, count: max(index + 1, registrations.count * 2) - registrations.count)
        }
        registrations[index] = Registration(handler: handler, generation: lastGeneration)
    }

    /// Waits for other events of a registered descriptor.
    package func modify(_ descriptor: Int32, events: UInt32) {
        guard let registration = registration(of: descriptor) else { return }
        var event = event(events, descriptor, registration.generation)
        epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event)
    }

    /// Waits no more; to be called before the descriptor is closed.
    package func deregister(_ descriptor: Int32) {
        guard registration(of: descriptor) != nil else { return }
        registrations[Int(descriptor)] = nil
        epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
    }

    /// Waits no more for a descriptor that is closed next, or is closed already; nobody else may hold what it stands for
    /// (epoll(7): the system takes it out of the set itself then).
    ///
    /// - Parameter handler: who was to be told of its events: the number may stand for somebody else's by now.
    package func forget(_ descriptor: Int32, of handler: any EventHandler) {
        guard registration(of: descriptor)?.handler === handler else { return }
        registrations[Int(descriptor)] = nil
    }

    private func registration(of descriptor: Int32) -> Registration? {
        let index = Int(descriptor)
        return registrations.indices.contains(index) ? registrations[index] : nil
    }

    /// Runs a closure once all else that is ready in this turn has run, before the loop waits again.
    ///
    /// What does so from within such a closure runs in the next turn.
    package func atEndOfTurn(_ work: @escaping () -> Void) {
        turnEnd.append(work)
    }

    /// Runs a closure at the end of each turn from now on in which as many events came as a turn takes: others wait then,
    /// each for its turn, and what cannot wait as long as that looks for itself.
    package func inCrowdedTurns(_ work: (() -> Void)?) {
        crowdedTurn = work
    }

    /// Runs an action at a moment, in nanoseconds of ``now``.
    @discardableResult
    package func schedule(at deadline: UInt64, _ action: @escaping () -> Void) -> TimerToken {
        timers.insert(at: deadline, action)
    }

    /// Forgets an action.
    package func cancel(_ timer: TimerToken) {
        timers.cancel(timer)
    }

    /// The monotonic clock in nanoseconds.
    package var now: UInt64 {
        nanoseconds(of: CLOCK_MONOTONIC)
    }

    private func event(_ events: UInt32, _ descriptor: Int32, _ generation: UInt32) -> epoll_event {
        let tag = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
        return epoll_event(events: events, data: epoll_data_t(u64: tag))
    }

    private func run() {
        threadID.store(UInt(pthread_self()), ordering: .relaxed)
        flowhook_name_thread(name)
        let capacity = Self.eventsPerTurn
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: capacity)
        defer { events.deallocate() }
        while !isStopping.load(ordering: .acquiring) {
            let count = epoll_wait(epoll, events, Int32(capacity), timeout())
            for index in 0..<max(0, Int(count)) { dispatch(events[index]) }
            let (now, latest) = (now, timers.latest)
            while let action = timers.popDue(at: now, upTo: latest) { action() }
            runReadyWork()
            runTurnEnd()
            if Int(count) == capacity { crowdedTurn?() }
        }
        // The last references to what the loop held go on its own thread, and may still cancel a timer of theirs.
        let left = (registrations, timers.removeAll())
        registrations = []
        crowdedTurn = nil
        withExtendedLifetime(left) {}
    }

    /// How long to wait, in milliseconds rounded up: not at all with work at hand, for ever without a timer.
    private func timeout() -> Int32 {
        if !ready.isEmpty || !turnEnd.isEmpty { return 0 }
        guard let deadline = timers.nextDeadline() else { return -1 }
        let now = now
        guard deadline > now else { return 0 }
        return Int32(clamping: (deadline - now + 999_999) / 1_000_000)
    }

    private func dispatch(_ event: epoll_event) {
        let tag = event.data.u64
        if tag == UInt64.max {
            var count: UInt64 = 0
            _ = read(wakeUp, &count, 8)
            let work = inbox.withLock { inbox in
                defer { inbox = Inbox() }
                return inbox.work
            }
            ready.append(contentsOf: work)
            return
        }
        let descriptor = Int32(truncatingIfNeeded: tag)
        guard let registration = registration(of: descriptor), registration.generation == UInt32(tag >> 32)
        else { return }
        registration.handler.handle(events: event.events, on: self)
    }

    /// Runs what is ready now; what that makes ready waits until the descriptors were looked at.
    private func runReadyWork() {
        guard !ready.isEmpty else { return }
        swap(&ready, &readyBefore)
        for work in readyBefore {
            switch work {
            case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
            case .closure(let closure): closure()
            }
        }
        readyBefore.removeAll(keepingCapacity: readyBefore.count < 1_024)
    }

    private func runTurnEnd() {
        guard !turnEnd.isEmpty else { return }
        swap(&turnEnd, &turnEndBefore)
        for work in turnEndBefore { work() }
        turnEndBefore.removeAll(keepingCapacity: true)
    }
}
