internal import Synchronization

/// Whole numbers that every event loop adds to, without a lock.
final class Counters: @unchecked Sendable {
    // Safe: the memory is set once, and its numbers are atomic.
    private let numbers: UnsafeMutablePointer<Atomic<Int>>
    /// How many numbers there are.
    let count: Int

    /// Starts at 0.
    init(count: Int) {
        self.count = count
        numbers = .allocate(capacity: count)
        for index in 0..<count { (numbers + index).initialize(to: Atomic(0)) }
    }

    deinit {
        numbers.deinitialize(count: count)
        numbers.deallocate()
    }

    /// The present value of a number.
    subscript(index: Int) -> Int { numbers[index].load(ordering: .relaxed) }

    /// Adds to a number.
    func add(_ amount: Int = 1, at index: Int) {
        numbers[index].wrappingAdd(amount, ordering: .relaxed)
    }
}

/// How often a time fell below which bound, as Prometheus counts it.
final class Histogram: Sendable {
    /// The upper bounds in microseconds, rising; a bucket without a bound follows.
    let bounds: [Int64]
    /// The buckets, each without those below it; then the sum of all times in microseconds.
    private let numbers: Counters

    /// Starts empty.
    init(bounds: [Int64]) {
        self.bounds = bounds
        numbers = Counters(count: bounds.count + 2)
    }

    /// Counts a time in microseconds.
    func observe(_ microseconds: Int64) {
        var bucket = 0
        while bucket < bounds.count, microseconds > bounds[bucket] { bucket += 1 }
        numbers.add(at: bucket)
        numbers.add(Int(max(0, microseconds)), at: bounds.count + 1)
    }

    /// How many times fell into each bucket alone; the last has no bound.
    var buckets: [Int] { (0...bounds.count).map { numbers[$0] } }

    /// The sum of all times in microseconds.
    var sum: Int { numbers[bounds.count + 1] }
}
