/// A connection's place in a ``ConnectionQueue``: in one of them, or in none.
final class QueuePlace {
    // Safe: a connection leaves its queue before it goes, and both belong to its loop.
    fileprivate unowned(unsafe) var queue: ConnectionQueue?
    fileprivate unowned(unsafe) var connection: FastCGIConnection?
    fileprivate unowned(unsafe) var previous: QueuePlace?
    fileprivate unowned(unsafe) var next: QueuePlace?
    fileprivate var since: UInt64 = 0

    /// Leaves the queue, if it is in one.
    func leave() {
        guard let queue else { return }
        queue.remove(self)
    }
}

/// Connections of a loop, the one that has been in it longest first.
///
/// A linked list through the connections: each of them comes and goes with every request, and they may be many.
final class ConnectionQueue {
    private unowned(unsafe) var head: QueuePlace?
    private unowned(unsafe) var tail: QueuePlace?

    /// Whether no connection is in it.
    var isEmpty: Bool { head == nil }

    /// The connection that has been in it longest, if it has since before a moment.
    func first(before moment: UInt64) -> FastCGIConnection? {
        guard let head, head.since < moment else { return nil }
        return head.connection
    }

    /// Adds a connection that is in no queue, now.
    func append(_ connection: FastCGIConnection, at now: UInt64) {
        let place = connection.place
        precondition(place.queue == nil, "a connection is in one queue")
        place.queue = self
        place.since = now
        place.connection = connection
        place.previous = tail
        place.next = nil
        if let tail { tail.next = place } else { head = place }
        tail = place
    }

    fileprivate func remove(_ place: QueuePlace) {
        place.queue = nil
        if let previous = place.previous { previous.next = place.next } else { head = place.next }
        if let next = place.next { next.previous = place.previous } else { tail = place.previous }
        place.previous = nil
        place.next = nil
    }
}
