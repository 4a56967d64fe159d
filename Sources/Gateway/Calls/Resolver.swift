internal import CLinux
package import FlowAction
internal import Glibc

/// Looks names up off the loops, for all of them together.
///
/// A look-up of one name serves everybody who waits for it; what was found is kept for a short while. One name holds one
/// thread at most, and where all threads hang, further ones are started up to a bound: past that many names whose server
/// does not answer, at one moment, a new name waits until one of them is given up. A name whose last look-up took long
/// and found nothing goes to a few threads of its own, so that such names do not delay the others again and again;
/// waiters leave at their own deadlines.
///
/// Where a name server falls silent, the addresses that it gave last are used on for a while (RFC 8767): those of a name
/// whose look-up has taken a second, or has ended without an answer. That a name has no address is an answer.
package final class Resolver: Sendable {
    /// What a look-up gives: the addresses in the system's order of preference (RFC 6724), or a sentence.
    package typealias Answer = Result<[IPAddress], LookUpError>

    /// Why a name has no address.
    package struct LookUpError: Error, Sendable, Hashable {
        /// What getaddrinfo(3) says.
        package var reason: String
        /// Whether no name server has answered (`EAI_AGAIN`), or none was asked.
        package var isSilence: Bool
        /// Whether none was asked, for want of a thread.
        package var isOwn: Bool

        /// Makes an error.
        package init(reason: String, isSilence: Bool = false, isOwn: Bool = false) {
            self.reason = reason
            self.isSilence = isSilence
            self.isOwn = isOwn
        }
    }

    private enum Entry {
        case known(Answer, until: UInt64, isSlow: Bool, last: Found?)
        case pending([@Sendable (Answer) -> Void], since: UInt64, last: Found?)
    }

    /// Addresses that a name server has given.
    private struct Found {
        var answer: Answer
        var at: UInt64
    }

    private let entries = Locked<[String: Entry]>([:])
    private let pool: BlockingPool
    private let slowPool: BlockingPool
    private let lookUp: @Sendable (String) -> Answer

    /// How long addresses are kept: long enough to matter under load, short enough for a service that moves.
    private static let knownNanoseconds: UInt64 = 5_000_000_000

    /// How long a failure is kept.
    private static let failedNanoseconds: UInt64 = 500_000_000

    /// From when on a look-up without success was slow.
    static let slowNanoseconds: UInt64 = 1_000_000_000

    /// For how long after they were found addresses are used while no name server answers.
    private static let silenceNanoseconds: UInt64 = 3_600_000_000_000

    /// How many threads are kept by default.
    package static let defaultThreads = 32

    /// How many threads there are at most, hanging ones included, for each that is kept.
    package static let growth = 4

    /// How many names are kept before old ones are dropped.
    private static let maximumNames = 4_096

    /// Makes a resolver.
    ///
    /// - Parameters:
    ///   - threads: how many are kept once they were needed, 32 by default; four times as many at most, and beside them a
    ///     quarter as many for slow names.
    ///   - lookUp: blocks and gives the addresses of a name, the system's by default.
    package init(
        threads: Int = Resolver.defaultThreads,
        lookUp: @escaping @Sendable (String) -> Answer = Resolver.system
    ) {
        pool = BlockingPool(threads: threads, maximum: threads * Self.growth)
        slowPool = BlockingPool(threads: max(1, threads / 4))
        self.lookUp = lookUp
    }

    /// Ends the threads once their look-ups are done.
    package func close() {
        pool.close()
        slowPool.close()
    }

    /// The addresses of a name, if they are known now.
    package func known(_ name: String) -> Answer? {
        // Another thread may have set later times by the time that the lock is had: times are added to, never taken off.
        let now = nanoseconds(of: CLOCK_MONOTONIC)
        return entries.withLock { Self.usable($0[name], at: now) }
    }

    private static func usable(_ entry: Entry?, at now: UInt64) -> Answer? {
        switch entry {
        case .known(let answer, let until, _, _): until > now ? answer : nil
        case .pending(_, let since, let last?):
            since + slowNanoseconds < now && now < last.at + silenceNanoseconds ? last.answer : nil
        case .pending, nil: nil
        }
    }

    /// Looks a name up, and hands the answer to a closure, on any thread.
    package func find(_ name: String, then: @escaping @Sendable (Answer) -> Void) {
        let now = nanoseconds(of: CLOCK_MONOTONIC)
        var known: Answer?
        var isSlow = false
        let isFirst = entries.withLock { entries in
            known = Self.usable(entries[name], at: now)
            guard known == nil else { return false }
            switch entries[name] {
            case .pending(var waiting, let since, let last):
                // Taken out first, so that the list is not copied for each who joins it.
                entries[name] = nil
                waiting.append(then)
                entries[name] = .pending(waiting, since: since, last: last)
                return false
            case .known(_, _, let wasSlow, let last):
                isSlow = wasSlow
                if wasSlow, let last, now < last.at + Self.silenceNanoseconds {
                    // Nobody waits for the same silence again.
                    known = last.answer
                    entries[name] = .pending([], since: 0, last: last)
                } else {
                    entries[name] = .pending([then], since: now, last: last)
                }
                return true
            case nil:
                entries[name] = .pending([then], since: now, last: nil)
                return true
            }
        }
        if let known { then(known) }
        guard isFirst else { return }
        let isTaken = (isSlow ? slowPool : pool)
            .submit { [self] in
                let started = nanoseconds(of: CLOCK_MONOTONIC)
                finish(name, lookUp(name), started: started)
            }
        // Nothing that a name server has said: what it gave last is used on.
        if !isTaken {
            let error = LookUpError(reason: "no thread is left", isSilence: true, isOwn: true)
            finish(name, .failure(error), started: now)
        }
    }

    private func finish(_ name: String, _ found: Answer, started: UInt64) {
        let now = nanoseconds(of: CLOCK_MONOTONIC)
        let (waiting, answer) = entries.withLock { entries in
            guard case .pending(let waiting, _, let last) = entries[name] else {
                return ([@Sendable (Answer) -> Void](), found)
            }
            var answer = found
            switch found {
            case .success:
                let last = Found(answer: found, at: now)
                entries[name] = .known(found, until: now + Self.knownNanoseconds, isSlow: false, last: last)
            case .failure(let error):
                let isSlow = now - started > Self.slowNanoseconds
                let kept = error.isSilence ? last.flatMap { now < $0.at + Self.silenceNanoseconds ? $0 : nil } : nil
                answer = kept?.answer ?? found
                entries[name] = .known(answer, until: now + Self.failedNanoseconds, isSlow: isSlow, last: kept)
            }
            if entries.count > Self.maximumNames { Self.forget(in: &entries, at: now) }
            return (waiting, answer)
        }
        for then in waiting { then(answer) }
    }

    private static func forget(in entries: inout [String: Entry], at now: UInt64) {
        entries = entries.filter { entry in
            if case .known(_, let until, _, _) = entry.value { until > now } else { true }
        }
    }

    /// How many addresses of a name are used.
    private static let maximumAddresses = 16

    /// What getaddrinfo(3) gives.
    package static func system(_ name: String) -> Answer {
        var hints = addrinfo()
        hints.ai_socktype = flowhook_stream_socket
        hints.ai_flags = AI_ADDRCONFIG
        var found: UnsafeMutablePointer<addrinfo>?
        var code = getaddrinfo(name, nil, &hints, &found)
        if code != 0, code != EAI_AGAIN {
            // A machine that has loopback alone has no address to be configured for.
            hints.ai_flags = 0
            code = getaddrinfo(name, nil, &hints, &found)
        }
        guard code == 0 else {
            return .failure(LookUpError(reason: String(cString: gai_strerror(code)), isSilence: code == EAI_AGAIN))
        }
        defer { freeaddrinfo(found) }
        var addresses: [IPAddress] = []
        var next = found
        while let info = next {
            if let address = IPAddress(socketAddress: info.pointee.ai_addr), !addresses.contains(address) {
                addresses.append(address)
            }
            // Each may be tried in one call: whoever serves the name chooses how many connections that is.
            if addresses.count == maximumAddresses { break }
            next = info.pointee.ai_next
        }
        return addresses.isEmpty ? .failure(LookUpError(reason: "no address")) : .success(addresses)
    }
}

extension IPAddress {
    /// Reads the address of a socket address of IPv4 or IPv6.
    init?(socketAddress: UnsafePointer<sockaddr>?) {
        guard let socketAddress else { return nil }
        switch Int32(socketAddress.pointee.sa_family) {
        case AF_INET:
            let address = UnsafeRawPointer(socketAddress).assumingMemoryBound(to: sockaddr_in.self).pointee
            self.init(v4: UInt32(bigEndian: address.sin_addr.s_addr))
        case AF_INET6:
            let address = UnsafeRawPointer(socketAddress).assumingMemoryBound(to: sockaddr_in6.self).pointee
            self.init(bytes: withUnsafeBytes(of: address.sin6_addr) { Array($0) })
        default:
            return nil
        }
    }

    /// The address as URLs and curl write it, without brackets.
    var text: String {
        if let v4 {
            return [24, 16, 8, 0].map { String(v4 >> $0 & 0xFF) }.joined(separator: ".")
        }
        return stride(from: 0, to: 16, by: 2)
            .map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }
}
