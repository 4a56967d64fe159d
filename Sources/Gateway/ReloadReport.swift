internal import FlowAction
internal import Store

/// Puts a reload into effect and tells of it: the one place where its result is known.
final class ReloadReport: @unchecked Sendable {
    // Safe: touched by the reloader's thread alone once the server runs.
    private let service: Service
    private let log: Log
    /// The settings that the service has started with.
    private let started: Settings
    /// The warnings that were told already, at the start or with the last reload.
    private var told: Set<Diagnostic>

    /// Readies reports for a service that runs.
    init(
        service: Service,
        log: Log,
        started: Settings,
        told: [Diagnostic]
    ) {
        self.service = service
        self.log = log
        self.started = started
        self.told = Set(told)
    }

    /// Takes what a reload came to.
    ///
    /// - Returns: the snapshot that was in use until now, where another took its place.
    func take(_ load: LoadResult) -> Snapshot? {
        // Every error each time, a warning when it is new.
        for diagnostic in load.diagnostics where diagnostic.severity == .error || !told.contains(diagnostic) {
            log.write(diagnostic.severity == .error ? .error : .warning, diagnostic.publicText)
        }
        told = Set(load.diagnostics)
        guard let snapshot = load.snapshot else {
            service.keepStale()
            log.write(.error, "store not loaded; the old one stays") { line in
                line.add("errors", load.diagnostics.count { $0.severity == .error })
                line.add("filesRead", load.filesRead)
            }
            return nil
        }
        let old = service.replace(snapshot)
        log.apply(snapshot.settings)
        log.write(.notice, "store loaded") { line in
            line.add("webhooks", snapshot.webhooks.count)
            line.add("programs", snapshot.tree.programs.count)
            line.add("filesRead", load.filesRead)
        }
        warnOfRestart(snapshot.settings)
        return old
    }

    /// The settings that only a start reads.
    private func warnOfRestart(_ settings: Settings) {
        if settings.listen != started.listen {
            log.write(
                .warning,
                "the setting listen has changed; it takes effect at the next start, where no socket is handed over"
            )
        }
        if settings.eventLoops != started.eventLoops {
            log.write(.warning, "the setting event_loops has changed; it takes effect at the next start")
        }
    }
}
