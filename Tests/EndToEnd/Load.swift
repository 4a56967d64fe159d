import Gateway
import Glibc

/// Clients that ask for flow actions one after another until they are told to stop.
final class Load: Sendable {
    private let isStopping = Locked(false)
    private let running: Locked<Int>
    private let results = Locked<[HTTPClient.Response]>([])

    /// Starts some clients.
    init(_ clients: Int, on installation: Installation, _ request: String) {
        running = Locked(clients)
        let client = installation.client
        for _ in 0..<clients {
            startThread { [self] in
                while !isStopping.withLock({ $0 }) {
                    let response = client.post("/flow/call-webhook", request)
                    results.withLock { $0.append(response) }
                    // Where nobody listens an answer comes at once: no spinning.
                    if response.status != 200 { usleep(5_000) }
                }
                running.withLock { $0 -= 1 }
            }
        }
    }

    /// The answers so far.
    var answers: [HTTPClient.Response] { results.withLock { $0 } }

    /// Waits for so many more good answers.
    func wait(for count: Int) -> Bool {
        let before = answers.count { $0.status == 200 }
        return Installation.waitUntil(seconds: 60) { answers.count { $0.status == 200 } >= before + count }
    }

    /// Stops the clients, and waits for their last answers.
    ///
    /// - Returns: how many answers of each status there were in all; 0 is no answer.
    func stop() -> [Int: Int] {
        isStopping.withLock { $0 = true }
        Installation.waitUntil(seconds: 60) { running.withLock { $0 } == 0 }
        return answers.reduce(into: [:]) { $0[$1.status, default: 0] += 1 }
    }
}

/// What the system tells of a process.
enum Process {
    /// How many descriptors it has; 0 once it has ended.
    static func descriptors(of pid: pid_t) -> Int {
        guard let directory = opendir("/proc/\(pid)/fd") else { return 0 }
        defer { closedir(directory) }
        var count = -2
        while readdir(directory) != nil { count += 1 }
        return count
    }

    /// The value of a line of `/proc/PID/status`.
    static func status(of pid: pid_t, _ name: String) -> String? {
        Files.read("/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix("\(name):") }
            .map { String($0.dropFirst(name.count + 1).drop { $0 == "\t" || $0 == " " }) }
    }

    /// How much of its memory is resident, in KiB.
    static func residentKilobytes(of pid: pid_t) -> Int {
        status(of: pid, "VmRSS").flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
    }

    /// How many hundredths of a second of processor time it has taken.
    static func processorTicks(of pid: pid_t) -> Int {
        let fields = Files.read("/proc/\(pid)/stat").split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 12 ? (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0) : 0
    }
}
