/// The service's settings, from the command line, the environment and `flowhook.yaml`.
package struct Settings: Sendable, Hashable {
    /// Where to listen, `unix:PATH` or `tcp:HOST:PORT`; `nil`: the socket is handed over.
    package var listen: String?
    /// The path below which the service answers.
    package var mount = "/flow"
    /// The number of event loops; `nil`: the CPUs allowed.
    package var eventLoops: Int?
    /// The IANA name of the time zone of `system` tokens and datetimes.
    package var timeZone = "UTC"
    /// The value of `{{system.munchkinId}}`.
    package var munchkinID = ""
    /// How many flow action requests may be under way at once.
    package var maxInFlight = 4096
    /// The largest request body, in bytes.
    package var maxRequestBytes = 1 << 20
    /// The largest response body after decompression, in bytes.
    package var maxResponseBytes = 1 << 20
    /// The largest rendered payload, in bytes.
    package var maxPayloadBytes = 4 << 20
    /// Networks that may be called although they are not globally reachable.
    package var allowNetworks: [NetworkBlock] = []
    /// Consecutive failures after which a host's circuit opens; 0: never.
    package var circuitFailures = 20
    /// How long a circuit stays open.
    package var circuitOpenFor: Duration = .seconds(10)
    /// Whether every 5xx counts as a failure, not 502, 503 and 504 alone (`circuit_on: 5xx`).
    package var circuitCountsServerErrors = false
    /// The proxy's URL; `nil`: none.
    package var proxy: String?
    /// The least level that is logged.
    package var logLevel: LogLevel = .info
    /// The form of log lines.
    package var logFormat: LogFormat = .json
    /// The activity log's path; `nil`: none is written.
    package var activityLog: String?
    /// Whether the activity log holds response bodies.
    package var activityResponse = false

    /// Levels of log lines, by rising weight.
    package enum LogLevel: String, Sendable, CaseIterable {
        /// As `debug`: nothing is logged at this level now.
        case trace
        /// For those who look for a fault.
        case debug
        /// A line a request.
        case info
        /// What is out of the ordinary and no fault.
        case notice
        /// What wants a look.
        case warning
        /// What failed.
        case error
        /// What ends the service.
        case critical
    }

    /// Forms of log lines.
    package enum LogFormat: String, Sendable, CaseIterable {
        /// One JSON object a line.
        case json
        /// For people.
        case text
    }

    /// The defaults.
    package init() {}
}
