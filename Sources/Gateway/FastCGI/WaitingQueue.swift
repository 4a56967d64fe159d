/// A connection's neighbours in a ``WaitingQueue``.
final class WaitingPlace {
    fileprivate unowned(unsafe) var connection: FastCGIConnection?
    fileprivate unowned(unsafe) var previous: WaitingPlace?
    fileprivate unowned(unsafe) var next: WaitingPlace?
    fileprivate var isTaken = false
    fileprivate var since: UInt64 = 0
}

/// The connections of a loop that wait for a request, the one that has waited longest first.
///
/// A linked list through the connections: each of them comes and goes with every request, and some may be many.
struct WaitingQueue {
    // Safe: a connection takes itself out before it goes, and its place goes with it.
    private unowned(unsafe) var head: WaitingPlace?
    private unowned(unsafe) var tail: WaitingPlace?

    /// Whether no connection waits.
    var isEmpty: Bool { head == nil }

    /// The connection that has waited longest, if it has since before a moment.
    func first(before moment: UInt64) -> FastCGIConnection? {
        guard let head, head.since < moment else { return nil }
        return head.connection
    }

    /// Adds a connection that begins to wait, now.
    mutating func append(_ connection: FastCGIConnection, at now: UInt64) {
        let place = connection.place
        precondition(!place.isTaken, "a connection waits once")
        place.isTaken = true
        place.since = now
        place.connection = connection
        place.previous = tail
        place.next = nil
        if let tail { tail.next = place } else { head = place }
        tail = place
    }

    /// Takes a connection out, if it is in.
    mutating func remove(_ connection: FastCGIConnection) {
        let place = connection.place
        guard place.isTaken else { return }
        place.isTaken = false
        if let previous = place.previous { previous.next = place.next } else { head = place.next }
        if let next = place.next { next.previous = place.previous } else { tail = place.previous }
        place.previous = nil
        place.next = nil
    }
}
