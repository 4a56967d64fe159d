internal import CLinux
package import FlowAction
internal import Glibc
package import Store

/// The running service: event loops, their callers, the FastCGI server, and what signals do to them.
package final class Server {
    private let log: Log
    private let service: Service
    private let loops: [EventLoop]
    private let fastCGI: FastCGIServer
    /// The settings at the start.
    private let started: Settings

    /// How long requests in flight may take to end, in seconds: the longest call and a little more.
    static let drainSeconds = 35

    /// Starts serving a snapshot.
    ///
    /// - Throws: where the system gives no descriptor.
    package init(snapshot: Snapshot, socket: ListeningSocket, log: Log) throws(SystemError) {
        self.log = log
        started = snapshot.settings
        let resolver = Resolver()
        var loops: [EventLoop] = []
        for number in 0..<(snapshot.settings.eventLoops ?? Self.allowedCPUs) {
            loops.append(try EventLoop(name: "flowhook-\(number)"))
        }
        self.loops = loops
        let (circuits, turns) = (Circuits(), Turns())
        let callers = loops.map { Caller(loop: $0, resolver: resolver, circuits: circuits, turns: turns) }
        let service = Service(snapshot: snapshot, callers: callers, log: log)
        self.service = service
        service.observer.metrics.setCircuits { [weak service] in
            circuits.readings(at: nanoseconds(of: CLOCK_MONOTONIC), service?.circuitRule).map { ($0.host, $0.state) }
        }
        var options = FastCGIServer.Options(
            respond: { request, loop in await service.respond(to: request, on: loop) },
            maximumBodyBytes: { service.maximumRequestBytes }
        )
        if let loop = loops.first { service.observer.useTimers(of: loop) }
        options.ended = { end, detail in service.observer.tell(end, detail) }
        options.maximumConnections = DescriptorBudget.raised().maximumConnections
        fastCGI = try FastCGIServer(listener: socket, loops: loops, options: options)
        for loop in loops { loop.start() }
        fastCGI.start()
    }

    /// Waits for signals until one says to stop, then lets what is in flight end; blocks the calling thread.
    ///
    /// - Parameters:
    ///   - reloader: reads the store when it changes and on `SIGHUP`; where it is wrong the old snapshot stays.
    ///   - told: what was found at the start, and told then.
    ///   - fit: makes a snapshot fit what the system gives.
    /// - Returns: whether every request in flight ended.
    package func run(
        _ signals: SignalWatcher,
        reloader: StoreReloader,
        told: [Diagnostic],
        fit: @escaping @Sendable (Snapshot) -> Snapshot
    ) -> Bool {
        let report = ReloadReport(service: service, log: log, started: started, told: told)
        let log = log
        reloader.start(
            StoreReloader.Handlers(
                loaded: { result in
                    var load = result
                    load.snapshot = load.snapshot.map(fit)
                    return report.take(load)
                },
                polling: { reason in
                    log.write(.warning, "changes of the store are looked for once a second") { line in
                        line.add("reason", reason)
                    }
                }
            )
        )
        ServiceManager.notify(.ready)
        while signals.next() == .reload {
            service.observer.reopen()
            reloader.request()
        }
        reloader.stop()
        ServiceManager.notify(.stopping)
        log.write(.notice, "draining")
        service.beginDraining(seconds: Self.drainSeconds)
        let isDrained = fastCGI.drain(seconds: Self.drainSeconds)
        service.observer.close()
        log.write(.notice, isDrained ? "stopped" : "stopped with requests in flight")
        return isDrained
    }

    /// The CPUs that the process may use.
    static var allowedCPUs: Int {
        max(1, Int(flowhook_allowed_cpus()))
    }
}
