import FlowAction
import Gateway
import Glibc

extension Benchmark {
    /// A request's line of the log, from its members to the writer's queue, and what the writing thread takes for it.
    static let log = Benchmark(name: "log") {
        // A file, as the journal's or a container's log is one in the end; written over again and again.
        var name = Array("/tmp/flowhook-log.XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        precondition(descriptor >= 0, "no file can be made in /tmp")
        unlink(name)
        defer { close(descriptor) }
        for format in Settings.LogFormat.allCases {
            var settings = Settings()
            settings.logFormat = format
            let log = Log(writer: LogWriter(descriptor: descriptor, maximumBytes: 1 << 30), settings: settings)
            // Asking for the CPU time takes a good part of a line's: a hundred lines a round.
            measure("Log: a hundred requests' lines, \(format.rawValue)") {
                lseek(descriptor, 0, SEEK_SET)
                for _ in 0..<100 {
                    log.write(.info, "flow action") { line in
                        line.add("requestId", "5b1f6c0e9a7d4c0f8f0a2c6d3e4b5a69")
                        line.add("webhook", "Enrich Lead")
                        line.add("program", "1027")
                        line.add("leadId", "318581")
                        line.add("outcome", "updated")
                        line.add("responseCode", 200)
                        line.add("errorType", "OK")
                        line.add("attempts", 1)
                        line.add("queueMilliseconds", milliseconds: 0)
                        line.add("dnsMilliseconds", milliseconds: 120)
                        line.add("connectMilliseconds", milliseconds: 230)
                        line.add("tlsMilliseconds", milliseconds: 0)
                        line.add("firstByteMilliseconds", milliseconds: 50_000)
                        line.add("totalMilliseconds", milliseconds: 51_234)
                        line.add("requestBytes", 148)
                        line.add("responseBytes", 812)
                    }
                }
            }
            log.close()
        }
        var settings = Settings()
        settings.logLevel = .warning
        let log = Log(writer: LogWriter(descriptor: descriptor), settings: settings)
        measure("Log: a hundred lines below the level") {
            for _ in 0..<100 { log.write(.info, "flow action") { $0.add("attempts", 1) } }
        }
        log.close()
    }
}
