internal import CLinux
internal import Glibc
internal import JSON

/// One connection of a web server: screens a request, answers it, and waits for the next where the peer keeps it.
///
/// Nothing here waits: a request that lies whole in the socket's buffer goes to libfcgi at once, another one is gathered
/// as it arrives, and an answer that the send buffer does not take at once leaves as its peer reads it. What a peer is
/// slow about has a deadline, and what is held for it counts against a bound.
final class FastCGIConnection: EventHandler, @unchecked Sendable {
    // Safe: touched on its loop's thread alone.
    private let descriptor: Int32
    private let shard: FastCGIShard
    private let request: FastCGIRequest
    private var state = State.waiting
    private var isPeerGone = false
    /// Whether the peer writes no more: the end is told of once, maybe with the last that it wrote.
    private var isAtEnd = false
    private var isLast = false
    /// Whether something may lie unread: told of changes alone, a connection that has read all learns of more by an event.
    private var hasNews = true
    /// How many bytes of the send buffer answers may take up, as far as is known without a look.
    private var unsentBound = 0
    private var timer: TimerToken?
    /// The request for the connection's task to answer next, and the task where it waits for one.
    private var arrived: WebRequest?
    private var waiter: UnsafeContinuation<WebRequest?, Never>?
    private var hasTask = false
    /// What is written as the peer reads it, and how much of that is.
    private var outgoing: [UInt8] = []
    private var written = 0
    /// How many bytes are held here, as the shard was told last.
    private var heldBytes = 0 {
        didSet { shard.hold(heldBytes - oldValue) }
    }

    /// Where the connection stands among those that wait, or among those that transfer.
    let place = QueuePlace()

    private enum State {
        /// For a request of which no byte has come.
        case waiting
        /// For the rest of a request.
        case arriving(RequestRelay)
        /// A task runs.
        case answering
        /// For the peer to read the answer.
        case leaving
        case closed
    }

    /// How many pieces of a request are taken before other connections have their turn.
    private static let piecesPerTurn = 4

    /// How many bytes of an answer are written on the loop at most, if the send buffer is otherwise empty.
    private static let largestWrite = 65_536

    /// How many bytes of an answer any send buffer takes.
    private static let smallWrite = 8_192

    /// How many bytes the kernel counts for a write beyond its own.
    private static let writeOverhead = 512

    /// Takes over a connected descriptor.
    init(descriptor: Int32, shard: FastCGIShard) {
        self.descriptor = descriptor
        self.shard = shard
        request = FastCGIRequest(descriptor: descriptor)
    }

    /// Begins to wait for requests; the first is to begin within the deadline of a transfer.
    ///
    /// A kept connection may be silent for as long as its web server likes: it has shown that there is one.
    func open() {
        guard (try? shard.loop.register(descriptor, events: Self.arrivals, handler: self)) != nil else {
            return close()
        }
        startTimer()
        wait()
    }

    /// Ends a connection that waits for a request of which no byte has come.
    func closeIfIdle() {
        if case .waiting = state { close() }
    }

    /// Ends a connection that waits or transfers: others need its place.
    func giveWay(_ detail: String) {
        fail(.crowded, detail)
    }

    func handle(events: UInt32, on loop: EventLoop) {
        hasNews = true
        if events & Events.peerClosed != 0 { isAtEnd = true }
        switch state {
        case .waiting: examine()
        case .arriving(let relay): takePieces(relay)
        case .answering:
            // The call goes on: its effects at the third-party service may have begun. A peer that has closed its
            // writing half alone may still read.
            if events & (Events.hangUp | Events.error) != 0 { isPeerGone = true }
        case .leaving: push()
        case .closed: break
        }
    }

    // MARK: In

    private static let arrivals = Events.readable | Events.peerClosed | Events.edgeTriggered

    private func wait() {
        state = .waiting
        shard.waiting.append(self, at: shard.loop.now)
        if hasNews { examine() }
    }

    /// Looks at what has arrived, and lets it through where it is a whole request.
    private func examine() {
        guard case .waiting = state else { return }
        let buffer = shard.peekBuffer
        let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        guard count > 0 else {
            if count < 0, errno == EAGAIN { hasNews = false }
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            return close()
        }
        hasNews = count == buffer.count || isAtEnd
        endWaiting()
        var screen = Screen()
        switch screen.consume(UnsafeBufferPointer(rebasing: buffer[..<count])) {
        case .refused(let reason): fail(.malformed, reason)
        case .whole(let byteCount): accept(bodyBytes: screen.bodyBytes, isFollowed: byteCount < count)
        case .incomplete:
            let relay = RequestRelay(maximumBodyBytes: shard.options.maximumBodyBytes())
            state = .arriving(relay)
            beginTransfer()
            takePieces(relay)
        }
    }

    private func accept(bodyBytes: Int, isFollowed: Bool) {
        guard var webRequest = request.accept() else { return close(isClosedByLibrary: true) }
        var body: [UInt8] = []
        body.reserveCapacity(bodyBytes)
        guard request.readBody(bodyBytes, into: &body) else { return close() }
        webRequest.isBodyTooLarge = bodyBytes > shard.options.maximumBodyBytes()
        if !webRequest.isBodyTooLarge { webRequest.body = body }
        answer(webRequest, bodyBytes: bodyBytes, isLast: isFollowed)
    }

    // MARK: In, piece by piece

    private func takePieces(_ relay: RequestRelay) {
        // What comes between two pieces is not told apart from what is read with them.
        hasNews = true
        let buffer = shard.peekBuffer
        for _ in 0..<Self.piecesPerTurn {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            guard count > 0 else { return takeEnd(relay, isClosed: count == 0) }
            switch relay.take(UnsafeBufferPointer(rebasing: buffer[..<count])) {
            case .incomplete: heldBytes = relay.heldBytes
            case .refused(let reason): return fail(.malformed, reason)
            case .whole(let isFollowed): return accept(relay, isTruncated: false, isLast: isFollowed)
            }
            // Closed in favour of others.
            guard case .arriving = state else { return }
        }
        // Told of changes alone, the loop would not come back to what is left.
        shard.loop.execute { [self] in
            if case .arriving(let relay) = state { takePieces(relay) }
        }
    }

    /// A peer that closes its half in the middle of a body may still read why that was wrong.
    private func takeEnd(_ relay: RequestRelay, isClosed: Bool) {
        guard isClosed, relay.hasParameters else { return close() }
        accept(relay, isTruncated: true, isLast: true)
    }

    private func accept(_ relay: RequestRelay, isTruncated: Bool, isLast: Bool) {
        endWaiting()
        heldBytes = 0
        guard var webRequest = shard.pair.accept(head: relay.head, by: request) else {
            return fail(.crowded, "libfcgi got no descriptor or no memory")
        }
        webRequest.isBodyTooLarge = relay.isBodyTooLarge
        webRequest.isBodyTruncated = isTruncated
        webRequest.body = relay.body
        answer(webRequest, bodyBytes: relay.bodyBytes, isLast: isLast)
    }

    // MARK: Out

    private func answer(_ webRequest: consuming WebRequest, bodyBytes: Int, isLast: Bool) {
        // A web server whose client left sends less than it announced, and ends the body properly (FastCGI 1.0, 6.2).
        if let length = webRequest.contentLength, length > bodyBytes {
            webRequest.isBodyTruncated = true
        }
        self.isLast = isLast
        state = .answering
        if let waiter {
            self.waiter = nil
            return waiter.resume(returning: webRequest)
        }
        arrived = webRequest
        guard !hasTask else { return }
        hasTask = true
        // Safe: the task prefers the loop's executor, so the connection stays on its thread.
        Task(executorPreference: shard.loop) { [self] in await answerAll() }
    }

    /// Answers request after request until the connection ends: one task for all, since each costs some thousand
    /// instructions to make and to end.
    private func answerAll() async {
        let (respond, loop) = (shard.options.respond, shard.loop)
        while let request = await nextRequest() {
            send(await respond(request, loop).cgi)
        }
    }

    /// Waits for a request; `nil` once the connection has ended.
    private func nextRequest() async -> WebRequest? {
        if let request = arrived.take() { return request }
        if case .closed = state { return nil }
        return await withUnsafeContinuation { waiter = $0 }
    }

    private func send(_ bytes: consuming ByteBuffer) {
        guard !isPeerGone else {
            request.abandon()
            return leave()
        }
        let isFarewell = request.keepsConnection && shard.isDraining
        if !isFarewell, fitsSendBuffer(bytes.count) {
            guard bytes.withBytes(request.finish) else { return leave(isClosedByLibrary: true) }
            finish()
        } else if let records = shard.pair.records(of: bytes.bytes, by: request) {
            state = .leaving
            (outgoing, written) = (records + (isFarewell ? Self.farewell : []), 0)
            beginTransfer()
            shard.loop.modify(descriptor, events: Self.arrivals | Events.writable)
            heldBytes = records.count
            push()
        } else {
            fail(.crowded, "libfcgi got no descriptor or no memory")
        }
    }

    /// What follows the last answer of a connection that the web server would keep: FCGI_UNKNOWN_TYPE (FastCGI 1.0,
    /// section 4.2), which nothing asked for.
    ///
    /// nginx keeps a connection only where nothing follows FCGI_END_REQUEST, and these bytes come with it. Without them
    /// the next request could be written between the answer and the close, and would be lost with it.
    private static let farewell: [UInt8] = [1, 11, 0, 0, 0, 8, 0, 0] + [UInt8](repeating: 0, count: 8)

    /// Whether the socket takes so many bytes at once, by a bound that allows for the kernel's own overhead.
    ///
    /// A few small answers fit whether or not the last ones have been read: the kernel is asked for every some of them.
    private func fitsSendBuffer(_ count: Int) -> Bool {
        guard count <= Self.largestWrite else { return false }
        unsentBound += count + Self.writeOverhead
        if unsentBound <= Self.smallWrite { return true }
        guard flowhook_unsent_bytes(descriptor) == 0 else { return false }
        unsentBound = count + Self.writeOverhead
        if count <= Self.smallWrite { return true }
        var size: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, &length) == 0 && count <= Int(size) / 3
    }

    /// Writes what the peer has made room for.
    private func push() {
        guard case .leaving = state else { return }
        while written < outgoing.count {
            let count = outgoing[written...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
            }
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            guard count > 0 else { return leave() }
            written += count
        }
        endWaiting()
        outgoing = []
        heldBytes = 0
        // How much of it waits to be read is not known.
        unsentBound = Self.smallWrite
        shard.loop.modify(descriptor, events: Self.arrivals)
        finish()
    }

    private func finish() {
        guard request.keepsConnection, !isLast, !shard.isDraining else { return close() }
        wait()
    }

    // MARK: The deadline and the end

    private func beginTransfer() {
        shard.transfers.append(self, at: shard.loop.now)
        startTimer()
    }

    /// The deadline of a request that is arriving, or of an answer that is being taken.
    private func startTimer() {
        timer = shard.loop.schedule(at: shard.loop.now + shard.options.transferNanoseconds) { [self] in
            timer = nil
            switch state {
            case .arriving: fail(.slow, "a request did not arrive in time")
            case .leaving: fail(.slow, "an answer was not taken in time")
            default: close()
            }
        }
    }

    /// Waits neither for a request, nor for the rest of one, nor for an answer to be taken.
    private func endWaiting() {
        place.leave()
        if let timer { shard.loop.cancel(timer) }
        timer = nil
    }

    /// Ends the connection without an answer, and tells why.
    private func fail(_ end: ConnectionEnd, _ detail: String, isClosedByLibrary: Bool = false) {
        if case .closed = state { return }
        shard.options.ended(end, detail)
        close(isClosedByLibrary: isClosedByLibrary)
    }

    /// Ends the connection of a peer that has left.
    private func leave(isClosedByLibrary: Bool = false) {
        fail(.gone, "the web server left before it had its answer", isClosedByLibrary: isClosedByLibrary)
    }

    private func close(isClosedByLibrary: Bool = false) {
        if case .closed = state { return }
        state = .closed
        endWaiting()
        outgoing = []
        heldBytes = 0
        shard.loop.deregister(descriptor)
        if !isClosedByLibrary { Glibc.close(descriptor) }
        shard.remove(self)
        waiter?.resume(returning: nil)
        waiter = nil
    }
}
