import Glibc

/// What `body` returns, and the seconds of CPU that it takes on this thread.
///
/// For what ends at once, and takes minutes where it grows with the square of its input: unlike a time limit of the test,
/// they do not count what other tests and other programs take meanwhile.
package func timingCPU<Result>(_ body: () throws -> Result) rethrows -> (result: Result, seconds: Double) {
    func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let start = now()
    let result = try body()
    return (result, now() - start)
}
