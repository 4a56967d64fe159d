internal import Glibc
internal import JSON

/// A request as a web server passes it on, over FastCGI or CGI: its variables and its body.
package struct WebRequest: Sendable {
    /// The values of the variables that the gateway reads, one behind the other; what else comes is left out.
    private var values: [UInt8] = []
    /// Where the value of each variable stands among them.
    private var places = InlineArray<12, Place>(repeating: Place())
    /// The body, empty where it is too large.
    package var body: [UInt8] = []
    /// Whether the body is larger than allowed; it was read to its end and thrown away.
    package var isBodyTooLarge = false
    /// Whether the body ended before all of it had arrived.
    package var isBodyTruncated = false

    private struct Place {
        /// The first byte; -1 where the web server did not pass the variable on.
        var start: Int32 = -1
        var count: Int32 = 0
    }

    /// The variables (RFC 3875, section 4.1) that the gateway reads.
    package enum Variable: Int, CaseIterable, Sendable {
        /// The method.
        case method
        /// Path and query as the client sent them: the one path variable that every web server sets alike.
        case uri
        /// The path of a CGI program.
        case scriptName
        /// What follows the path of a CGI program.
        case pathInfo
        /// The media type of the body.
        case contentType
        /// The length of the body; absent, empty and `-1` occur.
        case contentLength
        /// The path below which the gateway answers, where the web server's configuration sets it.
        case mount
        /// The request's id, where the web server's configuration sets it.
        case requestID
        /// The caller's `X-Request-Id`.
        case callerRequestID
        /// The caller's `Idempotency-Key`.
        case idempotencyKey
        /// The caller's place in a distributed trace (W3C Trace Context).
        case traceParent
        /// What came with it.
        case traceState

        /// The name by which the web server passes it on.
        fileprivate var name: String {
            switch self {
            case .method: "REQUEST_METHOD"
            case .uri: "REQUEST_URI"
            case .scriptName: "SCRIPT_NAME"
            case .pathInfo: "PATH_INFO"
            case .contentType: "CONTENT_TYPE"
            case .contentLength: "CONTENT_LENGTH"
            case .mount: "FLOWHOOK_MOUNT"
            case .requestID: "REQUEST_ID"
            case .callerRequestID: "HTTP_X_REQUEST_ID"
            case .idempotencyKey: "HTTP_IDEMPOTENCY_KEY"
            case .traceParent: "HTTP_TRACEPARENT"
            case .traceState: "HTTP_TRACESTATE"
            }
        }
    }

    /// Makes a request without variables.
    package init() {}

    /// The value of a variable, where the web server passed it on; bytes that are no UTF-8 become U+FFFD.
    package subscript(variable: Variable) -> String? {
        get { withBytes(of: variable) { String(decoding: $0, as: UTF8.self) } }
        set {
            if let newValue { put(variable, newValue.utf8) } else { places[variable.rawValue] = Place() }
        }
    }

    /// Whether a variable has come, empty or not.
    package func has(_ variable: Variable) -> Bool { places[variable.rawValue].start >= 0 }

    /// Whether a variable has exactly this value.
    package func has(_ variable: Variable, _ value: String) -> Bool {
        let isSame = value.withBytes { value in
            withBytes(of: variable) { bytes in
                guard bytes.count == value.count, let start = bytes.baseAddress, let other = value.baseAddress else {
                    return bytes.count == value.count
                }
                return memcmp(start, other, value.count) == 0
            }
        }
        return isSame ?? false
    }

    /// How many bytes of body the web server announces; `nil` where it gives no number.
    package var contentLength: Int? {
        let length = withBytes(of: .contentLength) { digits -> Int? in
            // Too few to overflow.
            guard !digits.isEmpty, digits.count <= 18 else { return nil }
            var length = 0
            for digit in digits {
                guard digit &- UInt8(ascii: "0") < 10 else { return nil }
                length = length * 10 + Int(digit - UInt8(ascii: "0"))
            }
            return length
        }
        return length ?? nil
    }

    /// Runs a closure with the value of a variable, where the web server passed it on.
    func withBytes<Value>(of variable: Variable, _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value? {
        let place = places[variable.rawValue]
        guard place.start >= 0 else { return nil }
        let (start, end) = (Int(place.start), Int(place.start) + Int(place.count))
        return values.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[start..<end])) }
    }

    private mutating func put(_ variable: Variable, _ value: some Collection<UInt8>) {
        places[variable.rawValue] = Place(start: Int32(values.count), count: Int32(value.count))
        values.append(contentsOf: value)
    }

    /// Takes `NAME=value` entries, the form of an environment, up to a null pointer; of several of one name the first, as
    /// getenv(3) and FCGX_GetParam do.
    package init(environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) {
        guard var entry = environment else { return }
        let names = Self.names
        values.reserveCapacity(256)
        while let text = entry.pointee {
            if let (variable, value) = names.read(text), !has(variable) {
                put(variable, UnsafeRawBufferPointer(start: value, count: strlen(value)))
            }
            entry += 1
        }
    }

    private static let names = Names()

    /// The variables' names with the `=` behind them, laid out for a look at each of the thirty variables or more that
    /// come with a request.
    private struct Names: @unchecked Sendable {
        // Safe: what the pointers lead to is never written again, and never freed.
        private let entries: [(variable: Variable, name: UnsafePointer<CChar>, length: Int)]
        /// For each key the entries whose names begin so.
        private let ranges: [Range<Int>]

        init() {
            let sorted = Variable.allCases.map { (key: Self.key(of: $0), variable: $0) }.sorted { $0.key < $1.key }
            var next = 0
            ranges = (0..<128).map { key in
                let first = next
                while next < sorted.count, sorted[next].key == key { next += 1 }
                return first..<next
            }
            entries = sorted.map { _, variable in
                let name = "\(variable.name)="
                let bytes = UnsafeMutablePointer<CChar>.allocate(capacity: name.utf8.count)
                for (index, byte) in name.utf8.enumerated() { bytes[index] = CChar(bitPattern: byte) }
                return (variable, UnsafePointer(bytes), name.utf8.count)
            }
        }

        /// Where the byte stands that tells names apart best: behind the `HTTP_` of a request's header, else at the start.
        @inline(__always)
        private static func keyOffset(_ text: UnsafePointer<CChar>) -> Int {
            text[0] == CChar(UInt8(ascii: "H")) && text[1] == CChar(UInt8(ascii: "T"))
                && text[2] == CChar(UInt8(ascii: "T")) && text[3] == CChar(UInt8(ascii: "P"))
                && text[4] == CChar(UInt8(ascii: "_")) ? 5 : 0
        }

        @inline(__always)
        private static func key(_ text: UnsafePointer<CChar>, _ offset: Int) -> Int {
            Int(UInt8(bitPattern: text[offset]) & 63) | (offset > 0 ? 64 : 0)
        }

        private static func key(of variable: Variable) -> Int {
            variable.name.withCString { key($0, keyOffset($0)) }
        }

        /// Splits a `NAME=value` entry, where the gateway reads its variable.
        @inline(__always)
        func read(_ text: UnsafeMutablePointer<CChar>) -> (Variable, UnsafePointer<CChar>)? {
            let offset = Self.keyOffset(text)
            for position in ranges[Self.key(text, offset)] {
                let (variable, name, length) = entries[position]
                // Nearly all differ early, where a call of strncmp would cost more than the look.
                if text[offset] == name[offset], text[offset + 1] == name[offset + 1],
                    text[offset + 2] == name[offset + 2], strncmp(text, name, length) == 0
                {
                    return (variable, UnsafePointer(text + length))
                }
            }
            return nil
        }
    }
}
