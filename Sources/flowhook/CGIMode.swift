internal import FlowAction
internal import Gateway
internal import Glibc
internal import Store

/// One request as a CGI program: the store is read for it, and the bytes are those that FastCGI would carry.
enum CGIMode {
    /// Answers the request of this process and ends it.
    static func run() -> Never {
        ProcessProtection.hideFiles()
        // A call that is under way ends, and is told of, whoever stops the web server meanwhile.
        signal(SIGTERM, SIG_IGN)
        var variables = environment
        // As with FastCGI, where a web server passes it empty it says nothing of the mount.
        if variables["FLOWHOOK_MOUNT"] == "" { variables["FLOWHOOK_MOUNT"] = nil }
        let options = LoadOptions(environment: variables, secrets: .required)
        let loader = StoreLoader(directory: StoreOptions.directoryWithoutOption, options: options)
        let loaded = loader.load(at: .now)
        let settings = loaded.snapshot?.settings ?? Settings()
        let log = Log(writer: LogWriter(), settings: settings)
        do {
            let loop = try EventLoop(name: "flowhook")
            let respond = responder(loaded, loop, log)
            let isWritten = CGIProgram.run(
                on: loop,
                maximumBodyBytes: settings.maxRequestBytes,
                respond: respond
            )
            log.close()
            // Everything goes with the process: nothing is taken apart for it, neither here nor by the libraries.
            withExtendedLifetime((loader, loop, respond)) { _exit(isWritten ? 0 : 1) }
        } catch {
            printError(["flowhook: \(error)"])
            exit(ExitStatus.unavailable)
        }
    }

    private static func responder(_ loaded: LoadResult, _ loop: EventLoop, _ log: Log) -> Responder {
        guard let snapshot = loaded.snapshot else {
            let finding = loaded.diagnostics.first { $0.severity == .error }?.publicText ?? "no finding"
            let problem = Problem(.storeInvalid, detail: "The store does not load: \(finding)")
            return { request, _ in WebAnswer(problem, to: request, log) }
        }
        let service = Service(
            snapshot: snapshot,
            callers: [Caller(loop: loop, resolver: Resolver(threads: 2))],
            log: log
        )
        return { request, loop in await service.respond(to: request, on: loop) }
    }
}
