/// What the service answers to, each under its path below the mount.
enum Endpoint: Equatable {
    /// Runs a flow action.
    case callWebhook
    /// Shows what a flow action would send.
    case preview
    /// Lists webhooks.
    case webhooks
    /// Shows one webhook.
    case webhook(name: String)
    /// Lists programs.
    case programs
    /// Lists the My Tokens of a program, named by id, path or name.
    case tokens(program: String)
    /// Says that the process is alive.
    case health
    /// Says whether the process can serve.
    case readiness
    /// Tells the metrics.
    case metrics
    /// Describes this interface.
    case description

    /// The paths, for those who take a wrong one.
    static let paths = [
        "/call-webhook", "/preview", "/webhooks", "/webhooks/{name}", "/programs", "/programs/{id}/tokens", "/healthz",
        "/readyz", "/metrics", "/openapi.json",
    ]

    /// The endpoint of a path, which is percent-decoded.
    init?(path: String) {
        switch path {
        case "/call-webhook": self = .callWebhook
        case "/preview": self = .preview
        case "/webhooks": self = .webhooks
        case "/programs": self = .programs
        case "/healthz": self = .health
        case "/readyz": self = .readiness
        case "/metrics": self = .metrics
        case "/openapi.json": self = .description
        default:
            if path.hasPrefix("/webhooks/"), path != "/webhooks/" {
                self = .webhook(name: String(path.dropFirst("/webhooks/".count)))
                return
            }
            let (start, end) = ("/programs/", "/tokens")
            guard path.hasPrefix(start), path.hasSuffix(end), path.utf8.count > start.utf8.count + end.utf8.count else {
                return nil
            }
            self = .tokens(program: String(path.dropFirst(start.count).dropLast(end.count)))
        }
    }

    /// The name in log lines.
    var name: StaticString {
        switch self {
        case .callWebhook: "call-webhook"
        case .preview: "preview"
        case .webhooks, .webhook: "webhooks"
        case .programs: "programs"
        case .tokens: "tokens"
        case .health: "healthz"
        case .readiness: "readyz"
        case .metrics: "metrics"
        case .description: "openapi.json"
        }
    }

    /// The methods that the endpoint takes; the value of `Allow` (RFC 9110, section 10.2.1).
    var methods: [String] {
        switch self {
        case .callWebhook, .preview: ["POST"]
        case .webhooks, .webhook, .programs, .tokens, .health, .readiness, .metrics, .description: ["GET", "HEAD"]
        }
    }
}
