internal import CLinux
internal import Glibc

/// Takes in a request that does not lie whole in its socket's buffer, piece by piece as it arrives; it never waits.
///
/// Each piece goes through the screen first, then over a pair of sockets to libfcgi, which is asked for no more than has
/// gone over.
final class RequestRelay {
    /// How far the request has come.
    enum Progress {
        /// More is to arrive.
        case incomplete
        /// It is not to be let through, or the pair fails.
        case refused
        /// It is whole. Where bytes followed it they were thrown away, and the connection is of no more use.
        case whole(WebRequest, isFollowed: Bool)
    }

    private let request: FastCGIRequest
    private let webServer: Int32
    private let maximumBodyBytes: Int
    private let near: Int32
    private let far: Int32
    private var screen = Screen()
    private var webRequest: WebRequest?
    /// What the screen has let through and libfcgi has not got yet.
    private var held: [UInt8] = []
    private var bodyRead = 0
    private var isEnded = false

    /// How many bytes may be held: all of PARAMS with its records' headers and padding, and a piece of the body.
    ///
    /// The pair's buffer takes as many at once.
    private static let maximumHeldBytes = 131_072

    /// How many bytes are gathered before libfcgi gets them: a body may arrive in crumbs.
    private static let pieceBytes = 32_768

    /// Begins to relay into a connection's request, whose descriptor is given back by ``end()``.
    ///
    /// - Returns: `nil` where the system gives no descriptors.
    init?(request: FastCGIRequest, maximumBodyBytes: Int) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            return nil
        }
        (near, far) = (ends[0], ends[1])
        self.request = request
        self.maximumBodyBytes = maximumBodyBytes
        webServer = request.descriptor
        var size = Int32(2 * Self.maximumHeldBytes)
        setsockopt(near, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        // Nothing waits here by design; were it to, the read would end.
        var bound = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(far, SOL_SOCKET, SO_RCVTIMEO, &bound, socklen_t(MemoryLayout<timeval>.size))
        request.descriptor = far
    }

    /// How many bytes of the body have arrived.
    var bodyBytes: Int { screen.bodyBytes }

    deinit {
        end()
    }

    /// Gives the request its connection back; what it has read so far stays.
    func end() {
        guard !isEnded else { return }
        isEnded = true
        // Where the library has given up, it has closed its end itself.
        if request.descriptor == far { close(far) }
        close(near)
        request.descriptor = webServer
    }

    /// Takes the next bytes of the connection.
    func take(_ bytes: UnsafeBufferPointer<UInt8>) -> Progress {
        var isFollowed = false
        let begin = screen.byteCount
        switch screen.consume(bytes) {
        case .refused: return .refused
        case .incomplete: held.append(contentsOf: bytes)
        case .whole(let byteCount):
            let own = byteCount - begin
            isFollowed = own < bytes.count
            held.append(contentsOf: bytes[..<own])
        }
        guard held.count <= Self.maximumHeldBytes else { return .refused }
        guard screen.hasParameters, screen.isWhole || held.count >= Self.pieceBytes else { return .incomplete }
        guard passOn() else { return .refused }
        guard screen.isWhole, let webRequest else { return .incomplete }
        return .whole(webRequest, isFollowed: isFollowed)
    }

    /// The request as far as it came, where its peer has closed its half; `nil` before the end of its variables.
    func takeEnd() -> WebRequest? {
        guard screen.hasParameters, passOn() else { return nil }
        webRequest?.isBodyTruncated = true
        return webRequest
    }

    /// Gives libfcgi what is held, and takes what that makes of it.
    private func passOn() -> Bool {
        let sent = held.withUnsafeBytes { send(near, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL)) }
        guard sent == held.count else { return false }
        held.removeAll(keepingCapacity: true)
        if webRequest == nil { webRequest = request.accept() }
        guard var current = webRequest.take() else { return false }
        current.isBodyTooLarge = screen.bodyBytes > maximumBodyBytes
        let count = screen.bodyBytes - bodyRead
        var body = current.body
        current.body = []
        let isRead = request.readBody(count, isToEnd: screen.isWhole, into: &body)
        bodyRead += count
        if !current.isBodyTooLarge { current.body = body }
        webRequest = current
        return isRead
    }
}
