internal import CLinux
package import FlowAction

/// The running service: event loops, their callers, the FastCGI server, and what signals do to them.
package final class Server {
    private let socket: ListeningSocket
    private let log: Log
    private let service: Service
    private let loops: [EventLoop]
    private let fastCGI: FastCGIServer

    /// How long requests in flight may take to end, in seconds: the longest call and a little more.
    private static let drainSeconds = 35

    /// Starts serving a snapshot.
    ///
    /// - Throws: where the system gives no descriptor.
    package init(snapshot: Snapshot, socket: ListeningSocket, log: Log) throws(SystemError) {
        self.socket = socket
        self.log = log
        let resolver = Resolver()
        var loops: [EventLoop] = []
        for number in 0..<(snapshot.settings.eventLoops ?? Self.allowedCPUs) {
            loops.append(try EventLoop(name: "flowhook-\(number)"))
        }
        self.loops = loops
        let callers = loops.map { Caller(loop: $0, resolver: resolver) }
        let service = Service(snapshot: snapshot, callers: callers, log: log)
        self.service = service
        fastCGI = FastCGIServer(
            listener: socket,
            loops: loops,
            options: .init(
                respond: { request, loop in await service.respond(to: request, on: loop) },
                maximumBodyBytes: { service.maximumRequestBytes }
            )
        )
        for loop in loops { loop.start() }
        fastCGI.start()
    }

    /// Waits for signals until one says to stop, then lets what is in flight end; blocks the calling thread.
    ///
    /// - Parameter reload: reads the store anew; `nil` where it is wrong, and the old snapshot stays.
    /// - Returns: whether every request in flight ended.
    package func run(_ signals: SignalWatcher, reload: () -> Snapshot?) -> Bool {
        while signals.next() == .reload {
            service.observer.reopen()
            if let snapshot = reload() {
                service.replace(snapshot)
                log.apply(snapshot.settings)
                log.write(.notice, "store loaded")
            } else {
                service.keepStale()
                log.write(.error, "store not loaded; the old one stays")
            }
        }
        log.write(.notice, "draining")
        service.beginDraining()
        let isDrained = fastCGI.drain(seconds: Self.drainSeconds)
        service.observer.close()
        socket.removeFile()
        log.write(.notice, isDrained ? "stopped" : "stopped with requests in flight")
        return isDrained
    }

    /// The CPUs that the process may use.
    private static var allowedCPUs: Int {
        max(1, Int(flowhook_allowed_cpus()))
    }

    /// Raises the limit of descriptors to the hard one.
    ///
    /// - Returns: the limit.
    package static func raiseDescriptorLimit() -> Int {
        Int(clamping: flowhook_raise_descriptor_limit())
    }
}
