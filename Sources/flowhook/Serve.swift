internal import ArgumentParser
internal import CMimalloc
internal import FlowAction
internal import Gateway
internal import Glibc
internal import Store

/// `flowhook serve`.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serves FastCGI.",
        discussion: """
            Without --listen the socket is taken from systemd (LISTEN_FDS) or from descriptor 0 (spawn-fcgi). Changes \
            of the store are picked up by themselves, and on SIGHUP; SIGTERM, SIGINT and SIGUSR1 let requests in flight end and stop.
            """
    )

    @OptionGroup var options: StoreOptions

    @Option(name: .long, help: ArgumentHelp("unix:PATH or tcp:HOST:PORT.", valueName: "address"))
    var listen: String?

    /// How long freed memory is kept for what comes next, in milliseconds: the calls in flight rise and fall several times a
    /// second, and to take back what was just given away costs a page fault for each call.
    private static let purgeDelay = 1_000

    func run() throws {
        ProcessProtection.hideFiles()
        flowhook_set_purge_delay(Self.purgeDelay)
        if let listen { try check(listen) }
        let overrides = listen.map { [(key: "listen", value: $0)] } ?? []
        let signals = try SignalWatcher()
        let reloader = try StoreReloader(
            directory: options.directory,
            options: options.loadOptions(secrets: .required, overrides: overrides)
        )
        var loaded = reloader.first()
        guard let settings = loaded.snapshot?.settings else {
            // There are no settings that say how to log.
            printError(loaded.diagnostics.map(\.publicText) + [loaded.count])
            throw ExitCode(ExitStatus.configuration)
        }
        let log = Log(writer: LogWriter(), settings: settings)
        defer { log.close() }
        for warning in loaded.diagnostics { log.write(.warning, warning.publicText) }
        let socket = try listeningSocket(settings, log)
        defer { socket.removeFile() }
        let server = try start(serving: loaded, on: socket, log)
        // A reload is to replace it, and nobody to hold it from then on.
        loaded.snapshot = nil
        let isDrained = server.run(signals, reloader: reloader, told: loaded.diagnostics) { fitted($0, log) }
        if !isDrained { throw ExitCode(ExitStatus.unavailable) }
    }

    private func start(serving loaded: LoadResult, on socket: ListeningSocket, _ log: Log) throws -> Server {
        guard let first = loaded.snapshot else { preconditionFailure("a store that does not load is not served") }
        let snapshot = fitted(first, log)
        let server = try Server(snapshot: snapshot, socket: socket, log: log)
        log.write(.notice, "serving") { line in
            line.add("version", Version.current)
            line.add("store", options.directory)
            line.add("webhooks", snapshot.webhooks.count)
            line.add("programs", snapshot.tree.programs.count)
        }
        return server
    }

    private func listeningSocket(_ settings: Settings, _ log: Log) throws -> ListeningSocket {
        if let listen {
            if case .listeningSocket = WayIn.detect() {
                log.write(.warning, "a socket is handed over and is not served: --listen names another")
            }
            return try open(listen)
        }
        if case .listeningSocket(let descriptor) = WayIn.detect() {
            guard WayIn.excessSockets == 0 else {
                throw refusal(
                    "systemd hands over \(WayIn.excessSockets + 1) sockets, and one is served",
                    "In a drop-in of flowhook.socket an empty ListenStream= stands before another one."
                )
            }
            if settings.listen != nil { log.write(.warning, "the setting listen is not used: a socket is handed over") }
            return ListeningSocket(inherited: descriptor)
        }
        guard let address = settings.listen else {
            throw ValidationError(
                "There is no socket to serve on: give --listen unix:PATH, or start flowhook by systemd or spawn-fcgi."
            )
        }
        return try open(address)
    }

    private func open(_ address: String) throws -> ListeningSocket {
        do {
            return try ListeningSocket(address)
        } catch {
            throw refusal(error.description, Self.advice(address))
        }
    }

    /// Refuses what is no address, in the words of the option and not in those of the setting.
    private func check(_ address: String) throws {
        do {
            _ = try ListenAddress(address)
        } catch {
            throw refusal(error.message, Self.advice(address))
        }
    }

    /// Says why an address cannot be listened on, and what to do.
    private func refusal(_ reason: String, _ advice: String) -> ExitCode {
        printError(["flowhook: \(reason)", advice])
        return ExitCode(ExitStatus.unavailable)
    }

    /// What to do where an address cannot be listened on.
    private static func advice(_ address: String) -> String {
        if address.hasPrefix("unix:/"), let end = address.lastIndex(of: "/") {
            let folder = String(address[..<end].dropFirst(5))
            if !folder.isEmpty, access(folder, F_OK) != 0, errno == ENOENT {
                return "Make the folder \(folder) for the user who serves, or give --listen another address."
            }
        }
        return "Give --listen another address, or end what is in its place."
    }
}

/// The snapshot with as many requests in flight as there are descriptors for.
private func fitted(_ snapshot: Snapshot, _ log: Log) -> Snapshot {
    let budget = DescriptorBudget.raised()
    let fitting = budget.maximumInFlight
    guard snapshot.settings.maxInFlight > fitting else { return snapshot }
    log.write(.warning, "max_in_flight is cut to fit the limit of descriptors") { line in
        line.add("descriptors", budget.limit)
        line.add("maxInFlight", fitting)
    }
    var settings = snapshot.settings
    settings.maxInFlight = fitting
    return Snapshot(
        webhooks: snapshot.webhooks,
        tree: snapshot.tree,
        leadFields: snapshot.leadFields,
        companyFields: snapshot.companyFields,
        settings: settings,
        timeZone: snapshot.timeZone,
        loadedAt: snapshot.loadedAt
    )
}
