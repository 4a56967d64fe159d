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
        /// The caller's `Idempotency-Key`.
        case idempotencyKey = "HTTP_IDEMPOTENCY_KEY"
        /// The caller's place in a distributed trace (W3C Trace Context).
        case traceParent = "HTTP_TRACEPARENT"
        /// What came with it.
        case traceState = "HTTP_TRACESTATE"
    }

    /// Makes a request without variables.
    package init() {}

    /// The value of a variable, where the web server passed it on.
    package subscript(variable: Variable) -> String? {
        get {
            // By index: to look at an element as a whole would hold on to its text each time.
            for index in variables.indices where variables[index].variable == variable {
                return variables[index].value
            }
            return nil
        }
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
        variables.reserveCapacity(Variable.allCases.count)
        while let text = entry.pointee {
            if let (variable, value) = Self.names.read(text) { variables.append((variable, String(cString: value))) }
            entry += 1
        }
    }

    private static let names = Names()

    /// The variables' names with the `=` behind them, laid out for a look at each of the thirty variables or more that
    /// come with a request.
    private struct Names: @unchecked Sendable {
        // Safe: what the pointers lead to is never written again, and never freed.
        private let entries: [(variable: Variable, name: UnsafePointer<CChar>, length: Int)]
        /// For each first byte, by its low six bits, the entries whose names begin so.
        private let ranges: [Range<Int>]

        init() {
            let sorted = Variable.allCases.sorted { Self.key(of: $0) < Self.key(of: $1) }
            ranges = (0..<64).map { key in
                let first = sorted.firstIndex { Self.key(of: $0) == key } ?? 0
                return first..<first + sorted.count { Self.key(of: $0) == key }
            }
            entries = sorted.map { variable in
                let name = "\(variable.rawValue)="
                let bytes = UnsafeMutablePointer<CChar>.allocate(capacity: name.utf8.count)
                for (index, byte) in name.utf8.enumerated() { bytes[index] = CChar(bitPattern: byte) }
                return (variable, UnsafePointer(bytes), name.utf8.count)
            }
        }

        private static func key(of variable: Variable) -> Int {
            Int((variable.rawValue.utf8.first ?? 0) & 63)
        }

        /// Splits a `NAME=value` entry, where the gateway reads its variable.
        func read(_ text: UnsafeMutablePointer<CChar>) -> (Variable, UnsafePointer<CChar>)? {
            for position in ranges[Int(UInt8(bitPattern: text[0]) & 63)] {
                let entry = entries[position]
                // Nearly all differ early, where a call of strncmp would cost more than the look.
                var index = 0
                while index < entry.length, text[index] == entry.name[index] { index += 1 }
                if index == entry.length { return (entry.variable, UnsafePointer(text + index)) }
            }
            return nil
        }
    }
}
