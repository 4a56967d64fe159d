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
    private let places: PlaceFinder
    private let turns: Turns
    private let sockets: CallSockets
    private let sessions = TLSSessions()
    private var groups: [TransferGroup] = []
    /// No group before this one has room.
    private var firstGroup = 0
    private var isSweepSet = false
    private var idle: [Transfer] = []
    private var silent = SilentAddresses()

    /// How many connections the first group of a loop has at most, which makes all calls while few are under way.
    private static let firstGroupConnections = min(
        1_024,
        max(
            1,
            (DescriptorBudget.raised().maximumCalls - DescriptorBudget.raised().maximumInFlight) / Server.allowedCPUs
        )
    )

    /// How many transfers wait for their next call; each holds some kilobytes.
    private static let keptTransfers = 1_024

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
        self.loop = loop
        places = PlaceFinder(loop: loop, resolver: resolver)
        self.circuits = circuits
        self.turns = turns
        sockets = CallSockets(loop: loop)
    }

    deinit {
        for group in groups { group.close() }
    }

    /// Makes a call; to be awaited on the loop.
    ///
    /// One deadline, the policy's timeout, covers waiting for a turn, look-up, connection, TLS, request and response,
    /// redirects and retries.
    ///
    /// - Parameter settings: those of the request's own snapshot.
    /// - Returns: an answer or the reason why there is none, and how long it took; never throws.
    package func send(_ request: consuming OutgoingRequest, settings: CallSettings) async -> CallResult {
        let started = loop.now
        let deadline = started.addingClamped(request.policy.timeout)
        let limits = TurnLimits(request.policy)
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
                if let rule = settings.circuit, circuits.refuses(plan.request, at: loop.now, rule) {
                    outcome = .failure(.circuitOpen(plan.request))
                } else if let limits {
                    hasTurn = await takeTurn(plan.request, limits, deadline: deadline, &timing)
                    if !hasTurn { outcome = .failure(.rateLimited()) }
                }
                tryStarted = loop.now
                let end = plan.request.policy.retry?.tryTimeout.map(tryStarted.addingClamped)
                tryDeadline = min(deadline, end ?? deadline)
            }
            let result: Result<ServiceAnswer, CallFailure>
            if let outcome {
                result = outcome
            } else {
                let bound = TryBound(started: tryStarted, deadline: tryDeadline, callStarted: started, whole: deadline)
                let rule = plan.isElsewhere ? nil : settings.circuit
                result = await tryOnce(plan.request, settings, rule, bound, &timing)
            }
            let step = plan.next(
                after: result,
                elapsed: .nanoseconds(Int64(clamping: loop.now - started)),
                instant: .now,
                random: .random(in: 0..<1)
            )
            if case .send = step { continue }
            if hasTurn { turns.giveBack(plan.request.webhook, on: loop) }
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
        let hasTurn = await turns.take(request.webhook, limits, deadline: deadline, on: loop)
        timing.queue += Int64((loop.now - started) / 1_000)
        return hasTurn
    }

    private func sleep(until moment: UInt64) async {
        await withUnsafeContinuation { continuation in
            loop.schedule(at: moment) { continuation.resume() }
        }
    }

    /// One request and its response, where the circuit lets it through.
    ///
    /// - Parameter rule: that of the circuit; `nil` without one, as where a redirect leads to another host: a service is not
    ///   to close the way to one of its choosing.
    private func tryOnce(
        _ request: OutgoingRequest,
        _ settings: CallSettings,
        _ rule: Circuit.Rule?,
        _ bound: TryBound,
        _ timing: inout CallTiming
    ) async -> Result<ServiceAnswer, CallFailure> {
        guard let rule else { return await transfer(request, settings, bound, &timing) }
        guard let pass = circuits.admit(request, at: loop.now, rule) else { return .failure(.circuitOpen(request)) }
        let result = await transfer(request, settings, bound, &timing)
        var verdict = Circuit.Verdict(result, rule)
        if case .failure(let failure) = result, failure.isBeforeHost || failure.type == .timeout && bound.isCutShort {
            verdict = .nothing
        }
        circuits.record(verdict, of: request, pass, at: loop.now, rule)
        return result
    }

    /// One request and its response.
    private func transfer(
        _ request: OutgoingRequest,
        _ settings: CallSettings,
        _ bound: TryBound,
        _ timing: inout CallTiming
    ) async -> Result<ServiceAnswer, CallFailure> {
        let started = loop.now
        let place: KnownPlace?
        do {
            place = try await places.place(of: request, settings, bound)
        } catch {
            timing.lookUp += Int64((loop.now - started) / 1_000)
            return .failure(error)
        }
        let lookedUp = loop.now
        timing.lookUp += Int64((lookedUp - started) / 1_000)
        guard lookedUp < bound.deadline else {
            return .failure(.timeout(request, bound: bound.length, .connect(way: "")))
        }
        if let place, place.addresses.count > 1 { return await walk(request, place, settings, bound, &timing) }
        return await attempt(request, at: place, settings, bound, connectingUntil: bound.deadline, &timing).result
    }

    /// One request to a name that has several addresses, and its response.
    ///
    /// While there are others, an address has half of the time that is left to take a connection, where that is enough.
    private func walk(
        _ request: OutgoingRequest,
        _ place: KnownPlace,
        _ settings: CallSettings,
        _ bound: TryBound,
        _ timing: inout CallTiming
    ) async -> Result<ServiceAnswer, CallFailure> {
        let started = loop.now
        var walk = AddressWalk(place.addresses, port: place.port, at: started, silent)
        var failure: CallFailure?
        var sent = CallFailure.Sent.no
        while true {
            let now = loop.now
            let left = bound.deadline - min(now, bound.deadline)
            let (addresses, isLast) = walk.next()
            // What a proxy takes to reach the service is no time of its own.
            let isHalved = !isLast && settings.proxy == nil && left / 2 >= Self.leastConnectTime
            let attempt = await attempt(
                request,
                at: KnownPlace(name: place.name, port: place.port, addresses: addresses),
                settings,
                bound,
                connectingUntil: now + (isHalved ? left / 2 : left),
                &timing
            )
            guard attempt.mayDoElsewhere, case .failure(let found) = attempt.result else {
                // Told from the beginning of the try.
                if case .success = attempt.result { timing.firstByte += Int64((now - started) / 1_000) }
                return attempt.result.mapError { $0.with(sent: max(sent, $0.sent)) }
            }
            sent = max(sent, found.sent)
            // What was wrong with those that may be called tells more, and of these with one that took a connection.
            switch (failure?.type, found.type) {
            case (.some, .blockedAddress), (.tlsFailure, .connectFailure): break
            default: failure = found
            }
            // Of two that race, the one that took the connection is the one that could not be used.
            let peer = addresses.filter { $0 == attempt.peer }
            let lost = peer.isEmpty ? addresses : peer
            if found.type != .blockedAddress, !found.isBeforeHost, found.type != .timeout || !bound.isCutShort {
                silent.insert(lost, port: place.port, at: loop.now)
            }
            walk.giveUp(lost)
            if walk.isAtEnd || loop.now >= bound.deadline { return .failure((failure ?? found).with(sent: sent)) }
        }
    }

    /// What an address has at least to take a connection, in nanoseconds: time for a lost packet, and for a slow handshake.
    private static let leastConnectTime: UInt64 = 2_000_000_000

    /// What came of one request to one place.
    private struct Attempt {
        var result: Result<ServiceAnswer, CallFailure>
        /// Whether another address of the name may do.
        var mayDoElsewhere = false
        /// Which address a connection was made to, where nothing came of it.
        var peer: IPAddress?
    }

    /// One request to a place, or to what needs no look-up, and its response.
    ///
    /// - Parameter connectingUntil: when a connection is to be made, in nanoseconds of the loop's clock.
    private func attempt(
        _ request: OutgoingRequest,
        at place: KnownPlace?,
        _ settings: CallSettings,
        _ bound: TryBound,
        connectingUntil connectDeadline: UInt64,
        _ timing: inout CallTiming
    ) async -> Attempt {
        guard let transfer = idle.popLast() ?? Transfer(sockets: sockets, sessions: sessions), transfer.wake()
        else {
            return Attempt(result: .failure(.keptBack("No memory is left for another call.")))
        }
        let now = loop.now
        let milliseconds = Self.milliseconds(from: now, to: bound.deadline)
        let connecting = connectDeadline < bound.deadline ? Self.milliseconds(from: now, to: connectDeadline) : nil
        transfer.prepare(request, place: place, settings: settings, milliseconds: milliseconds, connecting: connecting)
        let code = await perform(transfer)
        let attempt: Attempt
        if code == CURLE_OK {
            transfer.add(to: &timing)
            attempt = Attempt(result: .success(transfer.takeAnswer()))
        } else {
            if transfer.starts > 0 {
                transfer.add(to: &timing)
            } else {
                timing.connect += Int64((loop.now - now) / 1_000)
            }
            attempt = Attempt(
                result: .failure(CallFailure(of: transfer, code, request, bound: bound.length)),
                mayDoElsewhere: transfer.mayDoElsewhere(after: code),
                peer: transfer.peer
            )
        }
        transfer.rest()
        if idle.count < Self.keptTransfers { idle.append(transfer) }
        return attempt
    }

    /// At least one, and rounded up: a deadline is not to pass before its time.
    private static func milliseconds(from now: UInt64, to deadline: UInt64) -> Int {
        max(1, Int((deadline - min(now, deadline) + 999_999) / 1_000_000))
    }

    // MARK: curl in the loop

    private func perform(_ transfer: Transfer) async -> CURLcode {
        let group = groupWithRoom()
        let code = await withUnsafeContinuation { continuation in
            transfer.continuation = continuation
            group.begin(transfer)
        }
        firstGroup = min(firstGroup, group.index)
        if group.isIdle, group.index > 0 { sweepLater() }
        return code
    }

    /// The first group with room: with few calls under way one group has all connections.
    private func groupWithRoom() -> TransferGroup {
        while firstGroup < groups.count {
            if !groups[firstGroup].isFull { return groups[firstGroup] }
            firstGroup += 1
        }
        let group = TransferGroup(
            index: groups.count,
            loop: loop,
            sockets: sockets,
            maximumConnections: groups.isEmpty ? Self.firstGroupConnections : 0
        )
        groups.append(group)
        return group
    }

    /// Closes what groups keep that have had no transfer for so long that it is too old to be used again: libcurl itself
    /// looks at kept connections only when it is about to open another. The first group stays, and with it the
    /// certificate authorities that it has read.
    private func sweepLater() {
        guard !isSweepSet else { return }
        isSweepSet = true
        let nanoseconds = UInt64(Transfer.maximumIdleSeconds) * 1_000_000_000
        loop.schedule(at: loop.now + nanoseconds + 1_000_000_000) { [weak self] in
            guard let self else { return }
            isSweepSet = false
            let now = loop.now
            let idle = groups.dropFirst().filter(\.isIdle)
            for group in idle where group.lastUse + nanoseconds < now { group.close() }
            if idle.contains(where: \.isIdle) { sweepLater() }
        }
    }
}
