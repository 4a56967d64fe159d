/// A timer of an event loop, to be cancelled with.
package struct TimerToken: Sendable, Hashable {
    fileprivate let id: UInt64
}

/// Timers by deadline: a binary heap, cancelled ones passed over.
struct TimerHeap {
    private struct Entry {
        var deadline: UInt64
        var id: UInt64

        /// Timers of one deadline keep the order in which they were added.
        func precedes(_ other: Entry) -> Bool {
            deadline == other.deadline ? id < other.id : deadline < other.deadline
        }
    }

    private var entries: [Entry] = []
    private var actions: [UInt64: () -> Void] = [:]
    private var nextID: UInt64 = 0

    /// Adds an action to run at a moment, in nanoseconds of the monotonic clock.
    mutating func insert(at deadline: UInt64, _ action: @escaping () -> Void) -> TimerToken {
        nextID += 1
        actions[nextID] = action
        entries.append(Entry(deadline: deadline, id: nextID))
        siftUp(from: entries.count - 1)
        return TimerToken(id: nextID)
    }

    /// Forgets an action; one that ran or was cancelled is forgotten already.
    mutating func cancel(_ token: TimerToken) {
        guard actions.removeValue(forKey: token.id) != nil else { return }
        // Cancelled timers stay in the heap until their time; when they are most of it, it is built anew.
        if entries.count > 64, entries.count > actions.count * 4 {
            entries.removeAll { actions[$0.id] == nil }
            for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) { siftDown(from: index) }
        }
    }

    /// The earliest deadline; `nil` without a timer.
    mutating func nextDeadline() -> UInt64? {
        while let first = entries.first {
            if actions[first.id] != nil { return first.deadline }
            removeFirst()
        }
        return nil
    }

    /// The latest timer added so far.
    var latest: TimerToken { TimerToken(id: nextID) }

    /// Takes the earliest action whose deadline has come; `nil` where that is a timer added after `latest`, so that
    /// timers which add timers cannot go on for ever.
    mutating func popDue(at now: UInt64, upTo latest: TimerToken) -> (() -> Void)? {
        while let first = entries.first, first.deadline <= now, first.id <= latest.id {
            removeFirst()
            if let action = actions.removeValue(forKey: first.id) { return action }
        }
        return nil
    }

    private mutating func removeFirst() {
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        siftDown(from: 0)
    }

    private mutating func siftUp(from start: Int) {
        var child = start
        while child > 0, entries[child].precedes(entries[(child - 1) / 2]) {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func siftDown(from start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in parent * 2 + 1...parent * 2 + 2 where child < entries.count {
                if entries[child].precedes(entries[least]) { least = child }
            }
            if least == parent { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
