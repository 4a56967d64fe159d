/// The request that goes out to the third-party service, rendered to its last byte.
package struct OutgoingRequest: Sendable {
    /// The method.
    package var method: RequestType
    /// The URL, byte for byte as it goes out; `user:password@` already taken out.
    package var url: String
    /// The host of the URL, without brackets where it is an IPv6 address.
    package var host: String
    /// The port of the URL, the scheme's own where it names none.
    package var port: Int
    /// Whether the scheme is `https`.
    package var isSecure: Bool
    /// All headers that are not the connection's own, in order: custom ones first, then those the webhook implies.
    package var headers: [HeaderField]
    /// The body; `nil` where none is sent.
    package var body: [UInt8]?
    /// How the call is made.
    package var policy: CallPolicy
    /// The webhook's name, under which its limits are kept.
    package var webhook: String
    /// How many of the headers, the first ones, are the webhook's custom headers.
    package var customHeaderCount: Int

    /// A header of a request.
    package struct HeaderField: Sendable, Hashable {
        /// The name as written.
        package var name: String
        /// The value, free of control characters but TAB.
        package var value: String

        /// Makes a header.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Puts a request together.
    package init(
        method: RequestType,
        url: String,
        host: String,
        port: Int,
        isSecure: Bool,
        headers: [HeaderField],
        body: [UInt8]?,
        policy: CallPolicy,
        webhook: String = "",
        customHeaderCount: Int = 0
    ) {
        self.method = method
        self.url = url
        self.host = host
        self.port = port
        self.isSecure = isSecure
        self.headers = headers
        self.body = body
        self.policy = policy
        self.webhook = webhook
        self.customHeaderCount = customHeaderCount
    }
}
