internal import CLinux
internal import Glibc
internal import Synchronization

/// The connections of one event loop, and its hand in accepting them.
final class FastCGIShard: EventHandler, @unchecked Sendable {
    // Safe: touched on its loop's thread alone, but for `count`, which is atomic.
    let loop: EventLoop
    let options: FastCGIServer.Options
    /// Where libfcgi reads and writes what the loop moves itself.
    let pair: LibraryPair
    /// The connections that wait for a request, the one that has waited longest first.
    var waiting = WaitingQueue()
    /// Where arriving bytes are looked at before they are taken.
    let peekBuffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 65_536)
    /// How many connections the loop has, or is about to have.
    let count = Atomic<Int>(0)
    private(set) var isDraining = false
    private var connections: [ObjectIdentifier: FastCGIConnection] = [:]
    private let listener: Int32
    private var siblings: [FastCGIShard] = []
    private let maximumConnections: Int
    private let maximumHeldBytes: Int
    private var heldBytes = 0

    /// Makes one of several shards of a server; each has its part of the server's bounds.
    ///
    /// - Throws: where the system gives no descriptors.
    init(
        loop: EventLoop,
        listener: Int32,
        options: FastCGIServer.Options,
        of shards: Int
    ) throws(SystemError) {
        self.loop = loop
        self.listener = listener
        self.options = options
        maximumConnections = max(1, options.maximumConnections / shards)
        maximumHeldBytes = options.maximumHeldBytes / shards
        pair = try LibraryPair()
    }

    deinit {
        peekBuffer.deallocate()
    }

    /// Begins to accept, sharing connections out over all loops.
    func start(siblings: [FastCGIShard]) throws(SystemError) {
        self.siblings = siblings
        try listen()
    }

    private func listen() throws(SystemError) {
        try loop.register(listener, events: Events.readable | Events.exclusive, handler: self)
    }

    /// Accepts no more and closes connections after their answers; idle ones go after a second, in which a request that
    /// is on its way still gets its answer.
    func drain() {
        // Who has connected already is served: a web server does not repeat a POST that it has written.
        while acceptSome() {}
        isDraining = true
        loop.deregister(listener)
        loop.schedule(at: loop.now + 1_000_000_000) { [self] in
            for connection in connections.values { connection.closeIfIdle() }
        }
    }

    /// Lets go of the siblings, which hold one another.
    func release() {
        siblings = []
    }

    func handle(events: UInt32, on loop: EventLoop) {
        _ = acceptSome()
    }

    /// Accepts what waits, a bounded number at a time.
    ///
    /// - Returns: whether more may wait.
    private func acceptSome() -> Bool {
        // A bound for each wake-up, so that connections that have arrived are not kept waiting by those that do.
        for _ in 0..<64 {
            let descriptor = accept4(listener, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
            if descriptor >= 0 {
                share(descriptor)
                continue
            }
            switch errno {
            case EINTR, ECONNABORTED: continue
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                // Who has nothing to say makes room for who may have.
                if let idle = waiting.first {
                    idle.closeIfIdle()
                    continue
                }
                pause()
                return false
            default: return false
            }
        }
        return true
    }

    /// Without descriptors the listener stays ready: it is left alone for a while, or the loop would spin.
    private func pause() {
        loop.deregister(listener)
        loop.schedule(at: loop.now + 100_000_000) { [self] in
            guard !isDraining else { return }
            do throws(SystemError) {
                try listen()
            } catch {
                pause()
            }
        }
    }

    /// Gives a connection to the loop with the fewest: kept ones live for hours, and whoever wakes first would own all.
    private func share(_ descriptor: Int32) {
        var bound = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &bound, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &bound, socklen_t(MemoryLayout<timeval>.size))
        // A peer on another host that is gone without a word is noticed in the end.
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &yes, socklen_t(MemoryLayout<Int32>.size))
        var target = self
        for sibling in siblings
        where sibling.count.load(ordering: .relaxed) < target.count.load(ordering: .relaxed) {
            target = sibling
        }
        target.count.wrappingAdd(1, ordering: .relaxed)
        if target === self {
            adopt(descriptor)
        } else {
            target.loop.execute { [target] in target.adopt(descriptor) }
        }
    }

    private func adopt(_ descriptor: Int32) {
        if count.load(ordering: .relaxed) > maximumConnections { makeRoom() }
        let connection = FastCGIConnection(descriptor: descriptor, shard: self)
        connections[ObjectIdentifier(connection)] = connection
        connection.open()
    }

    /// Ends the connection that has waited longest for a request, else the transfer whose deadline is nearest: whoever
    /// opens connections and says nothing keeps nobody else out.
    private func makeRoom() {
        if let idle = waiting.first { idle.closeIfIdle() } else { closeNearestTransfer() }
    }

    private func closeNearestTransfer() {
        let transfers = connections.values.filter { $0.transferDeadline != nil }
        transfers.min { $0.transferDeadline ?? .max < $1.transferDeadline ?? .max }?.closeTransfer()
    }

    /// Counts bytes that a connection holds more, or fewer; past the bound the transfer whose deadline is nearest ends.
    func hold(_ change: Int) {
        heldBytes += change
        if change > 0, heldBytes > maximumHeldBytes { closeNearestTransfer() }
    }

    /// Forgets a connection that has closed.
    func remove(_ connection: FastCGIConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        count.wrappingSubtract(1, ordering: .relaxed)
    }
}
