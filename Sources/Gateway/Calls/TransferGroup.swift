internal import CCurl
internal import Glibc

/// A multi handle of libcurl in a loop's epoll set, with a bounded number of transfers and connections.
///
/// For each new transfer libcurl looks at all of the handle's connections to the host, in use or not. A loop therefore has
/// as many groups as it takes: what a call costs does not grow with the calls in flight.
///
/// To be used on the loop's thread alone.
final class TransferGroup {
    /// Where the group stands among those of its caller.
    let index: Int
    /// When its last transfer ended, in nanoseconds of the loop's clock.
    private(set) var lastUse: UInt64 = 0

    private let loop: EventLoop
    private let sockets: CallSockets
    private let maximumConnections: Int
    /// Made when it is needed.
    private var multi: UnsafeMutableRawPointer?
    private var running: [Transfer] = []
    /// When libcurl wants to be called, in nanoseconds of the loop's clock; `.max`: not for the time.
    private var due = UInt64.max
    private var timer: (token: TimerToken, deadline: UInt64)?
    private var waitsForTurnEnd = false

    /// How many transfers a group takes, at least one: a loop's part of all connections, where that is little.
    private static let maximumTransfers = min(
        128,
        max(1, DescriptorBudget.raised().maximumCalls / Server.allowedCPUs)
    )

    /// Makes a group without a handle.
    ///
    /// - Parameter maximumConnections: how many connections it has at most, in use and kept, at least as many as transfers:
    ///   past that the one that has been idle longest is closed.
    init(index: Int, loop: EventLoop, sockets: CallSockets, maximumConnections: Int) {
        self.index = index
        self.loop = loop
        self.sockets = sockets
        self.maximumConnections = max(maximumConnections, Self.maximumTransfers)
    }

    deinit { close() }

    /// Whether it takes no more transfers for the time.
    var isFull: Bool { running.count >= Self.maximumTransfers }

    /// Whether it has connections and no transfer.
    var isIdle: Bool { multi != nil && running.isEmpty }

    /// Begins a transfer at the end of the loop's turn, together with all others that are begun in it.
    func begin(_ transfer: Transfer) {
        transfer.position = running.count
        running.append(transfer)
        let code = curl_multi_add_handle(multi ?? open(), transfer.easy)
        if code != CURLM_OK { finish(transfer, CURLE_FAILED_INIT) }
    }

    /// Closes all connections; the next transfer makes a new handle.
    func close() {
        guard let multi else { return }
        for transfer in running { curl_multi_remove_handle(multi, transfer.easy) }
        running = []
        curl_multi_cleanup(multi)
        self.multi = nil
        due = .max
        if let timer { loop.cancel(timer.token) }
        timer = nil
    }

    private func open() -> UnsafeMutableRawPointer {
        guard let multi = curl_multi_init() else { preconditionFailure("no memory for libcurl") }
        self.multi = multi
        flowhook_multi_set_long(multi, CURLMOPT_MAXCONNECTS, maximumConnections)
        // Makes room before a connection is opened, not after one was used.
        flowhook_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, maximumConnections)
        flowhook_multi_set_long(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING)
        flowhook_multi_set_functions(
            multi,
            { easy, socket, what, context, _ in
                guard let group = TransferGroup.from(context) else { return 0 }
                group.sockets.watch(socket, what, for: group, easy.flatMap(Transfer.of))
                return 0
            },
            { _, milliseconds, context in
                TransferGroup.from(context)?.setTimer(milliseconds)
                return 0
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
        return multi
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> TransferGroup? {
        context.map { Unmanaged<TransferGroup>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: libcurl's turn

    /// Tells libcurl what has come, and ends the transfers that are done.
    func act(on descriptor: curl_socket_t, _ events: Int32) {
        guard let multi else { return }
        var count: Int32 = 0
        curl_multi_socket_action(multi, descriptor, events, &count)
        while let message = curl_multi_info_read(multi, &count) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = flowhook_message_result(message)
            curl_multi_remove_handle(multi, easy)
            guard let transfer = Transfer.of(easy) else { continue }
            // First: what is closed already may stand for somebody else's by now.
            sockets.strikeClosed(among: transfer.opened)
            sockets.abandon(of: transfer)
            finish(transfer, transfer.result(code))
        }
    }

    private func finish(_ transfer: Transfer, _ code: CURLcode) {
        let last = running.removeLast()
        if last !== transfer {
            running[transfer.position] = last
            last.position = transfer.position
        }
        if running.isEmpty { lastUse = loop.now }
        transfer.finish(code)
    }

    /// Takes libcurl's wish (`CURLMOPT_TIMERFUNCTION`); `-1`: none.
    ///
    /// The wish mostly moves away, to the deadline of a later transfer: a timer that was set for an earlier one stays, and
    /// is set anew when it comes.
    private func setTimer(_ milliseconds: Int) {
        guard milliseconds != 0 else {
            due = 0
            guard !waitsForTurnEnd else { return }
            waitsForTurnEnd = true
            loop.atEndOfTurn { [self] in
                waitsForTurnEnd = false
                if due == 0 { actOnTime() }
            }
            return
        }
        due = milliseconds < 0 ? .max : loop.now + UInt64(milliseconds) * 1_000_000
        setLoopTimer()
    }

    private func setLoopTimer() {
        guard due < timer?.deadline ?? .max else { return }
        if let timer { loop.cancel(timer.token) }
        let deadline = due
        let token = loop.schedule(at: deadline) { [unowned self] in
            timer = nil
            if due <= deadline { actOnTime() } else { setLoopTimer() }
        }
        timer = (token, deadline)
    }

    private func actOnTime() {
        due = .max
        act(on: CURL_SOCKET_TIMEOUT, 0)
    }
}
