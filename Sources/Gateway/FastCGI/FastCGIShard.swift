internal import CLinux
internal import Glibc
internal import Synchronization

/// The connections of one event loop, and its hand in accepting them.
final class FastCGIShard: EventHandler, @unchecked Sendable {
    // Safe: touched on its loop's thread alone, but for `count`, which is atomic.
    let loop: EventLoop
    let options: FastCGIServer.Options
    let pool: BlockingPool
    /// Where arriving bytes are looked at before they are taken.
    let peekBuffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 65_536)
    /// How many connections the loop has, or is about to have.
    let count = Atomic<Int>(0)
    private(set) var isDraining = false
    private var connections: [ObjectIdentifier: FastCGIConnection] = [:]
    private let listener: Int32
    private var siblings: [FastCGIShard] = []

    init(loop: EventLoop, listener: Int32, options: FastCGIServer.Options, pool: BlockingPool) {
        self.loop = loop
        self.listener = listener
        self.options = options
        self.pool = pool
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
        let connection = FastCGIConnection(descriptor: descriptor, shard: self)
        connections[ObjectIdentifier(connection)] = connection
        connection.open()
    }

    /// Forgets a connection that has closed.
    func remove(_ connection: FastCGIConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        count.wrappingSubtract(1, ordering: .relaxed)
    }
}
