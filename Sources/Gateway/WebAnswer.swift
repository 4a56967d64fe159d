internal import FlowAction

/// An answer for the web server, the same bytes over FastCGI and CGI.
package struct WebAnswer: Sendable {
    /// The HTTP status.
    package var status: Int
    /// The headers but `Content-Length`; names and values of the gateway's own making.
    package var headers: [(name: String, value: String)]
    /// The body.
    package var body: [UInt8]

    /// Makes an answer.
    package init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The answer as a CGI program writes it (RFC 3875, section 6).
    package var cgiBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256 + body.count)
        bytes.append(contentsOf: "Status: \(status) \(standardReasonPhrase(of: status) ?? "")\r\n".utf8)
        for header in headers {
            bytes.append(contentsOf: header.name.utf8)
            bytes.append(contentsOf: ": ".utf8)
            // A line break would begin a header of somebody else's making.
            bytes.append(contentsOf: header.value.utf8.lazy.map { $0 < 0x20 ? 0x20 : $0 })
            bytes.append(contentsOf: "\r\n".utf8)
        }
        bytes.append(contentsOf: "Content-Length: \(body.count)\r\n\r\n".utf8)
        bytes.append(contentsOf: body)
        return bytes
    }
}

/// Answers a request; called on the event loop that it gets, and never leaves it.
package typealias Responder = @Sendable (WebRequest, EventLoop) async -> WebAnswer
