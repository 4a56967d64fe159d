/// Gathers a request that does not lie whole in its socket's buffer, piece by piece as it arrives.
///
/// Each piece goes through the screen. What comes before the body is kept as it came, for libfcgi to read; of the body
/// the content alone, as much as is allowed: neither crumbs nor padding make more of it. No descriptor is held.
package final class RequestRelay {
    /// How far the request has come.
    package enum Progress {
        /// More is to arrive.
        case incomplete
        /// It is not to be let through, for this reason.
        case refused(String)
        /// It is whole. Where bytes followed it the connection is of no more use.
        case whole(isFollowed: Bool)
    }

    private let maximumBodyBytes: Int
    private var screen = Screen()

    /// How many bytes there may be before the body: all of PARAMS with its records' headers and padding.
    package static let maximumHeadBytes = 131_072

    /// BEGIN_REQUEST and PARAMS as they came.
    package private(set) var head: [UInt8] = []

    /// Begins to gather a request.
    package init(maximumBodyBytes: Int) {
        self.maximumBodyBytes = maximumBodyBytes
        screen.maximumKeptBodyBytes = maximumBodyBytes
    }

    /// How many bytes of the body have arrived.
    package var bodyBytes: Int { screen.bodyBytes }

    /// Whether more of the body has arrived than is allowed; it is thrown away then.
    var isBodyTooLarge: Bool { bodyBytes > maximumBodyBytes }

    /// The body as far as it has arrived; empty where it is too large.
    package var body: [UInt8] { screen.body }

    /// Whether all of PARAMS has arrived.
    var hasParameters: Bool { screen.hasParameters }

    /// How many bytes are held for the request.
    var heldBytes: Int { head.count + screen.body.count }

    /// Takes the next bytes of the connection.
    package func take(_ bytes: UnsafeBufferPointer<UInt8>) -> Progress {
        let begin = screen.byteCount
        let hadParameters = screen.hasParameters
        let verdict = screen.consume(bytes)
        if !hadParameters {
            let end = screen.bodyStart.map { $0 - begin } ?? bytes.count
            guard head.count + end <= Self.maximumHeadBytes else {
                return .refused("more than \(Self.maximumHeadBytes) bytes of parameters and padding")
            }
            head.append(contentsOf: bytes[..<end])
        }
        switch verdict {
        case .incomplete: return .incomplete
        case .refused(let reason): return .refused(reason)
        case .whole(let byteCount): return .whole(isFollowed: byteCount - begin < bytes.count)
        }
    }
}
