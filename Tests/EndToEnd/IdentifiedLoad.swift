import Gateway
import Glibc

/// Flow action requests from several clients at once, each with an id of its own, for as long as a test wants.
final class IdentifiedLoad: Sendable {
    /// What became of one request.
    struct Result: Sendable {
        /// The id of the lead, which no other request has.
        var id: Int
        /// The HTTP status; 0 without an answer.
        var status: Int
        var body: String
        /// When it began, in nanoseconds of the monotonic clock.
        var began: UInt64
        /// When its answer had come.
        var ended: UInt64

        /// Whether the flow action ran to an update.
        var isUpdated: Bool { status == 200 && body.contains(#""outcome":"updated""#) }
        var milliseconds: UInt64 { (ended - began) / 1_000_000 }
    }

    private let results = Locked<[Result]>([])
    private let isStopped = Locked(false)
    private let running: Locked<Int>

    /// Starts clients that send one request after another; `body` makes a request for an id.
    init(clients: Int, of client: HTTPClient, body: @escaping @Sendable (_ id: Int) -> String) {
        running = Locked(clients)
        for number in 0..<clients {
            startThread { [self] in
                var id = number
                while !isStopped.withLock({ $0 }) {
                    let began = Self.now
                    let answer = client.post("/flow/call-webhook", body(id))
                    let ended = Self.now
                    results.withLock {
                        $0.append(.init(id: id, status: answer.status, body: answer.body, began: began, ended: ended))
                    }
                    id += clients
                }
                running.withLock { $0 -= 1 }
            }
        }
    }

    /// Nanoseconds of the monotonic clock.
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// How many requests have been answered.
    var count: Int { results.withLock { $0.count } }

    /// Waits until so many more requests have been answered.
    func waitForMore(_ more: Int) -> Bool {
        let wanted = count + more
        return Installation.waitUntil(seconds: 120) { count >= wanted }
    }

    /// Ends the clients after their present requests.
    func stop() -> [Result] {
        isStopped.withLock { $0 = true }
        Installation.waitUntil(seconds: 120) { running.withLock { $0 } == 0 }
        return results.withLock { $0 }
    }
}
