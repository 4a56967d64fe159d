internal import FlowAction
internal import Synchronization

/// What the service counts since it started; reloads leave it alone.
///
/// Labels come from closed lists and from the store, never from a request: a caller cannot make a new series.
package final class Metrics: Sendable {
    /// Flow action requests under way.
    let inFlight = Atomic<Int>(0)
    /// When the present snapshot was read, in milliseconds since 1970.
    private let loadedAt = Atomic<Int64>(0)
    private let stale = Atomic<Bool>(false)
    private let problems = Counters(count: Problem.Name.allCases.count)
    private let failures = Counters(count: CallFailure.Kind.allCases.count)
    /// Reloads: loaded, rejected.
    private let reloads = Counters(count: 2)
    private let connectionEnds = Counters(count: ConnectionEnd.allCases.count)
    private let addedLatency = Histogram(bounds: Metrics.addedBounds)
    private let lostActivities = Counters(count: 1)
    private let webhooks = Locked<[String: WebhookSeries]>([:])
    private let sources = Locked(Sources())

    /// What is asked for when the metrics are read.
    private struct Sources {
        var droppedLogLines: @Sendable () -> Int = { 0 }
        var circuits: @Sendable () -> [(host: String, state: Int)] = { [] }
    }

    /// Bounds of call durations in microseconds, 1 ms to 30 s: the longest call.
    static let callBounds: [Int64] = [
        1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
        10_000_000, 20_000_000, 30_000_000,
    ]
    /// Bounds of the latency that the service adds: waits for a turn are part of the call.
    static let addedBounds: [Int64] = [100, 250, 500] + callBounds

    /// The series of the webhooks of one snapshot, by the webhook's name.
    struct SeriesTable: Sendable {
        private let series: [WebhookSeries]
        private let positions: NameTable

        fileprivate init(_ series: [WebhookSeries]) {
            self.series = series
            positions = NameTable(series.enumerated().map { ($1.name, $0) })
        }

        /// The series of a webhook.
        subscript(webhook: String) -> WebhookSeries? { positions[webhook].map { series[$0] } }
    }

    /// Starts at 0.
    package init() {}

    // MARK: Counting

    /// Takes a new snapshot.
    ///
    /// A webhook that the store had before keeps its series; those of webhooks that are gone are dropped, so that their
    /// number stays that of the store.
    func take(_ snapshot: Snapshot) -> SeriesTable {
        let loaded = snapshot.loadedAt
        loadedAt.store(loaded.seconds * 1_000 + Int64(loaded.nanoseconds) / 1_000_000, ordering: .relaxed)
        stale.store(false, ordering: .relaxed)
        return webhooks.withLock { webhooks in
            var kept: [String: WebhookSeries] = [:]
            kept.reserveCapacity(snapshot.webhooks.count)
            for webhook in snapshot.webhooks.values {
                kept[webhook.name] = webhooks[webhook.name] ?? WebhookSeries(webhook.name)
            }
            webhooks = kept
            return SeriesTable(Array(kept.values))
        }
    }

    /// Counts a reload.
    func countReload(isLoaded: Bool) {
        reloads.add(at: isLoaded ? 0 : 1)
        if !isLoaded { stale.store(true, ordering: .relaxed) }
    }

    /// Counts a flow action that ran to an outcome.
    func count(_ answer: FlowActionAnswer, _ series: WebhookSeries?) {
        series?.outcomes.add(at: answer.outcome.position)
        if answer.timing.attempts > 0 { series?.calls.observe(answer.timing.total) }
        addedLatency.observe(answer.totalMicroseconds - answer.timing.total)
        if let error = answer.error { failures.add(at: error.type.position) }
    }

    /// Counts a request that was refused.
    func count(_ problem: Problem) {
        problems.add(at: problem.name.position)
    }

    /// Counts a connection that ended without an answer.
    func count(_ end: ConnectionEnd) {
        connectionEnds.add(at: end.position)
    }

    /// Counts lines of the activity log that could not be written.
    func countLostActivities(_ count: Int) {
        lostActivities.add(count, at: 0)
    }

    /// Sets where the number of dropped log lines is read.
    func setDroppedLogLines(_ source: @escaping @Sendable () -> Int) {
        sources.withLock { $0.droppedLogLines = source }
    }

    /// Sets where the states of the circuits are read: host and port, and 0 closed, 1 half-open, 2 open.
    package func setCircuits(_ source: @escaping @Sendable () -> [(host: String, state: Int)]) {
        sources.withLock { $0.circuits = source }
    }

    // MARK: Telling

    /// Everything in the text format of Prometheus, version 0.0.4.
    ///
    /// It reads a few files of the process's own and is linear in the webhooks that were called.
    func text() -> [UInt8] {
        var text = MetricsText()
        let series = webhooks.withLock { $0 }.values.filter { $0.isUsed }.sorted { $0.name < $1.name }
        text.begin("flowhook_requests_total", .counter, "Flow actions that ran to an outcome.")
        for webhook in series {
            for outcome in FlowActionAnswer.Outcome.allCases {
                let labels = [("webhook", webhook.name), ("outcome", outcome.rawValue)]
                text.sample(labels, webhook.outcomes[outcome.position])
            }
        }
        text.begin("flowhook_problems_total", .counter, "Requests that were refused.")
        for name in Problem.Name.allCases { text.sample([("problem", name.rawValue)], problems[name.position]) }
        text.begin("flowhook_errors_total", .counter, "Flow actions that were rejected or failed.")
        for type in CallFailure.Kind.allCases { text.sample([("type", type.rawValue)], failures[type.position]) }
        text.begin("flowhook_connections_ended_total", .counter, "Connections that ended without an answer.")
        for end in ConnectionEnd.allCases { text.sample([("end", end.rawValue)], connectionEnds[end.position]) }
        text.begin("flowhook_call_duration_seconds", .histogram, "Calls of a service, waits and retries included.")
        for webhook in series { text.histogram([("webhook", webhook.name)], webhook.calls) }
        text.begin("flowhook_added_latency_seconds", .histogram, "What the service adds to the duration of a call.")
        text.histogram([], addedLatency)
        text.begin("flowhook_in_flight", .gauge, "Flow action requests under way.")
        text.sample([], inFlight.load(ordering: .relaxed))
        let sources = sources.withLock { $0 }
        text.begin("flowhook_circuit_state", .gauge, "The circuit of a host: 0 closed, 1 half-open, 2 open.")
        for circuit in sources.circuits() { text.sample([("host", circuit.host)], circuit.state) }
        text.begin("flowhook_store_reloads_total", .counter, "Reloads of the store.")
        text.sample([("result", "loaded")], reloads[0])
        text.sample([("result", "rejected")], reloads[1])
        text.begin("flowhook_store_loaded_timestamp_seconds", .gauge, "When the store in use was read.")
        text.sample([], milliseconds: loadedAt.load(ordering: .relaxed))
        text.begin("flowhook_store_stale", .gauge, "Whether the files hold a store that does not load.")
        text.sample([], stale.load(ordering: .relaxed) ? 1 : 0)
        text.begin("flowhook_log_lines_dropped_total", .counter, "Log lines that were dropped.")
        text.sample([], sources.droppedLogLines())
        text.begin("flowhook_activities_lost_total", .counter, "Lines of the activity log that could not be written.")
        text.sample([], lostActivities[0])
        text.begin("flowhook_build_info", .gauge, "The version that runs.")
        text.sample([("version", Version.current)], 1)
        text.append(ProcessFigures())
        return text.bytes
    }
}

/// What is counted of one webhook.
final class WebhookSeries: Sendable {
    /// The webhook's name as the store writes it.
    let name: String
    /// Flow actions, by the position of their outcome.
    let outcomes = Counters(count: FlowActionAnswer.Outcome.allCases.count)
    /// How long the calls took.
    let calls = Histogram(bounds: Metrics.callBounds)

    /// Starts at 0.
    init(_ name: String) {
        self.name = name
    }

    /// Whether the webhook has been called: others are left out, a store may have thousands.
    fileprivate var isUsed: Bool { (0..<outcomes.count).contains { outcomes[$0] > 0 } }
}

extension FlowActionAnswer.Outcome {
    /// The case's place among all, which every flow action asks for: told without making a list of them.
    fileprivate var position: Int {
        switch self {
        case .updated: 0
        case .sent: 1
        case .rejected: 2
        case .failed: 3
        }
    }
}

extension CaseIterable where Self: Equatable, AllCases == [Self] {
    /// The case's place among all.
    fileprivate var position: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
