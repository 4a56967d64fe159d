internal import FlowAction

/// What the service tells of each request: a line of the log, the metrics, and a line of the activity log.
package final class Observer: Sendable {
    /// The metrics.
    package let metrics = Metrics()
    private let log: Log
    private let activities: ActivityLog
    private let losses: Tally
    private let connectionEnds: [ConnectionEnd: Tally]

    /// Begins to tell.
    package init(log: Log) {
        self.log = log
        let metrics = metrics
        metrics.setDroppedLogLines { log.droppedLines }
        let losses = Tally { lost, reason in
            log.write(.error, "the activity log cannot be written") { line in
                line.add("lost", lost)
                line.add("reason", reason)
            }
        }
        self.losses = losses
        activities = ActivityLog { lines, reason in
            metrics.countLostActivities(lines)
            losses.add(lines, reason)
        }
        let tallies = ConnectionEnd.allCases.map { end in
            let tally = Tally { count, detail in
                log.write(.warning, "connection ended without an answer") { line in
                    line.add("end", end.rawValue)
                    line.add("connections", count)
                    line.add("reason", detail)
                }
            }
            return (end, tally)
        }
        connectionEnds = Dictionary(uniqueKeysWithValues: tallies)
    }

    /// Tells on time, by a running loop, what happens so often that it is told together.
    func useTimers(of loop: EventLoop) {
        for tally in [losses] + connectionEnds.values { tally.useTimers(of: loop) }
    }

    /// Takes a new snapshot's settings and webhooks.
    func take(_ snapshot: Snapshot) -> Metrics.SeriesTable {
        activities.write(to: snapshot.settings.activityLog)
        return metrics.take(snapshot)
    }

    /// Opens the activity log anew, as after it was rotated.
    func reopen() {
        activities.reopen()
    }

    /// Writes what waits, and tells what was lost since that was told last.
    func close() {
        activities.close()
        for tally in [losses] + connectionEnds.values { tally.flush() }
    }

    // MARK: Connections

    /// Tells of a connection of the web server that ended without an answer.
    func tell(_ end: ConnectionEnd, _ detail: String) {
        metrics.count(end)
        connectionEnds[end]?.add(1, detail)
    }

    // MARK: Requests

    /// Tells of a flow action that ran to an outcome, in the metrics and the log.
    func tell(_ answer: FlowActionAnswer, _ exchange: Exchange, _ series: WebhookSeries?) {
        metrics.count(answer, series)
        log.write(answer.error == nil ? .info : .warning, "flow action") { line in
            line.add(request: exchange)
            line.add(answer.subject)
            line.add("outcome", answer.outcome.rawValue)
            if let code = answer.activity.responseCode { line.add("responseCode", code) }
            line.add("errorType", answer.logErrorType)
            line.add("attempts", answer.timing.attempts)
            line.add("queueMilliseconds", milliseconds: answer.timing.queue)
            line.add("dnsMilliseconds", milliseconds: answer.timing.lookUp)
            line.add("connectMilliseconds", milliseconds: answer.timing.connect)
            line.add("tlsMilliseconds", milliseconds: answer.timing.tls)
            line.add("firstByteMilliseconds", milliseconds: answer.timing.firstByte)
            line.add("totalMilliseconds", milliseconds: answer.totalMicroseconds)
            line.add("requestBytes", answer.requestBytes)
            line.add("responseBytes", answer.responseBytes)
        }
    }

    /// The line of the activity log for a flow action; `nil` where none is kept.
    func record(of answer: FlowActionAnswer, _ snapshot: Snapshot) -> [UInt8]? {
        guard activities.isEnabled else { return nil }
        return answer.activityRecord(at: .now, includesResponse: snapshot.settings.activityResponse)
    }

    /// Adds a line to the activity log; returns when it is written.
    func keep(_ record: [UInt8], on loop: EventLoop) async {
        await activities.append(record, on: loop)
    }

    /// Tells of a request that was refused.
    func tell(_ problem: Problem, _ exchange: Exchange) {
        metrics.count(problem)
        log.write(problem.level, "request refused") { line in
            line.add(request: exchange)
            line.add(problem.subject)
            line.add("problem", problem.name.rawValue)
            line.add("totalMilliseconds", milliseconds: exchange.context.elapsed())
        }
    }

    /// Tells of any other request.
    func tell(_ endpoint: StaticString, _ exchange: Exchange) {
        log.write(.debug, "request") { line in
            line.add(request: exchange)
            line.add("endpoint", "\(endpoint)")
            line.add("totalMilliseconds", milliseconds: exchange.context.elapsed())
        }
    }
}

extension FlowActionAnswer {
    /// The type of error, else the standard reason phrase of the service's status: its own words may hold what the request
    /// sent it.
    fileprivate var logErrorType: String {
        if let error { return error.type.rawValue }
        return activity.responseCode.map { standardReasonPhrase(of: $0) ?? String($0) } ?? ""
    }
}

extension Problem {
    /// How much a problem matters to those who run the service.
    fileprivate var level: Settings.LogLevel {
        switch status {
        case ..<500: .info
        case 503: .warning
        default: .error
        }
    }
}

extension LogLine {
    /// How many characters of a lead's id a line holds: whoever asks may send any text as one.
    private static let longestID = 255

    /// Adds the request's id and, where it is part of a trace, the trace's.
    fileprivate mutating func add(request exchange: Exchange) {
        add("requestId", exchange.context.requestID)
        if let trace = exchange.context.trace { add("traceId", trace.traceID) }
    }

    /// Adds what is known of the webhook, the program and the lead.
    fileprivate mutating func add(_ subject: Subject) {
        if let webhook = subject.webhook { add("webhook", webhook) }
        if let program = subject.programID { add("program", program.text) }
        if let id = subject.leadID?.text {
            // Counted in scalars: a character has as many as its writer likes.
            let isShort = id.utf8.count <= Self.longestID
            add("leadId", isShort ? id : String(String.UnicodeScalarView(id.unicodeScalars.prefix(Self.longestID))))
        }
    }
}
