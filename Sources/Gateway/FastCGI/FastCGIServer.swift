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
        package var transferNanoseconds: UInt64 = 30_000_000_000

        /// Joins a responder and its bound.
        package init(respond: @escaping Responder, maximumBodyBytes: @escaping @Sendable () -> Int) {
            self.respond = respond
            self.maximumBodyBytes = maximumBodyBytes
        }
    }

    private let listener: ListeningSocket
    private let shards: [FastCGIShard]
    private let pool: BlockingPool

    /// Makes a server on running loops.
    ///
    /// - Parameter listener: a socket that one of our own making stops listening on when the server drains.
    package init(listener: ListeningSocket, loops: [EventLoop], options: Options) {
        self.listener = listener
        FastCGIRequest.prepareLibrary()
        let pool = BlockingPool(threads: 4)
        self.pool = pool
        shards = loops.map { FastCGIShard(loop: $0, listener: listener.descriptor, options: options, pool: pool) }
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

    /// Stops accepting and lets what is under way end; blocks the calling thread, which is no loop's.
    ///
    /// - Parameter seconds: how long at most.
    /// - Returns: whether every connection has ended.
    package func drain(seconds: Int) -> Bool {
        for shard in shards { shard.loop.wait { shard.drain() } }
        listener.stopListening()
        let deadline = nanoseconds(of: CLOCK_MONOTONIC) + UInt64(seconds) * 1_000_000_000
        while connections > 0, nanoseconds(of: CLOCK_MONOTONIC) < deadline { usleep(10_000) }
        for shard in shards { shard.loop.wait { shard.release() } }
        pool.close()
        return connections == 0
    }
}
