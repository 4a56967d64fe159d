internal import Glibc
internal import Synchronization

/// Serves FastCGI on a listening socket, over several event loops.
package final class FastCGIServer: Sendable {
    /// What a server needs to know.
    package struct Options: Sendable {
        /// Answers a request.
        package var respond: Responder
        /// The largest body that is kept, in bytes; asked for each request.
        package var maximumBodyBytes: @Sendable () -> Int
        /// How long a request may take to arrive, and a large answer to be taken.
        package var transferNanoseconds = FastCGIServer.transferNanoseconds
        /// How many connections are held at most; past it one that has waited long for a request goes, and who comes
        /// waits until one has.
        package var maximumConnections = 4_096
        /// How many bytes of requests that arrive and answers that leave are held at most, in all; past it the one goes that
        /// has taken longest on the loop that holds more.
        package var maximumHeldBytes = FastCGIServer.maximumHeldBytes

        /// Told of a connection that ended without an answer, and of what happened, in words that hold nothing of a request.
        package var ended: @Sendable (_ end: ConnectionEnd, _ detail: String) -> Void = { _, _ in }

        /// How long idle connections are left open while the server drains.
        package var idleNanoseconds = FastCGIServer.idleNanoseconds

        /// Joins a responder and its bound.
        package init(respond: @escaping Responder, maximumBodyBytes: @escaping @Sendable () -> Int) {
            self.respond = respond
            self.maximumBodyBytes = maximumBodyBytes
        }
    }

    /// How long a request may take to arrive, and an answer to be taken: 30 s.
    package static let transferNanoseconds: UInt64 = 30_000_000_000

    /// How many bytes are held for peers that are slow, in all: 256 MiB.
    package static let maximumHeldBytes = 256 << 20

    /// How long idle connections are left open while the server drains: 4 s.
    ///
    /// Longer than the web server keeps them (`keepalive_timeout` in flowhook-upstream.conf, 2 s): whoever closes first
    /// can be sure that no request is on its way, and a web server does not repeat a POST that it has written.
    package static let idleNanoseconds: UInt64 = 4_000_000_000

    private let listener: ListeningSocket
    private let shards: [FastCGIShard]

    /// Makes a server on running loops.
    ///
    /// - Parameter listener: a socket that one of our own making stops listening on when the server drains.
    /// - Throws: where the system gives no descriptors.
    package init(listener: ListeningSocket, loops: [EventLoop], options: Options) throws(SystemError) {
        self.listener = listener
        FastCGIRequest.prepareLibrary()
        let held = HeldBytes()
        var shards: [FastCGIShard] = []
        for loop in loops {
            shards.append(
                try FastCGIShard(
                    loop: loop,
                    listener: listener.descriptor,
                    options: options,
                    held: held,
                    of: loops.count
                )
            )
        }
        self.shards = shards
    }

    /// Begins to accept connections.
    package func start() {
        for shard in shards {
            shard.loop.execute { [shards] in
                do {
                    try shard.start(siblings: shards)
                } catch {
                    preconditionFailure("the listener cannot be waited for: \(error)")
                }
            }
        }
    }

    /// How many connections are open.
    package var connections: Int {
        shards.reduce(0) { $0 + $1.count.load(ordering: .relaxed) }
    }

    /// Lets what is under way end and stops; blocks the calling thread, which is no loop's.
    ///
    /// From now on a connection is closed right after its answer, and an idle one is left to the web server to close for
    /// four seconds (``Options/idleNanoseconds``). On a socket that was handed over nobody but this process accepts until
    /// it has ended: so it goes on while idle connections remain, three seconds at most, and who comes then waits in the
    /// queue for the next process. To a socket of our own nobody new comes at all.
    ///
    /// - Parameter seconds: how long at most.
    /// - Returns: whether every connection has ended.
    package func drain(seconds: Int) -> Bool {
        let start = nanoseconds(of: CLOCK_MONOTONIC)
        for shard in shards { shard.loop.wait { shard.beginDraining() } }
        listener.refuseArrivals()
        while nanoseconds(of: CLOCK_MONOTONIC) < start + listener.lateNanoseconds, !listener.isInherited || isAnyIdle {
            usleep(10_000)
        }
        for shard in shards { shard.loop.wait { shard.stopAccepting() } }
        listener.stopListening()
        let deadline = start + UInt64(seconds) * 1_000_000_000
        while connections > 0, nanoseconds(of: CLOCK_MONOTONIC) < deadline { usleep(10_000) }
        for shard in shards { shard.loop.wait { shard.release() } }
        return connections == 0
    }

    private var isAnyIdle: Bool {
        shards.contains { shard in shard.loop.wait { !shard.waiting.isEmpty } }
    }
}
