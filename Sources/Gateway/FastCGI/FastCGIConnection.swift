internal import CLinux
internal import Glibc

/// One connection of a web server: screens a request, answers it, and waits for the next where the peer keeps it.
///
/// Nothing here waits on the loop: a request that lies whole in the socket's buffer goes to libfcgi at once, another one
/// is relayed as it arrives, and an answer is written on the loop where the send buffer takes all of it. A larger answer
/// goes to the pool.
final class FastCGIConnection: EventHandler, @unchecked Sendable {
    // Safe: touched on its loop's thread alone; while it is away with the pool, by that one thread alone.
    private let descriptor: Int32
    private let shard: FastCGIShard
    private let request: FastCGIRequest
    private var relay: RequestRelay?
    private var state = State.waiting
    private var isPeerGone = false
    private var isLast = false
    private var timer: TimerToken?

    private enum State {
        /// For a request to arrive.
        case waiting
        /// A task runs.
        case answering
        /// With the pool, which writes an answer; no event is looked at.
        case away
        case closed
    }

    /// How many pieces of a request are taken before other connections have their turn.
    private static let piecesPerTurn = 4

    /// How many bytes of an answer are written on the loop at most, if the send buffer is otherwise empty.
    private static let largestWrite = 65_536

    /// How many bytes of an answer any send buffer takes.
    private static let smallWrite = 8_192

    /// Takes over a connected descriptor.
    init(descriptor: Int32, shard: FastCGIShard) {
        self.descriptor = descriptor
        self.shard = shard
        request = FastCGIRequest(descriptor: descriptor)
    }

    /// Begins to wait for requests.
    func open() {
        guard wait() else { return close() }
        examine()
    }

    /// Ends a connection that waits for a request of which no byte has come.
    func closeIfIdle() {
        if state == .waiting, timer == nil { close() }
    }

    func handle(events: UInt32, on loop: EventLoop) {
        switch state {
        case .waiting: examine()
        case .answering:
            // The call goes on: its effects at the third-party service may have begun. A peer that has closed its
            // writing half alone may still read.
            if events & (Events.hangUp | Events.error) != 0 { isPeerGone = true }
        case .away, .closed: break
        }
    }

    // MARK: In

    private func wait() -> Bool {
        state = .waiting
        let events = Events.readable | Events.peerClosed | Events.edgeTriggered
        return (try? shard.loop.register(descriptor, events: events, handler: self)) != nil
    }

    /// Looks at what has arrived, and lets it through where it is a whole request.
    private func examine() {
        guard state == .waiting else { return }
        if let relay { return takePieces(relay) }
        let buffer = shard.peekBuffer
        let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        guard count > 0 else {
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            return close()
        }
        var screen = Screen()
        switch screen.consume(UnsafeBufferPointer(rebasing: buffer[..<count])) {
        case .refused: close()
        case .whole(let byteCount): accept(bodyBytes: screen.bodyBytes, isFollowed: byteCount < count)
        case .incomplete: beginRelay()
        }
    }

    private func accept(bodyBytes: Int, isFollowed: Bool) {
        guard var webRequest = request.accept() else { return close(isClosedByLibrary: true) }
        var body: [UInt8] = []
        body.reserveCapacity(bodyBytes)
        guard request.readBody(bodyBytes, isToEnd: true, into: &body) else { return close() }
        webRequest.isBodyTooLarge = bodyBytes > shard.options.maximumBodyBytes()
        if !webRequest.isBodyTooLarge { webRequest.body = body }
        answer(webRequest, bodyBytes: bodyBytes, isLast: isFollowed)
    }

    // MARK: In, piece by piece

    private func beginRelay() {
        let maximum = shard.options.maximumBodyBytes()
        guard let relay = RequestRelay(request: request, maximumBodyBytes: maximum) else { return close() }
        self.relay = relay
        startTimer()
        takePieces(relay)
    }

    private func takePieces(_ relay: RequestRelay) {
        let buffer = shard.peekBuffer
        for _ in 0..<Self.piecesPerTurn {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            guard count > 0 else { return takeEnd(relay, isClosed: count == 0) }
            switch relay.take(UnsafeBufferPointer(rebasing: buffer[..<count])) {
            case .incomplete: continue
            case .refused: return close()
            case .whole(let webRequest, let isFollowed):
                endRelay()
                return answer(webRequest, bodyBytes: relay.bodyBytes, isLast: isFollowed)
            }
        }
        // Told of changes alone, the loop would not come back to what is left.
        shard.loop.execute { [self] in examine() }
    }

    /// A peer that closes its half in the middle of a body may still read why that was wrong.
    private func takeEnd(_ relay: RequestRelay, isClosed: Bool) {
        guard isClosed, let webRequest = relay.takeEnd() else { return close() }
        endRelay()
        answer(webRequest, bodyBytes: relay.bodyBytes, isLast: true)
    }

    private func endRelay() {
        relay?.end()
        relay = nil
        stopTimer()
    }

    // MARK: Out

    private func answer(_ webRequest: WebRequest, bodyBytes: Int, isLast: Bool) {
        var webRequest = webRequest
        // A web server whose client left sends less than it announced, and ends the body properly (FastCGI 1.0, 6.2).
        if let length = webRequest[.contentLength].flatMap({ Int($0) }), length > bodyBytes {
            webRequest.isBodyTruncated = true
        }
        let whole = webRequest
        self.isLast = isLast
        state = .answering
        let respond = shard.options.respond
        let loop = shard.loop
        // Safe: the task prefers the loop's executor, so the connection stays on its thread.
        Task(executorPreference: loop) { [self] in
            let answer = await respond(whole, loop)
            send(answer.cgiBytes)
        }
    }

    private func send(_ bytes: [UInt8]) {
        guard !isPeerGone else {
            request.abandon()
            return close()
        }
        if fitsSendBuffer(bytes.count) {
            finish(isWritten: request.finish(bytes))
        } else {
            sendAway(bytes)
        }
    }

    /// Whether the socket takes so many bytes at once, by a bound that allows for the kernel's own overhead.
    private func fitsSendBuffer(_ count: Int) -> Bool {
        guard count <= Self.largestWrite, flowhook_unsent_bytes(descriptor) == 0 else { return false }
        if count <= Self.smallWrite { return true }
        var size: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, &length) == 0 && count <= Int(size) / 3
    }

    private func sendAway(_ bytes: [UInt8]) {
        leaveLoop()
        // The library closes a descriptor that fails: it gets one of its own, or a number that is ours could be reused.
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else {
            request.abandon()
            return close()
        }
        request.descriptor = copy
        shard.pool.submit { [self] in
            let isWritten = request.finish(bytes)
            if isWritten { Glibc.close(copy) }
            shard.loop.execute { [self] in
                request.descriptor = descriptor
                guard comeBack(), isWritten else { return close() }
                finish(isWritten: true)
            }
        }
    }

    private func finish(isWritten: Bool) {
        guard isWritten else { return close(isClosedByLibrary: true) }
        guard request.keepsConnection, !isLast, !shard.isDraining else { return close() }
        state = .waiting
        examine()
    }

    // MARK: The descriptor

    /// Gives the connection to the pool, for a bounded time: then its reads and writes end.
    private func leaveLoop() {
        state = .away
        shard.loop.deregister(descriptor)
        startTimer()
    }

    private func comeBack() -> Bool {
        stopTimer()
        guard state == .away else { return false }
        return wait()
    }

    /// The deadline of a request that is arriving, or of an answer that is being taken.
    private func startTimer() {
        guard timer == nil else { return }
        let deadline = shard.loop.now + shard.options.transferNanoseconds
        timer = shard.loop.schedule(at: deadline) { [self] in
            timer = nil
            // The pool's thread wakes up from its read or write; the descriptor stays open until it is back.
            if state == .away { shutdown(descriptor, Int32(SHUT_RDWR)) } else { close() }
        }
    }

    private func stopTimer() {
        if let timer { shard.loop.cancel(timer) }
        timer = nil
    }

    private func close(isClosedByLibrary: Bool = false) {
        guard state != .closed else { return }
        state = .closed
        endRelay()
        shard.loop.deregister(descriptor)
        if !isClosedByLibrary { Glibc.close(descriptor) }
        shard.remove(self)
    }
}
