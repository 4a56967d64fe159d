package import FlowAction
internal import Glibc
internal import JSON
internal import Synchronization

/// Answers requests, whichever way they came in: finds the endpoint, runs the pipeline, logs a line.
package final class Service: Sendable {
    private let store: Locked<Store>
    /// One for each loop, of which there are few.
    private let callers: [Caller]
    /// The log lines, the metrics and the activity log.
    package let observer: Observer
    /// Makes answers that are long work where there are many webhooks, one after another: a loop is not held up.
    private let longWork = BlockingPool(threads: 0, maximum: 1)
    /// When the service stops, in nanoseconds of the monotonic clock; 0 before it drains.
    private let drainEnd = Atomic<UInt64>(0)

    /// What requests get, and whether the files have moved on to something wrong.
    private struct Store {
        var present: Present
        var isStale = false
    }

    /// A snapshot and what is made of it once for all requests.
    private final class Present: Sendable {
        let snapshot: Snapshot
        let series: Metrics.SeriesTable
        let callSettings: CallSettings

        init(_ snapshot: Snapshot, _ observer: Observer) {
            self.snapshot = snapshot
            series = observer.take(snapshot)
            callSettings = CallSettings(snapshot.settings)
        }
    }

    /// Makes a service.
    ///
    /// - Parameter callers: one for each event loop that will answer requests.
    package init(snapshot: Snapshot, callers: [Caller], log: Log) {
        observer = Observer(log: log)
        store = Locked(Store(present: Present(snapshot, observer)))
        self.callers = callers
    }

    /// When circuits open, by the present settings; `nil` where they do not.
    var circuitRule: Circuit.Rule? { store.withLock { $0.present.callSettings.circuit } }

    /// Turns `readyz` to 503 and refuses calls that could outlast the service, which stops after so many seconds.
    package func beginDraining(seconds: Int) {
        drainEnd.store(nanoseconds(of: CLOCK_MONOTONIC) + UInt64(seconds) * 1_000_000_000, ordering: .relaxed)
    }

    /// How long the service still runs; `nil` while it does not drain.
    private var timeLeft: Duration? {
        let end = drainEnd.load(ordering: .relaxed)
        guard end > 0 else { return nil }
        let now = nanoseconds(of: CLOCK_MONOTONIC)
        return .nanoseconds(Int64(clamping: end > now ? end - now : 0))
    }

    /// Gives later requests another snapshot; those under way keep theirs.
    ///
    /// - Returns: the snapshot until now; whoever lets go of it last takes it apart, which may take a while.
    package func replace(_ snapshot: Snapshot) -> Snapshot {
        let present = Present(snapshot, observer)
        observer.metrics.countReload(isLoaded: true)
        return store.withLock { store in
            defer { store = Store(present: present) }
            return store.present.snapshot
        }
    }

    /// Says in `readyz` that the files hold a store that does not load.
    package func keepStale() {
        observer.metrics.countReload(isLoaded: false)
        store.withLock { $0.isStale = true }
    }

    /// The largest request body, by the present settings.
    var maximumRequestBytes: Int { store.withLock { $0.present.snapshot.settings.maxRequestBytes } }

    /// Answers one request; to be called on the event loop that is given.
    package func respond(to request: consuming WebRequest, on loop: EventLoop) async -> WebAnswer {
        let present = store.withLock { $0.present }
        let snapshot = present.snapshot
        let exchange = Exchange(request, snapshot: snapshot, timeLeft: timeLeft)
        do {
            let endpoint = try exchange.endpoint()
            defer { if endpoint != .callWebhook { observer.tell(endpoint.name, exchange) } }
            switch endpoint {
            case .health: return exchange.answer(json: #"{"status":"alive"}"#)
            case .readiness: return readiness(exchange)
            case .metrics:
                let text = await aside { [metrics = observer.metrics] in metrics.text() }
                return exchange.answer(text: text, type: MetricsText.contentType)
            case .description: return exchange.answer(status: 200, json: exchange.description)
            case .preview:
                let preview = try Pipeline(snapshot: snapshot).preview(exchange.body(), exchange.context)
                return exchange.answer(status: 200, json: preview.serialized)
            case .webhooks:
                return exchange.answer(status: 200, json: await aside { WebhookListing(of: snapshot).json.serialized })
            case .webhook(let name):
                let webhook = try snapshot.requireWebhook(named: name, in: "the path")
                return exchange.answer(status: 200, json: webhook.json.serialized)
            case .programs:
                let after = RequestPath.parameter("after", in: exchange.request)
                let listing = try ProgramListing(of: snapshot.tree, after: after)
                return exchange.answer(status: 200, json: listing.json.serialized)
            case .tokens(let program):
                let listing = try TokenListing(of: snapshot.tree, for: .text(program))
                return exchange.answer(status: 200, json: listing.json.serialized)
            case .callWebhook:
                return try await callWebhook(exchange, present, on: loop)
            }
        } catch {
            observer.tell(error, exchange)
            return exchange.answer(error)
        }
    }

    /// Does long work on another thread, where there is one.
    private func aside(_ work: @escaping @Sendable () -> [UInt8]) async -> [UInt8] {
        await withCheckedContinuation { continuation in
            let isTaken = longWork.submit { continuation.resume(returning: work()) }
            if !isTaken { continuation.resume(returning: work()) }
        }
    }

    private func callWebhook(
        _ exchange: Exchange,
        _ present: Present,
        on loop: EventLoop
    ) async throws(Problem) -> WebAnswer {
        let body = try exchange.body()
        guard let caller = callers.first(where: { $0.loop === loop }) else {
            throw Problem(.internalError, detail: "The request came in on an event loop without a caller.")
        }
        try beginFlight(exchange.snapshot)
        defer { observer.metrics.inFlight.wrappingSubtract(1, ordering: .relaxed) }
        let call = try Pipeline(snapshot: exchange.snapshot).begin(body, exchange.context)
        var result: CallResult?
        if let request = call.request { result = await caller.send(request, settings: present.callSettings) }
        let (json, record) = finish(call, result, exchange, present.series)
        if let record { await observer.keep(record, on: loop) }
        return exchange.answer(status: 200, json: json)
    }

    /// Counts a flow action as under way.
    ///
    /// - Throws: `overloaded`, where as many as allowed are; it is not counted then.
    private func beginFlight(_ snapshot: Snapshot) throws(Problem) {
        let maximum = snapshot.settings.maxInFlight
        let inFlight = observer.metrics.inFlight.wrappingAdd(1, ordering: .relaxed).newValue
        guard inFlight > maximum else { return }
        observer.metrics.inFlight.wrappingSubtract(1, ordering: .relaxed)
        throw Problem(.overloaded, detail: "\(maximum) requests are in flight; try again in a second.")
    }

    /// Makes the answer of a call that has ended, and tells of it.
    ///
    /// Apart from what waits, so that the answer itself has no place in what every waiting request holds.
    ///
    /// - Returns: the answer as JSON, and its line for the activity log where one is kept.
    @inline(never)
    private func finish(
        _ call: FlowActionCall,
        _ result: CallResult?,
        _ exchange: Exchange,
        _ series: Metrics.SeriesTable
    ) -> (json: [UInt8], record: [UInt8]?) {
        let answer = result.map { call.answer($0, exchange.context) } ?? call.answer(exchange.context)
        observer.tell(answer, exchange, series[answer.webhook])
        return (answer.serialized, observer.record(of: answer, exchange.snapshot))
    }

    private func readiness(_ exchange: Exchange) -> WebAnswer {
        let isDraining = timeLeft != nil
        let state = store.withLock { $0.isStale } ? "stale" : "current"
        let loadedAt = exchange.snapshot.loadedAt.iso8601
        let json = #"{"status":"\#(isDraining ? "draining" : "ready")","store":"\#(state)","loadedAt":"\#(loadedAt)"}"#
        return exchange.answer(status: isDraining ? 503 : 200, json: Array(json.utf8))
    }
}
