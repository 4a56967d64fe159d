internal import CCurl
package import FlowAction
internal import Glibc

/// Makes the calls of one event loop: libcurl's multi handle in the loop's own epoll set, connections kept alive.
///
/// To be used on the loop's thread alone.
package final class Caller: @unchecked Sendable {
    // Safe: all state is touched on the loop's thread alone.
    /// The loop whose calls these are.
    package let loop: EventLoop
    private let resolver: Resolver
    private let multi: UnsafeMutableRawPointer
    private var sockets: [curl_socket_t: Socket] = [:]
    private var timer: TimerToken?
    private var idle: [Transfer] = []
    private var running: [ObjectIdentifier: Transfer] = [:]

    /// How many connections a loop keeps for later calls: 1,024 where there are descriptors for as many.
    private static let keptConnections = min(
        1_024,
        max(1, DescriptorBudget.raised().maximumKeptCalls / Server.allowedCPUs)
    )

    /// How many handles wait for their next call; each holds some kilobytes.
    private static let keptHandles = 1_024

    /// Readies libcurl, once for the process.
    private static let library: Void = {
        curl_global_init(Int(CURL_GLOBAL_ALL))
        // Asked for by CURLOPT_NOSIGNAL: a connection that closes under a write is an error, not a signal.
        signal(SIGPIPE, SIG_IGN)
    }()

    /// Makes the caller of a loop.
    ///
    /// - Parameter resolver: looks names up for all loops.
    package init(loop: EventLoop, resolver: Resolver) {
        _ = Self.library
        guard let multi = curl_multi_init() else { preconditionFailure("no memory for libcurl") }
        self.loop = loop
        self.resolver = resolver
        self.multi = multi
        flowhook_multi_set_long(multi, CURLMOPT_MAXCONNECTS, Self.keptConnections)
        flowhook_multi_set_functions(
            multi,
            { _, socket, what, context, _ in
                Caller.from(context)?.watch(socket, what)
                return 0
            },
            { _, milliseconds, context in
                Caller.from(context)?.setTimer(milliseconds)
                return 0
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    deinit {
        for transfer in running.values { curl_multi_remove_handle(multi, transfer.easy) }
        running = [:]
        curl_multi_cleanup(multi)
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> Caller? {
        context.map { Unmanaged<Caller>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Makes a call; to be awaited on the loop.
    ///
    /// One deadline, the policy's timeout, covers look-up, connection, TLS, request and response.
    ///
    /// - Parameter settings: bounds, allowed networks and proxy, of the request's own snapshot.
    /// - Returns: an answer or the reason why there is none, and how long it took; never throws.
    package func send(_ request: OutgoingRequest, settings: Settings) async -> CallResult {
        let started = loop.now
        let deadline = started + UInt64(clamping: request.policy.timeout.nanoseconds)
        var result = await attempt(request, settings: settings, deadline: deadline)
        result.timing.total = Int64((loop.now - started) / 1_000)
        return result
    }

    /// One try.
    private func attempt(_ request: OutgoingRequest, settings: Settings, deadline: UInt64) async -> CallResult {
        let started = loop.now
        let addresses: [IPAddress]
        do {
            addresses = try await self.addresses(of: request, settings: settings, deadline: deadline)
        } catch {
            var timing = CallTiming()
            timing.lookUp = Int64((loop.now - started) / 1_000)
            return CallResult(outcome: .failure(error), timing: timing)
        }
        let lookedUp = loop.now
        guard lookedUp < deadline else {
            return CallResult(outcome: .failure(.timeout(request, sent: .no)), timing: CallTiming())
        }
        guard let transfer = idle.popLast() ?? Transfer() else {
            let failure = CallFailure(.connectFailure, detail: "No memory is left for another call.", sent: .no)
            return CallResult(outcome: .failure(failure), timing: CallTiming())
        }
        // Rounded up: a deadline is not to pass before its time.
        let milliseconds = Int((deadline - lookedUp + 999_999) / 1_000_000)
        transfer.prepare(request, addresses: addresses, settings: settings, milliseconds: milliseconds)
        let code = await perform(transfer)
        var timing = transfer.timing
        timing.lookUp = Int64((lookedUp - started) / 1_000)
        let outcome: Result<ServiceAnswer, CallFailure> =
            code == CURLE_OK
            ? .success(transfer.takeAnswer()) : .failure(CallFailure(of: transfer, code, request))
        if idle.count < Self.keptHandles { idle.append(transfer) }
        return CallResult(outcome: outcome, timing: timing)
    }

    // MARK: Addresses

    /// The addresses of the request's host; none where curl needs no look-up.
    private func addresses(
        of request: OutgoingRequest,
        settings: Settings,
        deadline: UInt64
    ) async throws(CallFailure) -> [IPAddress] {
        if let literal = IPAddress(request.host) {
            guard AddressPolicy(allowing: settings.allowNetworks).permits(literal) else { throw .blocked(request) }
            return []
        }
        // A name is the proxy's to look up.
        if settings.proxy != nil { return [] }
        let answer: Resolver.Answer
        if let known = resolver.known(request.host) {
            answer = known
        } else if let found = await find(request.host, deadline: deadline) {
            answer = found
        } else {
            throw .timeout(request, sent: .no)
        }
        switch answer {
        case .success(let addresses): return addresses
        case .failure(let error):
            throw CallFailure(
                .lookUpFailure,
                detail: "The name \(request.host) has no address: \(error.reason).",
                sent: .no
            )
        }
    }

    /// Waits for a look-up, until the deadline: `nil` then.
    private func find(_ name: String, deadline: UInt64) async -> Resolver.Answer? {
        await withUnsafeContinuation { continuation in
            let wait = LookUpWait(continuation)
            wait.timer = loop.schedule(at: deadline) { wait.finish(nil) }
            resolver.find(name) { [loop] answer in
                loop.execute {
                    if let timer = wait.timer { loop.cancel(timer) }
                    wait.finish(answer)
                }
            }
        }
    }

    // MARK: curl in the loop

    private func perform(_ transfer: Transfer) async -> CURLcode {
        await withUnsafeContinuation { continuation in
            transfer.completion = { continuation.resume(returning: $0) }
            running[ObjectIdentifier(transfer)] = transfer
            let code = curl_multi_add_handle(multi, transfer.easy)
            if code != CURLM_OK { finish(transfer, CURLE_FAILED_INIT) }
        }
    }

    private func finish(_ transfer: Transfer, _ code: CURLcode) {
        running[ObjectIdentifier(transfer)] = nil
        let completion = transfer.completion
        transfer.completion = nil
        completion?(code)
    }

    private func watch(_ descriptor: curl_socket_t, _ what: Int32) {
        guard what != CURL_POLL_REMOVE else {
            sockets[descriptor] = nil
            loop.deregister(descriptor)
            return
        }
        var events: UInt32 = 0
        if what & CURL_POLL_IN != 0 { events |= Events.readable }
        if what & CURL_POLL_OUT != 0 { events |= Events.writable }
        if sockets[descriptor] != nil {
            loop.modify(descriptor, events: events)
        } else {
            let socket = Socket(descriptor: descriptor, caller: self)
            sockets[descriptor] = socket
            // Where the system refuses, curl's own timer ends the transfer.
            try? loop.register(descriptor, events: events, handler: socket)
        }
    }

    private func setTimer(_ milliseconds: Int) {
        if let timer { loop.cancel(timer) }
        timer = nil
        guard milliseconds >= 0 else { return }
        timer = loop.schedule(at: loop.now + UInt64(milliseconds) * 1_000_000) { [unowned self] in
            timer = nil
            act(on: CURL_SOCKET_TIMEOUT, 0)
        }
    }

    fileprivate func act(on descriptor: curl_socket_t, _ events: Int32) {
        var count: Int32 = 0
        curl_multi_socket_action(multi, descriptor, events, &count)
        while let message = curl_multi_info_read(multi, &count) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = flowhook_message_result(message)
            curl_multi_remove_handle(multi, easy)
            if let transfer = Transfer.of(easy) { finish(transfer, code) }
        }
    }
}

/// A socket of curl's in the loop's epoll set.
private final class Socket: EventHandler {
    private let descriptor: curl_socket_t
    private unowned let caller: Caller

    init(descriptor: curl_socket_t, caller: Caller) {
        self.descriptor = descriptor
        self.caller = caller
    }

    func handle(events: UInt32, on loop: EventLoop) {
        var action: Int32 = 0
        if events & (Events.readable | Events.hangUp) != 0 { action |= CURL_CSELECT_IN }
        if events & Events.writable != 0 { action |= CURL_CSELECT_OUT }
        if events & Events.error != 0 { action |= CURL_CSELECT_ERR }
        caller.act(on: descriptor, action)
    }
}

/// One who waits for a look-up, until it is done or the deadline comes, whichever is first.
private final class LookUpWait: @unchecked Sendable {
    // Safe: touched on one loop's thread alone.
    var timer: TimerToken?
    private var continuation: UnsafeContinuation<Resolver.Answer?, Never>?

    init(_ continuation: UnsafeContinuation<Resolver.Answer?, Never>) {
        self.continuation = continuation
    }

    func finish(_ answer: Resolver.Answer?) {
        continuation?.resume(returning: answer)
        continuation = nil
    }
}

extension Duration {
    /// The duration in nanoseconds, cut to 64 bits.
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds.multipliedReportingOverflow(by: 1_000_000_000).overflow
            ? .max : seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
