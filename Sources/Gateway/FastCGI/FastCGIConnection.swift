internal import CLinux
internal import Glibc

/// One connection of a web server: screens a request, answers it, and waits for the next where the peer keeps it.
///
/// Nothing here waits on the loop: a request is let through once it has arrived whole, and an answer is written on the
/// loop where the send buffer takes all of it. What is larger goes to the pool.
final class FastCGIConnection: EventHandler, @unchecked Sendable {
    // Safe: touched on its loop's thread alone; while it is away with the pool, by that one thread alone.
    private let descriptor: Int32
    private unowned let shard: FastCGIShard
    private let request: FastCGIRequest
    private var state = State.waiting
    private var isPeerGone = false
    private var timer: TimerToken?

    private enum State {
        /// For a request to arrive.
        case waiting
        /// With the pool; no event is looked at.
        case away
        /// A task runs.
        case answering
        case closed
    }

    /// How many bytes of a request are waited for on the loop; a larger one is read by the pool.
    ///
    /// Small enough for the buffer of any socket, so that a whole request can lie there.
    private static let largestPeek = 32_768

    /// How many bytes of an answer are written on the loop, if the send buffer is otherwise empty.
    private static let largestWrite = 65_536

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
        let buffer = shard.peekBuffer
        let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        guard count > 0 else {
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            return close()
        }
        var screen = Screen()
        switch screen.consume(UnsafeBufferPointer(rebasing: buffer[..<count])) {
        case .refused: close()
        case .whole: accept(bodyBytes: screen.bodyBytes)
        case .incomplete where count >= Self.largestPeek: readAway()
        case .incomplete: startTimer()
        }
    }

    private func accept(bodyBytes: Int) {
        stopTimer()
        guard var webRequest = request.accept() else { return close(isClosedByLibrary: true) }
        if bodyBytes > shard.options.maximumBodyBytes() {
            webRequest.isBodyTooLarge = true
            var rest: [UInt8] = []
            _ = request.readBody(bodyBytes + 1, into: &rest)
        } else {
            webRequest.body.reserveCapacity(bodyBytes)
            // One byte more than there is: the end of the body is to be read too.
            _ = request.readBody(bodyBytes + 1, into: &webRequest.body)
        }
        answer(webRequest)
    }

    private func readAway() {
        leaveLoop()
        let reader = LargeRequestReader(
            descriptor: descriptor,
            request: request,
            maximumBodyBytes: shard.options.maximumBodyBytes()
        )
        shard.pool.submit { [self] in
            let webRequest = reader.read()
            shard.loop.execute { [self] in
                guard comeBack(), let webRequest else { return close() }
                answer(webRequest)
            }
        }
    }

    // MARK: Out

    private func answer(_ webRequest: WebRequest) {
        state = .answering
        let respond = shard.options.respond
        let loop = shard.loop
        // Safe: the task prefers the loop's executor, so the connection stays on its thread.
        Task(executorPreference: loop) { [self] in
            let answer = await respond(webRequest, loop)
            send(answer.cgiBytes)
        }
    }

    private func send(_ bytes: [UInt8]) {
        guard !isPeerGone else {
            request.abandon()
            return close()
        }
        if bytes.count <= Self.largestWrite, flowhook_unsent_bytes(descriptor) == 0 {
            finish(isWritten: request.finish(bytes))
        } else {
            sendAway(bytes)
        }
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
        guard request.keepsConnection, !shard.isDraining else { return close() }
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
        stopTimer()
        shard.loop.deregister(descriptor)
        if !isClosedByLibrary { Glibc.close(descriptor) }
        shard.remove(self)
    }
}
