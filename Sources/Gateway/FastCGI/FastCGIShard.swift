internal import CLinux
internal import Glibc
internal import Synchronization

/// The connections of one event loop, and its hand in accepting them.
final class FastCGIShard: EventHandler, @unchecked Sendable {
    // Safe: touched on its loop's thread alone, but for `count`, which is atomic.
    /// The loop whose thread owns the connections.
    let loop: EventLoop
    /// Who answers, and the bounds of all shards together.
    let options: FastCGIServer.Options
    /// Where libfcgi reads and writes what the loop moves itself.
    let pair: LibraryPair
    /// The connections that wait for a request.
    let waiting = ConnectionQueue()
    /// The connections whose request is arriving, or whose answer is leaving piece by piece.
    let transfers = ConnectionQueue()
    /// Where arriving bytes are looked at before they are taken.
    let peekBuffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 65_536)
    /// How many connections the loop has, or is about to have.
    let count = Atomic<Int>(0)
    private(set) var isDraining = false
    private var connections: [ObjectIdentifier: FastCGIConnection] = [:]
    private let listener: Int32
    private var siblings: [FastCGIShard] = []
    private let maximumConnections: Int
    private let held: HeldBytes
    private var isPaused = false

    /// Makes one of several shards of a server; each has its part of the server's connections.
    ///
    /// - Parameter held: what all shards hold.
    /// - Throws: where the system gives no descriptors.
    init(
        loop: EventLoop,
        listener: Int32,
        options: FastCGIServer.Options,
        held: HeldBytes,
        of shards: Int
    ) throws(SystemError) {
        self.loop = loop
        self.listener = listener
        self.options = options
        maximumConnections = max(1, options.maximumConnections / shards)
        self.held = held
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
        // A full queue of the listening socket is an error of the web server at once: it is not to wait behind thousands
        // of connections that have something to say.
        loop.inCrowdedTurns { [unowned self] in _ = acceptSome() }
    }

    private func stopListening() {
        loop.inCrowdedTurns(nil)
        loop.deregister(listener)
    }

    /// Closes connections after their answers from now on, and what is idle when its time is over.
    func beginDraining() {
        isDraining = true
        loop.schedule(at: loop.now + options.idleNanoseconds) { [self] in
            for connection in connections.values { connection.closeIfIdle() }
        }
    }

    /// Accepts who has connected already, and then no more.
    func stopAccepting() {
        while acceptSome() {}
        stopListening()
    }

    /// Lets go of the siblings, which hold one another.
    func release() {
        siblings = []
    }

    func handle(events: UInt32, on loop: EventLoop) {
        _ = acceptSome()
    }

    /// How many connections are accepted at once: a quarter of a queue of the usual length.
    private static let acceptedPerTurn = 1_024

    /// Accepts what waits, a bounded number at a time.
    ///
    /// - Returns: whether more may wait.
    private func acceptSome() -> Bool {
        // A bound for each wake-up, so that connections that have arrived are not kept waiting by those that do.
        for _ in 0..<Self.acceptedPerTurn {
            guard hasRoom || makeRoom("there are no more connections than \(options.maximumConnections)") else {
                pause()
                return false
            }
            let descriptor = accept4(listener, nil, nil, flowhook_closed_on_exec)
            if descriptor >= 0 {
                share(descriptor)
                continue
            }
            switch errno {
            case EINTR, ECONNABORTED: continue
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                if makeRoom("no descriptor or no memory is free") { continue }
                pause()
                return false
            default: return false
            }
        }
        return true
    }

    /// Without room the listener stays ready: it is left alone for a while, or until a connection ends, or the loop would
    /// spin. Who has connected waits meanwhile.
    private func pause() {
        guard !isPaused else { return }
        isPaused = true
        stopListening()
        loop.schedule(at: loop.now + 100_000_000) { [self] in resume() }
    }

    private func resume() {
        guard isPaused, !isDraining else { return }
        isPaused = false
        do throws(SystemError) {
            try listen()
        } catch {
            pause()
        }
    }

    // MARK: Room

    /// Whether this loop or another one has room for a connection.
    private var hasRoom: Bool {
        siblings.contains { $0.count.load(ordering: .relaxed) < maximumConnections }
    }

    /// How long a connection is left alone at least: one that has just been made is about to say something.
    private static let graceNanoseconds: UInt64 = 1_000_000_000

    /// Ends the connection that has waited longest for a request, else the longest transfer: whoever opens connections
    /// and says nothing, or little, keeps nobody else out.
    ///
    /// - Parameter detail: what there is too little of.
    /// - Returns: whether there was one that had had its time.
    private func makeRoom(_ detail: String) -> Bool {
        let now = loop.now
        let moment = now > Self.graceNanoseconds ? now - Self.graceNanoseconds : 0
        guard let longest = waiting.first(before: moment) ?? transfers.first(before: moment) else { return false }
        longest.giveWay(detail)
        return true
    }

    /// Counts bytes that a connection holds more, or fewer; past the bound of all shards the longest transfer of this one ends.
    func hold(_ change: Int) {
        guard change != 0 else { return }
        let count = held.count.wrappingAdd(change, ordering: .relaxed).newValue
        guard change > 0, count > options.maximumHeldBytes else { return }
        transfers.first(before: .max)?.giveWay("requests and answers under way fill \(options.maximumHeldBytes) bytes")
    }

    // MARK: Connections

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
        // Later in the turn where it is this loop: first all that wait are accepted.
        target.loop.execute { [target] in target.adopt(descriptor) }
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
        resume()
    }
}

/// How many bytes of requests that arrive and answers that leave the shards of a server hold.
final class HeldBytes: Sendable {
    let count = Atomic<Int>(0)
}
