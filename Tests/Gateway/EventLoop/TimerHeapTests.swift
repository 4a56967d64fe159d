import Testing

@testable import Gateway

@Suite struct TimerHeapTests {
    /// The heap gives what a sorted list gives, whatever was added and cancelled before.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func agreesWithASortedList(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var heap = TimerHeap()
        var expected: [(deadline: UInt64, number: Int, token: TimerToken)] = []
        let fired = Locked<[Int]>([])
        for number in 0..<2_000 {
            let deadline = UInt64.random(in: 0..<500, using: &generator)
            let token = heap.insert(at: deadline) { fired.withLock { $0.append(number) } }
            expected.append((deadline, number, token))
            if number % 3 > 0 {
                heap.cancel(expected.remove(at: Int.random(in: expected.indices, using: &generator)).token)
            }
        }
        expected.sort { ($0.deadline, $0.number) < ($1.deadline, $1.number) }
        #expect(heap.nextDeadline() == expected.first?.deadline)
        let latest = heap.latest
        while let action = heap.popDue(at: 500, upTo: latest) { action() }
        #expect(fired.withLock { $0 } == expected.map(\.number))
        #expect(heap.nextDeadline() == nil)
    }

    @Test func leavesAloneWhatIsNotDueOrWasAddedLater() {
        var heap = TimerHeap()
        _ = heap.insert(at: 10) {}
        let latest = heap.latest
        #expect(heap.popDue(at: 9, upTo: latest) == nil)
        _ = heap.insert(at: 0) {}
        #expect(heap.popDue(at: 10, upTo: latest) == nil)
        #expect(heap.popDue(at: 10, upTo: heap.latest) != nil)
    }

    @Test func aTokenNamesNoLaterTimer() {
        var heap = TimerHeap()
        let token = heap.insert(at: 1) {}
        #expect(heap.popDue(at: 1, upTo: heap.latest) != nil)
        _ = heap.insert(at: 1) {}
        heap.cancel(token)
        #expect(heap.nextDeadline() == 1)
    }

    @Test func forgetsAllAndTheirTokensWithThem() {
        var heap = TimerHeap()
        let tokens = [3, 1, 2].map { heap.insert(at: $0) {} }
        heap.cancel(tokens[1])
        #expect(heap.removeAll().count == 2)
        #expect(heap.nextDeadline() == nil && heap.popDue(at: 9, upTo: heap.latest) == nil)
        _ = heap.insert(at: 5) {}
        for token in tokens { heap.cancel(token) }
        #expect(heap.nextDeadline() == 5)
    }
}
