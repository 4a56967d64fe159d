internal import CLinux
internal import Glibc

/// Reads a request that is too large to lie whole in a socket's buffer, on a thread of the pool.
///
/// Each piece goes through the screen first, then over a pair of sockets to libfcgi, which is asked for no more of the
/// body than has gone over: it never waits.
struct LargeRequestReader: @unchecked Sendable {
    // Safe: the connection leaves its request to the one thread that reads.
    private let descriptor: Int32
    private let request: FastCGIRequest
    private let maximumBodyBytes: Int

    /// How many bytes are read at a time; what fits into the pair's buffer.
    private static let pieceBytes = 32_768

    /// Readies a reader for a connection's descriptor.
    init(descriptor: Int32, request: FastCGIRequest, maximumBodyBytes: Int) {
        self.descriptor = descriptor
        self.request = request
        self.maximumBodyBytes = maximumBodyBytes
    }

    /// Reads the request to its end.
    ///
    /// - Returns: `nil` where the bytes are refused, or the peer falls silent or goes.
    func read() -> WebRequest? {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            return nil
        }
        // Nothing waits here by design; were it to, it ends with the connection's own bound.
        var bound = timeval(tv_sec: 5, tv_usec: 0)
        for end in ends {
            setsockopt(end, SOL_SOCKET, SO_RCVTIMEO, &bound, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(end, SOL_SOCKET, SO_SNDTIMEO, &bound, socklen_t(MemoryLayout<timeval>.size))
        }
        request.descriptor = ends[1]
        let webRequest = relay(into: ends[0])
        Glibc.close(ends[0])
        // The library closes its end itself where it gives up.
        if request.descriptor >= 0 { Glibc.close(ends[1]) }
        // The answer goes to the web server.
        request.descriptor = descriptor
        return webRequest
    }

    private func relay(into end: Int32) -> WebRequest? {
        var screen = Screen()
        var webRequest: WebRequest?
        var bodyRead = 0
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: Self.pieceBytes)
        defer { buffer.deallocate() }
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            guard count > 0 else { return nil }
            let verdict = screen.consume(UnsafeBufferPointer(rebasing: buffer[..<count]))
            if case .refused = verdict { return nil }
            guard write(end, buffer.baseAddress, count) == count else { return nil }
            if screen.hasParameters, webRequest == nil { webRequest = request.accept() }
            if var current = webRequest.take() {
                // At the end one byte more than there is, so that the library sees the end too.
                let isWhole = verdict != .incomplete
                var piece: [UInt8] = []
                bodyRead += request.readBody(screen.bodyBytes - bodyRead + (isWhole ? 1 : 0), into: &piece)
                current.isBodyTooLarge = screen.bodyBytes > maximumBodyBytes
                if current.isBodyTooLarge { current.body = [] } else { current.body.append(contentsOf: piece) }
                if isWhole {
                    current.isBodyTruncated = !request.isBodyComplete
                    return current
                }
                webRequest = current
            } else if screen.hasParameters {
                return nil
            }
        }
    }
}
