internal import CLinux
package import FlowAction
internal import Glibc
package import Store

/// Reads the store anew when it changes, from a thread of its own: no request waits for it.
///
/// A change is read once the store has been quiet for a moment, so that a checkout of hundreds of files is one change,
/// and what is read while something changes is never told: it might be half of the one and half of the other.
package final class StoreReloader: @unchecked Sendable {
    // Safe: `loader`, `watcher` and what is below them are touched by the thread that made this, and after `start` by
    // the reloader's own alone.
    private let loader: StoreLoader
    private let watcher: StoreWatcher
    private let times: Times
    private let wakeUp: Int32
    private let isRequested = Locked(false)
    private let hasEnded = Locked(false)
    private var handlers = Handlers(loaded: { _ in nil }, polling: { _ in })
    private var toldReasonToPoll: String?
    /// Whether something could not be read that nobody has to change within the store for it to be read again, such as for
    /// want of descriptors.
    private var hasUnread = false
    /// What has changed and is not read yet, as the store would not be quiet.
    private var pending = LoadScope.nothing
    /// Whether something new was read that nobody was told of yet, as the store changed under the reading.
    private var hasUntold = false
    /// Snapshots that are out of use, but for requests that still see them.
    private var retired: [Snapshot] = []

    /// Who is told of what; called on the reloader's thread.
    package struct Handlers: Sendable {
        /// Takes what a reload came to, and gives the snapshot that was in use until now.
        package var loaded: @Sendable (LoadResult) -> Snapshot?
        /// Takes the reason why changes are looked for once a second, where they are.
        package var polling: @Sendable (String) -> Void

        /// Joins the two.
        package init(
            loaded: @escaping @Sendable (LoadResult) -> Snapshot?,
            polling: @escaping @Sendable (String) -> Void
        ) {
            self.loaded = loaded
            self.polling = polling
        }
    }

    /// How long things wait, in milliseconds.
    package struct Times: Sendable {
        /// How long the store is to be quiet before it is read.
        package var quiet: Int32
        /// After how long a store that never is quiet is read all the same.
        package var patience: Int32
        /// How often changes are looked for where the kernel does not tell of them.
        package var poll: Int32

        /// Sets the times; the defaults are those of the service.
        package init(quiet: Int32 = 100, patience: Int32 = 5_000, poll: Int32 = 1_000) {
            self.quiet = quiet
            self.patience = patience
            self.poll = poll
        }
    }

    /// Readies a reloader of a store.
    ///
    /// - Parameter polls: looks for changes itself even where the kernel would tell.
    /// - Throws: where the system gives no descriptor.
    package init(
        directory: String,
        options: LoadOptions,
        times: Times = Times(),
        polls: Bool = false
    ) throws(SystemError) {
        watcher = StoreWatcher(polls: polls)
        loader = StoreLoader(directory: directory, options: options, watcher: watcher)
        self.times = times
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeUp >= 0 else { throw SystemError("eventfd") }
    }

    deinit {
        close(wakeUp)
    }

    /// Reads the store for the first time, on the calling thread; to be called before ``start(_:)``.
    package func first() -> LoadResult {
        let deadline = milliseconds() + Int64(times.patience)
        var result = loader.load(at: .now)
        pending = watcher.changes()
        while !pending.isEmpty, milliseconds() < deadline {
            settle(&pending, until: deadline)
            result = loader.load(at: .now, pending)
            pending = watcher.changes()
        }
        return result
    }

    /// Begins to wait for changes.
    package func start(_ handlers: Handlers) {
        self.handlers = handlers
        startThread { [self] in
            flowhook_name_thread("flowhook-store")
            // On Linux this is the calling thread alone: the event loops go first.
            setpriority(Int32(PRIO_PROCESS.rawValue), 0, 5)
            while !hasEnded.withLock({ $0 }) { step() }
        }
    }

    /// Reads the store anew now, every secret and certificate included (`SIGHUP`).
    package func request() {
        isRequested.withLock { $0 = true }
        wake()
    }

    /// Ends the thread, soon.
    package func stop() {
        hasEnded.withLock { $0 = true }
        wake()
    }

    private func wake() {
        var one: UInt64 = 1
        write(wakeUp, &one, MemoryLayout<UInt64>.size)
    }

    // MARK: The thread

    /// The codes of errors whose cause may lie outside the store, where nothing tells of its end: a folder on the way that
    /// may not be passed, a file system that is not mounted, a database of time zones that is being replaced.
    private static let causesElsewhere: Set = [
        "no-store", "unreadable", "secret-unreadable", "tls-file", "broken-link", "setting",
    ]

    /// How often a store that is never quiet is read before the reading is put off.
    private static let hastyTries = 10

    /// Waits for a change and reads it.
    private func step() {
        if let reason = watcher.reasonToPoll, reason != toldReasonToPoll {
            toldReasonToPoll = reason
            handlers.polling(reason)
        }
        release()
        let isPolling = watcher.reasonToPoll != nil
        let timeout = !pending.isEmpty ? 0 : isPolling || hasUnread || !retired.isEmpty ? times.poll : -1
        let hasEvents = wait(timeout)
        guard !hasEnded.withLock({ $0 }) else { return }
        let wasRequested = takeRequest()
        var scope = pending
        pending = .nothing
        scope.form(unionWith: watcher.changes())
        if wasRequested { scope.form(unionWith: .everythingAndSecrets) }
        if isPolling || hasUnread { scope.form(unionWith: .everything) }
        guard !scope.isEmpty else { return }
        let deadline = milliseconds() + Int64(times.patience)
        if hasEvents, !wasRequested { settle(&scope, until: deadline) }
        read(scope, until: deadline, isPolling: isPolling, wasRequested: wasRequested)
    }

    /// Reads until nothing has changed under the reading.
    private func read(_ scope: LoadScope, until deadline: Int64, isPolling: Bool, wasRequested: Bool) {
        var scope = scope
        var hastyTries = 0
        while !hasEnded.withLock({ $0 }) {
            let result = loader.load(at: .now, scope)
            hasUntold = hasUntold || result.hasChanged
            hasUnread = result.diagnostics.contains {
                $0.severity == .error && Self.causesElsewhere.contains($0.code)
            }
            scope = watcher.changes()
            // Without events to go by a second look, a moment later, tells.
            if isPolling, result.hasChanged { scope.form(unionWith: .everything) }
            if scope.isEmpty {
                if hasUntold || wasRequested { tell(result) }
                return
            }
            if milliseconds() < deadline {
                if isPolling { _ = wait(times.quiet, forRequests: false) }
                settle(&scope, until: deadline)
                continue
            }
            hastyTries += 1
            if hastyTries == Self.hastyTries {
                pending = scope
                return
            }
        }
    }

    private func tell(_ result: LoadResult) {
        hasUntold = false
        if let old = handlers.loaded(result) { retired.append(old) }
    }

    /// Lets go of old snapshots that no request sees any more: here, where taking one apart delays nobody.
    private func release() {
        for index in retired.indices.reversed() where isKnownUniquelyReferenced(&retired[index]) {
            retired.remove(at: index)
        }
    }

    private func takeRequest() -> Bool {
        var count: UInt64 = 0
        Glibc.read(wakeUp, &count, MemoryLayout<UInt64>.size)
        return isRequested.withLock { isRequested in
            defer { isRequested = false }
            return isRequested
        }
    }

    /// Waits until the store has been quiet for a moment; what happens around it is no noise of its own.
    private func settle(_ scope: inout LoadScope, until deadline: Int64) {
        var quietUntil = milliseconds() + Int64(times.quiet)
        while true {
            let left = min(quietUntil, deadline) - milliseconds()
            guard left > 0 else { return }
            guard wait(Int32(left), forRequests: false) else { continue }
            let changes = watcher.changes()
            guard !changes.isEmpty else { continue }
            scope.form(unionWith: changes)
            quietUntil = milliseconds() + Int64(times.quiet)
        }
    }

    /// Whether something came before the time was over.
    private func wait(_ milliseconds: Int32, forRequests: Bool = true) -> Bool {
        // A negative descriptor is passed over.
        var descriptors = [
            pollfd(fd: watcher.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: forRequests ? wakeUp : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: watcher.mounts, events: Int16(POLLPRI), revents: 0),
        ]
        guard poll(&descriptors, nfds_t(descriptors.count), milliseconds) > 0 else { return false }
        if descriptors[2].revents != 0 { watcher.takeMounts() }
        return true
    }

    private func milliseconds() -> Int64 { microseconds() / 1_000 }
}
