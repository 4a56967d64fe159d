// The stages allocate as the program does.
import CMimalloc
import Glibc

/// Prints what each stage costs: `Tests/Benchmarks/stages [NAME...]` runs those whose names begin so.
@main
enum Stages {
    /// Every benchmark; each stage has a file of its own.
    static let benchmarks: [Benchmark] = [.json, .log, .mapping, .pipeline, .store, .wholeLead]

    static func main() {
        let wanted = CommandLine.arguments.dropFirst()
        for benchmark in benchmarks where wanted.isEmpty || wanted.contains(where: benchmark.name.hasPrefix) {
            benchmark.run()
        }
    }
}
