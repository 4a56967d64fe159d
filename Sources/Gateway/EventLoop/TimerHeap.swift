/// A timer of an event loop, to be cancelled with.
package struct TimerToken: Sendable, Hashable {
    fileprivate let id: UInt64
    /// Where the action stands.
    fileprivate let slot: Int32
}

/// Timers by deadline: a binary heap, cancelled ones passed over.
struct TimerHeap {
    private struct Entry {
        var deadline: UInt64
        var token: TimerToken

        /// Timers of one deadline keep the order in which they were added.
        func precedes(_ other: Entry) -> Bool {
            deadline == other.deadline ? token.id < other.token.id : deadline < other.deadline
        }
    }

    /// Room for the action of one timer after another.
    private struct Slot {
        /// The timer that has it now.
        var id: UInt64
        /// `nil` while no timer has it.
        var action: (() -> Void)?
    }

    private var entries: [Entry] = []
    private var slots: [Slot] = []
    private var freeSlots: [Int32] = []
    private var lastID: UInt64 = 0

    /// Adds an action to run at a moment, in nanoseconds of the monotonic clock.
    mutating func insert(at deadline: UInt64, _ action: @escaping () -> Void) -> TimerToken {
        lastID += 1
        let token: TimerToken
        if let slot = freeSlots.popLast() {
            token = TimerToken(id: lastID, slot: slot)
            slots[Int(slot)] = Slot(id: lastID, action: action)
        } else {
            token = TimerToken(id: lastID, slot: Int32(slots.count))
            slots.append(Slot(id: lastID, action: action))
        }
        entries.append(Entry(deadline: deadline, token: token))
        siftUp(from: entries.count - 1)
        return token
    }

    /// Forgets an action; one that ran or was cancelled is forgotten already.
    mutating func cancel(_ token: TimerToken) {
        guard takeAction(of: token) != nil else { return }
        // Cancelled timers stay in the heap until their time; when they are most of it, it is built anew.
        if entries.count > 64, entries.count > (slots.count - freeSlots.count) * 4 {
            entries = entries.filter { isWaiting($0.token) }
            for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) { siftDown(from: index) }
        }
    }

    /// Forgets all actions, as ``cancel(_:)`` does; tokens of theirs name no later timer either.
    ///
    /// - Returns: the actions, for the caller to let go of: what they hold may cancel a timer then.
    mutating func removeAll() -> [() -> Void] {
        let actions = entries.compactMap { takeAction(of: $0.token) }
        entries = []
        return actions
    }

    /// The earliest deadline; `nil` without a timer.
    mutating func nextDeadline() -> UInt64? {
        while let first = entries.first {
            if isWaiting(first.token) { return first.deadline }
            removeFirst()
        }
        return nil
    }

    /// Numbers the timers: that of the latest added so far.
    var latest: UInt64 { lastID }

    /// Takes the earliest action whose deadline has come; `nil` where that is a timer added after `latest`, so that
    /// timers which add timers cannot go on for ever.
    mutating func popDue(at now: UInt64, upTo latest: UInt64) -> (() -> Void)? {
        while let first = entries.first, first.deadline <= now, first.token.id <= latest {
            removeFirst()
            if let action = takeAction(of: first.token) { return action }
        }
        return nil
    }

    private func isWaiting(_ token: TimerToken) -> Bool {
        let slot = slots[Int(token.slot)]
        return slot.id == token.id && slot.action != nil
    }

    /// Takes the action out of its slot, which is free then; `nil` where it ran or was cancelled.
    private mutating func takeAction(of token: TimerToken) -> (() -> Void)? {
        let index = Int(token.slot)
        guard slots[index].id == token.id, let action = slots[index].action else { return nil }
        slots[index].action = nil
        freeSlots.append(token.slot)
        return action
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
