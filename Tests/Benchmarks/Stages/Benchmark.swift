import Glibc

/// One benchmark: a name, and what prepares, measures and prints.
struct Benchmark: Sendable {
    /// The stage's name.
    let name: String
    /// Measures and prints its rows.
    let run: @Sendable () -> Void

    /// Prints the CPU time of one piece of work: the median of several runs, each of as many rounds as fill its time.
    ///
    /// - Parameters:
    ///   - seconds: CPU time of each run.
    ///   - runs: how many runs.
    static func measure(_ label: String, seconds: Double = 0.2, runs: Int = 7, _ body: () -> Void) {
        report(label, "\(rounded(measured(seconds: seconds, runs: runs, body))) µs of CPU")
    }

    /// The CPU time of one piece of work in microseconds, by the same rules.
    static func measured(seconds: Double = 0.2, runs: Int = 7, _ body: () -> Void) -> Double {
        body()
        var microseconds: [Double] = []
        for _ in 0..<runs {
            let start = cpuSeconds()
            var rounds = 0
            var spent = 0.0
            repeat {
                body()
                rounds += 1
                spent = cpuSeconds() - start
            } while spent < seconds
            microseconds.append(spent / Double(rounds) * 1e6)
        }
        return microseconds.sorted()[runs / 2]
    }

    /// Prints one row.
    static func report(_ label: String, _ figure: String) {
        print("\(label)\(String(repeating: " ", count: max(1, 60 - label.count)))\(figure)")
    }

    /// The CPU time that the process has used so far.
    static func cpuSeconds() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    /// A figure with one decimal.
    static func rounded(_ value: Double) -> Double {
        (value * 10).rounded() / 10
    }
}
