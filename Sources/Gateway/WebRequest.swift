/// A request as a web server passes it on, over FastCGI or CGI: its variables and its body.
package struct WebRequest: Sendable {
    /// The variables that the gateway reads; what else the web server passes on is left out.
    private var variables: [(variable: Variable, value: String)] = []
    /// The body, empty where it is too large.
    package var body: [UInt8] = []
    /// Whether the body is larger than allowed; it was read to its end and thrown away.
    package var isBodyTooLarge = false
    /// Whether the body ended before all of it had arrived.
    package var isBodyTruncated = false

    /// The variables (RFC 3875, section 4.1) that the gateway reads.
    package enum Variable: String, CaseIterable, Sendable {
        /// The method.
        case method = "REQUEST_METHOD"
        /// Path and query as the client sent them: the one path variable that every web server sets alike.
        case uri = "REQUEST_URI"
        /// The path of a CGI program.
        case scriptName = "SCRIPT_NAME"
        /// What follows the path of a CGI program.
        case pathInfo = "PATH_INFO"
        /// The media type of the body.
        case contentType = "CONTENT_TYPE"
        /// The length of the body; absent, empty and `-1` occur.
        case contentLength = "CONTENT_LENGTH"
        /// The path below which the gateway answers, where the web server's configuration sets it.
        case mount = "FLOWHOOK_MOUNT"
        /// The request's id, where the web server's configuration sets it.
        case requestID = "REQUEST_ID"
        /// The caller's `X-Request-Id`.
        case callerRequestID = "HTTP_X_REQUEST_ID"
        /// The caller's place in a distributed trace (W3C Trace Context).
        case traceParent = "HTTP_TRACEPARENT"
        /// What came with it.
        case traceState = "HTTP_TRACESTATE"
    }

    /// Makes a request without variables.
    package init() {}

    /// The value of a variable, where the web server passed it on.
    package subscript(variable: Variable) -> String? {
        get { variables.first { $0.variable == variable }?.value }
        set {
            variables.removeAll { $0.variable == variable }
            if let newValue { variables.append((variable, newValue)) }
        }
    }

    /// Takes `NAME=value` entries, the form of an environment, up to a null pointer.
    ///
    /// Bytes that are no UTF-8 become U+FFFD.
    package init(environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) {
        guard var entry = environment else { return }
        while let text = entry.pointee {
            if let (variable, value) = Self.read(text) { variables.append((variable, String(cString: value))) }
            entry += 1
        }
    }

    private static func read(_ text: UnsafeMutablePointer<CChar>) -> (Variable, UnsafePointer<CChar>)? {
        for (variable, name) in names {
            var index = 0
            while index < name.count, text[index] == name[index] { index += 1 }
            if index == name.count { return (variable, UnsafePointer(text + index)) }
        }
        return nil
    }

    /// The variables' names with the `=` behind them.
    private static let names: [(Variable, [CChar])] = Variable.allCases.map { variable in
        (variable, "\(variable.rawValue)=".utf8.map { CChar(bitPattern: $0) })
    }
}
