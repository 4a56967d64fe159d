internal import CLinux
internal import FlowAction
internal import Glibc

/// What the process uses, by the names that every Prometheus client gives it.
struct ProcessFigures {
    /// CPU time in milliseconds.
    private let cpu: Int64
    /// Memory in bytes, from `/proc/self/statm`.
    private let memory: (virtual: Int, resident: Int)
    private let openDescriptors: Int
    private let maximumDescriptors: Int
    /// When the process started, in milliseconds since 1970.
    private let started: Int64

    /// Looks now.
    init() {
        cpu = Int64(nanoseconds(of: CLOCK_PROCESS_CPUTIME_ID) / 1_000_000)
        let pages = Self.read("/proc/self/statm").split(separator: " ").prefix(2).map { Int($0) ?? 0 }
        let pageBytes = sysconf(Int32(_SC_PAGESIZE))
        memory = pages.count == 2 ? (pages[0] * pageBytes, pages[1] * pageBytes) : (0, 0)
        openDescriptors = Self.countDescriptors()
        maximumDescriptors = Int(clamping: flowhook_descriptor_limit())
        started = Self.startTime
    }

    /// Found once: the process starts once.
    private static let startTime: Int64 = {
        // The program's name, in parentheses, may hold blanks: what follows the last of them is counted.
        let fields = read("/proc/self/stat").split(separator: ")").last?.split(separator: " ") ?? []
        let ticks = fields.count > 19 ? Int64(fields[19]) ?? 0 : 0
        let sinceBoot = Int64(nanoseconds(of: CLOCK_BOOTTIME) / 1_000_000)
        let now = Int64(nanoseconds(of: CLOCK_REALTIME) / 1_000_000)
        return now - sinceBoot + ticks * 1_000 / Int64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }()

    private static func countDescriptors() -> Int {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Itself, the folder above, and the descriptor that lists them.
        return max(0, count - 3)
    }

    private static func read(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
}

extension MetricsText {
    /// Writes the process's figures.
    mutating func append(_ figures: ProcessFigures) {
        figures.write(to: &self)
    }
}

extension ProcessFigures {
    fileprivate func write(to text: inout MetricsText) {
        text.begin("process_cpu_seconds_total", .counter, "CPU time used, of user and system.")
        text.sample([], milliseconds: cpu)
        text.begin("process_start_time_seconds", .gauge, "When the process started.")
        text.sample([], milliseconds: started)
        text.begin("process_resident_memory_bytes", .gauge, "Memory in RAM.")
        text.sample([], memory.resident)
        text.begin("process_virtual_memory_bytes", .gauge, "Address space.")
        text.sample([], memory.virtual)
        text.begin("process_open_fds", .gauge, "Open descriptors.")
        text.sample([], openDescriptors)
        text.begin("process_max_fds", .gauge, "The limit of open descriptors.")
        text.sample([], maximumDescriptors)
    }
}
