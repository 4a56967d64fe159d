internal import FlowAction

/// Finds where the calls of one event loop go.
///
/// To be used on the loop's thread alone.
final class PlaceFinder {
    private let loop: EventLoop
    private let resolver: Resolver
    private var proxy: (url: String, place: ProxyPlace)?
    /// The host of the last call, and the address that it is, where it is one.
    private var lastHost: (name: String, address: IPAddress?) = ("", nil)

    /// Makes the finder of a loop.
    ///
    /// - Parameter resolver: looks names up for all loops.
    init(loop: EventLoop, resolver: Resolver) {
        self.loop = loop
        self.resolver = resolver
    }

    /// Where the name that libcurl connects to is: the host's, or the proxy's; `nil` where it needs no look-up.
    ///
    /// - Throws: `blocked-address` for a host that is an address and may not be called, `dns-failure`, `timeout`.
    func place(
        of request: OutgoingRequest,
        _ settings: CallSettings,
        _ bound: TryBound
    ) async throws(CallFailure) -> KnownPlace? {
        if request.host != lastHost.name {
            lastHost = (request.host, IPAddress(host: request.host))
        }
        let literal = lastHost.address
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
        let whose = settings.proxy == nil ? "The name \(name)" : "The proxy's name"
        let answer: Resolver.Answer
        if let known = resolver.known(name) {
            answer = known
        } else if let found = await find(name, deadline: bound.deadline) {
            answer = found
        } else {
            throw .timeout(request, bound: bound.length, .lookUp(whose: whose))
        }
        switch answer {
        case .success(let addresses): return KnownPlace(name: name, port: port, addresses: addresses)
        case .failure(let error):
            var failure = CallFailure(.lookUpFailure, detail: "\(whose) has no address: \(error.reason).", sent: .no)
            failure.isBeforeHost = error.isOwn
            throw failure
        }
    }

    /// How much later than a silence is one its addresses are asked for, in nanoseconds: clocks differ by a turn of the loop.
    private static let marginNanoseconds: UInt64 = 10_000_000

    /// Waits for a look-up, until the deadline: `nil` then.
    private func find(_ name: String, deadline: UInt64) async -> Resolver.Answer? {
        await withUnsafeContinuation { continuation in
            let wait = LookUpWait(continuation, on: loop)
            // Where a name server falls silent, what it gave last is of use from then on.
            let silence = loop.now + Resolver.slowNanoseconds + Self.marginNanoseconds
            if silence < deadline {
                wait.schedule(at: silence) { [resolver] in
                    if let known = resolver.known(name) { wait.finish(known) }
                }
            }
            wait.schedule(at: deadline) { wait.finish(nil) }
            resolver.find(name) { [loop] answer in
                loop.execute { wait.finish(answer) }
            }
        }
    }
}

/// One who waits for a look-up, until it is done or the deadline comes, whichever is first.
private final class LookUpWait: @unchecked Sendable {
    // Safe: touched on one loop's thread alone.
    private let loop: EventLoop
    private var timers: [TimerToken] = []
    private var continuation: UnsafeContinuation<Resolver.Answer?, Never>?

    init(_ continuation: UnsafeContinuation<Resolver.Answer?, Never>, on loop: EventLoop) {
        self.continuation = continuation
        self.loop = loop
    }

    /// Does something at a moment, unless the wait has ended by then.
    func schedule(at moment: UInt64, _ action: @escaping () -> Void) {
        timers.append(
            loop.schedule(at: moment) { [self] in
                if continuation != nil { action() }
            }
        )
    }

    func finish(_ answer: Resolver.Answer?) {
        for timer in timers { loop.cancel(timer) }
        timers = []
        continuation?.resume(returning: answer)
        continuation = nil
    }
}
