internal import FlowAction
package import JSON

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
    package var cgi: ByteBuffer {
        var bytes = ByteBuffer(capacity: 256 + body.count)
        bytes.append("Status: ")
        bytes.append(decimal: Int64(status))
        bytes.append(" ")
        bytes.append(text: standardReasonPhrase(of: status) ?? "")
        bytes.append("\r\n")
        for header in headers {
            bytes.append(text: header.name)
            bytes.append(": ")
            bytes.append(headerValue: header.value)
            bytes.append("\r\n")
        }
        bytes.append("Content-Length: ")
        bytes.append(decimal: Int64(body.count))
        bytes.append("\r\n\r\n")
        bytes.append(body)
        return bytes
    }
}

extension ByteBuffer {
    /// Appends a text with blanks for control characters: a line break would begin a header of somebody else's making.
    fileprivate mutating func append(headerValue text: String) {
        text.withBytes { utf8 in
            withRoom(for: utf8.count) { room in
                for index in 0..<utf8.count { room[index] = max(utf8[index], 0x20) }
                return utf8.count
            }
        }
    }
}

/// Answers a request; called on the event loop that it gets, and never leaves it.
package typealias Responder = @Sendable (consuming WebRequest, EventLoop) async -> WebAnswer
