/// What the service answers to, each under its path below the mount.
enum Endpoint: String, CaseIterable {
    /// Runs a flow action.
    case callWebhook = "/call-webhook"
    /// Shows what a flow action would send.
    case preview = "/preview"
    /// Says that the process is alive.
    case health = "/healthz"
    /// Says whether the process can serve.
    case readiness = "/readyz"

    /// The methods that the endpoint takes; the value of `Allow` (RFC 9110, section 10.2.1).
    var methods: [String] {
        switch self {
        case .callWebhook, .preview: ["POST"]
        case .health, .readiness: ["GET", "HEAD"]
        }
    }
}
