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
    /// The circuits of the hosts that are called.
    package let circuits: Circuits
    private let resolver: Resolver
    private let turns: Turns
    private let multi: UnsafeMutableRawPointer
    private var sockets: [curl_socket_t: Socket] = [:]
    private var timer: TimerToken?
    private var idle: [Transfer] = []
    private var running: [ObjectIdentifier: Transfer] = [:]
    private var proxy: (url: String, place: ProxyPlace)?

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
    /// - Parameters:
    ///   - resolver: looks names up for all loops.
    ///   - circuits: the circuits of all loops.
    ///   - turns: the turns of all loops.
    package init(loop: EventLoop, resolver: Resolver, circuits: Circuits = Circuits(), turns: Turns = Turns()) {
        _ = Self.library
        guard let multi = curl_multi_init() else { preconditionFailure("no memory for libcurl") }
        self.loop = loop
        self.resolver = resolver
        self.circuits = circuits
        self.turns = turns
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
    /// One deadline, the policy's timeout, covers waiting for a turn, look-up, connection, TLS, request and response,
    /// redirects and retries.
    ///
    /// - Parameter settings: bounds, allowed networks, circuit and proxy, of the request's own snapshot.
    /// - Returns: an answer or the reason why there is none, and how long it took; never throws.
    package func send(_ request: OutgoingRequest, settings: Settings) async -> CallResult {
        let started = loop.now
        let deadline = started.addingClamped(request.policy.timeout)
        let limits = TurnLimits(request.policy)
        let rule = Circuit.Rule(settings)
        var timing = CallTiming()
        var plan = CallPlan(request)
        var tryDeadline = deadline
        var tryStarted = started
        var (beginsTry, hasTurn) = (true, false)
        while true {
            var outcome: Result<ServiceAnswer, CallFailure>?
            if beginsTry {
                beginsTry = false
                // A call that would be refused anyway takes nobody's turn.
                if let rule, circuits.refuses(plan.request, at: loop.now, rule) {
                    outcome = .failure(.circuitOpen(plan.request))
                } else if let limits {
                    hasTurn = await takeTurn(request, limits, deadline: deadline, &timing)
                    if !hasTurn { outcome = .failure(.rateLimited(request)) }
                }
                tryStarted = loop.now
                tryDeadline = min(deadline, request.policy.retry?.tryTimeout.map(tryStarted.addingClamped) ?? deadline)
            }
            let result: Result<ServiceAnswer, CallFailure>
            if let outcome {
                result = outcome
            } else {
                let bound = TryBound(started: tryStarted, deadline: tryDeadline, callStarted: started, whole: deadline)
                result = await attempt(plan.request, settings, bound, rule, &timing)
            }
            let step = plan.next(
                after: result,
                elapsed: .nanoseconds(Int64(clamping: loop.now - started)),
                instant: .now,
                random: .random(in: 0..<1)
            )
            if case .send = step { continue }
            if hasTurn { turns.giveBack(request.webhook, on: loop) }
            (beginsTry, hasTurn) = (true, false)
            switch step {
            case .send: break
            case .wait(let delay): await sleep(until: loop.now.addingClamped(delay))
            case .finish(let outcome):
                timing.attempts = plan.attempts
                timing.total = Int64((loop.now - started) / 1_000)
                return CallResult(outcome: outcome, timing: timing)
            }
        }
    }

    /// Waits for a turn of the webhook's limits; each try takes one.
    private func takeTurn(
        _ request: OutgoingRequest,
        _ limits: TurnLimits,
        deadline: UInt64,
        _ timing: inout CallTiming
    ) async -> Bool {
        let started = loop.now
        let ending = await turns.take(request.webhook, limits, deadline: deadline, on: loop)
        timing.queue += Int64((loop.now - started) / 1_000)
        guard case .turn = ending else { return false }
        return true
    }

    private func sleep(until moment: UInt64) async {
        await withUnsafeContinuation { continuation in
            loop.schedule(at: moment) { continuation.resume() }
        }
    }

    /// The time that one try has, in nanoseconds of the loop's clock.
    private struct TryBound {
        /// When it began.
        var started: UInt64
        /// When it ends.
        var deadline: UInt64
        /// When the call began.
        var callStarted: UInt64
        /// When the call ends.
        var whole: UInt64

        /// What the time is measured from: the call's beginning, where the call's end is what ended the try.
        var length: UInt64 { deadline < whole ? deadline - started : whole - callStarted }

        /// Whether our own waiting has left the try so little time that its passing says nothing of the host.
        var isCutShort: Bool { (deadline - min(started, deadline)) * 2 < whole - callStarted && deadline == whole }
    }

    /// One request and its response, where the circuit lets it through.
    private func attempt(
        _ request: OutgoingRequest,
        _ settings: Settings,
        _ bound: TryBound,
        _ rule: Circuit.Rule?,
        _ timing: inout CallTiming
    ) async -> Result<ServiceAnswer, CallFailure> {
        guard let rule else { return await transfer(request, settings, bound, &timing) }
        guard let pass = circuits.admit(request, at: loop.now, rule) else { return .failure(.circuitOpen(request)) }
        let result = await transfer(request, settings, bound, &timing)
        var verdict = Circuit.Verdict(result, rule)
        if case .failure(let failure) = result, failure.type == .timeout, bound.isCutShort { verdict = .nothing }
        circuits.record(verdict, of: request, pass, at: loop.now, rule)
        return result
    }

    /// One request and its response.
    private func transfer(
        _ request: OutgoingRequest,
        _ settings: Settings,
        _ bound: TryBound,
        _ timing: inout CallTiming
    ) async -> Result<ServiceAnswer, CallFailure> {
        let started = loop.now
        let place: KnownPlace?
        do {
            place = try await self.place(of: request, settings: settings, bound)
        } catch {
            timing.lookUp += Int64((loop.now - started) / 1_000)
            return .failure(error)
        }
        let lookedUp = loop.now
        timing.lookUp += Int64((lookedUp - started) / 1_000)
        guard lookedUp < bound.deadline else { return .failure(.timeout(request, bound: bound.length, sent: .no)) }
        guard let transfer = idle.popLast() ?? Transfer() else {
            return .failure(CallFailure(.connectFailure, detail: "No memory is left for another call.", sent: .no))
        }
        // Rounded up: a deadline is not to pass before its time.
        let milliseconds = Int((bound.deadline - lookedUp + 999_999) / 1_000_000)
        transfer.prepare(request, place: place, settings: settings, milliseconds: milliseconds)
        let code = await perform(transfer)
        transfer.add(to: &timing)
        let outcome: Result<ServiceAnswer, CallFailure> =
            code == CURLE_OK
            ? .success(transfer.takeAnswer())
            : .failure(CallFailure(of: transfer, code, request, bound: bound.length))
        if idle.count < Self.keptHandles { idle.append(transfer) }
        return outcome
    }

    // MARK: Addresses

    /// Where the name that curl connects to is: the host's, or the proxy's; `nil` where it needs no look-up.
    private func place(
        of request: OutgoingRequest,
        settings: Settings,
        _ bound: TryBound
    ) async throws(CallFailure) -> KnownPlace? {
        // Some resolvers take an address with a dot behind it for the address.
        let host = request.host.hasSuffix(".") ? String(request.host.dropLast()) : request.host
        let literal = IPAddress(host)
        if let literal, !AddressPolicy(allowing: settings.allowNetworks).permits(literal) { throw .blocked(request) }
        var (name, port) = (request.host, request.port)
        if let url = settings.proxy {
            // The host's name is the proxy's to look up.
            if proxy?.url != url { proxy = (url, ProxyPlace(url)) }
            guard let place = proxy?.place, IPAddress(place.host) == nil else { return nil }
            (name, port) = (place.host, place.port)
        } else if literal != nil {
            return nil
        }
        let answer: Resolver.Answer
        if let known = resolver.known(name) {
            answer = known
        } else if let found = await find(name, deadline: bound.deadline) {
            answer = found
        } else {
            throw .timeout(request, bound: bound.length, sent: .no)
        }
        switch answer {
        case .success(let addresses): return KnownPlace(name: name, port: port, addresses: addresses)
        case .failure(let error):
            let whose = settings.proxy == nil ? "The name \(name)" : "The proxy's name"
            throw CallFailure(.lookUpFailure, detail: "\(whose) has no address: \(error.reason).", sent: .no)
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
            if let transfer = Transfer.of(easy) { finish(transfer, transfer.result(code)) }
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
