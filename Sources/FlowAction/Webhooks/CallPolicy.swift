/// How a webhook's call is made: everything about it but its bytes.
///
/// An object, since every request carries its webhook's.
package final class CallPolicy: Sendable, Equatable {
    /// The deadline of the whole call, look-up to last body byte and every retry; above 0, up to 30 s.
    package let timeout: Duration
    /// When a try that failed is repeated; `nil`: never.
    package let retry: RetryPolicy?
    /// How many calls of the webhook may be under way at once; `nil`: any number.
    package let maxConcurrent: Int?
    /// The shortest time between two calls of the webhook; `nil`: none.
    package let pace: Duration?
    /// How many redirects are followed, 0 to 5.
    package let redirects: Int
    /// Trust and identity where they differ from the system's.
    package let tls: TLSFiles?

    /// Retries (`retry` in the webhook file).
    package struct RetryPolicy: Sendable, Hashable {
        /// All tries, the first included, 2 to 5.
        package var attempts: Int
        /// Whether a connection that could not be made is tried again.
        package var onConnect: Bool
        /// Whether a try that outran `tryTimeout` is repeated.
        package var onTimeout: Bool
        /// The statuses after which the call is repeated.
        package var statuses: Set<Int>
        /// The first delay, doubled each time, with full jitter.
        package var backoff: Duration
        /// How long one try may take.
        package var tryTimeout: Duration?

        /// Sets out retries.
        package init(
            attempts: Int,
            onConnect: Bool,
            onTimeout: Bool,
            statuses: Set<Int>,
            backoff: Duration,
            tryTimeout: Duration?
        ) {
            self.attempts = attempts
            self.onConnect = onConnect
            self.onTimeout = onTimeout
            self.statuses = statuses
            self.backoff = backoff
            self.tryTimeout = tryTimeout
        }
    }

    /// PEM files (`tls` in the webhook file), read when the store is loaded: a call uses what its snapshot holds, and a
    /// connection is used again only by calls with the same bytes.
    package struct TLSFiles: Sendable, Hashable {
        /// Certificate authorities in place of the system's.
        package var certificateAuthorities: File?
        /// The client's certificate, and those between it and its authority.
        package var clientCertificate: File?
        /// The client's key; `nil` where it stands in the certificate's file, or there is no certificate.
        package var clientKey: File?

        /// A file and what it held.
        package struct File: Sendable, Hashable {
            /// The absolute path.
            package var path: String
            /// The bytes.
            package var contents: [UInt8]

            /// Joins a path and bytes.
            package init(path: String, contents: [UInt8]) {
                self.path = path
                self.contents = contents
            }
        }

        /// Joins the files.
        package init(certificateAuthorities: File?, clientCertificate: File?, clientKey: File?) {
            self.certificateAuthorities = certificateAuthorities
            self.clientCertificate = clientCertificate
            self.clientKey = clientKey
        }
    }

    /// Makes a policy; the defaults are those of a webhook file that says nothing.
    package init(
        timeout: Duration = .seconds(30),
        retry: RetryPolicy? = nil,
        maxConcurrent: Int? = nil,
        pace: Duration? = nil,
        redirects: Int = 0,
        tls: TLSFiles? = nil
    ) {
        self.timeout = timeout
        self.retry = retry
        self.maxConcurrent = maxConcurrent
        self.pace = pace
        self.redirects = redirects
        self.tls = tls
    }
    /// Whether calls are made alike.
    package static func == (first: CallPolicy, second: CallPolicy) -> Bool {
        first.timeout == second.timeout && first.retry == second.retry && first.maxConcurrent == second.maxConcurrent
            && first.pace == second.pace && first.redirects == second.redirects && first.tls == second.tls
    }
}
