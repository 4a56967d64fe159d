import FlowAction
import Gateway
import Glibc
import JSON
import TestSupport
import Testing

/// A pipe whose reading end the test holds.
private struct Pipe {
    let reading: Int32
    let writing: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        (reading, writing) = (ends[0], ends[1])
    }

    /// Everything up to the end of the stream; the writing end is closed first.
    func readAll() -> [UInt8] {
        close(writing)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(reading, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        close(reading)
        return bytes
    }
}

@Suite struct LogTests {
    private func lines(_ settings: Settings, _ body: (Log) -> Void) throws -> [[UInt8]] {
        let pipe = try Pipe()
        let log = Log(writer: LogWriter(descriptor: pipe.writing), settings: settings)
        body(log)
        log.close()
        return pipe.readAll().split(separator: UInt8(ascii: "\n")).map(Array.init)
    }

    @Test func writesALineOfJSONAnEvent() throws {
        let lines = try lines(Settings()) { log in
            log.write(.info, "flow \"action\"") { line in
                line.add("requestId", "a\nb")
                line.add("attempts", 2)
                line.add("totalMilliseconds", milliseconds: 1_234)
            }
            log.write(.error, "second")
        }
        #expect(lines.count == 2)
        let line = try JSONValue(parsing: lines[0])
        #expect(line["level"] == .string("info"))
        #expect(line["message"] == .string("flow \"action\""))
        #expect(line["requestId"] == .string("a\nb"))
        #expect(line["attempts"] == .number("2"))
        #expect(line["totalMilliseconds"] == .number("1.2"))
        #expect(line["time"]?.stringValue?.utf8.count == "2026-05-23T10:00:00.123Z".utf8.count)
    }

    /// In milliseconds, to the nearest tenth.
    @Test(arguments: [(0, "0.0"), (49, "0.0"), (50, "0.1"), (1_000, "1.0"), (9_999, "10.0"), (1_234_567, "1234.6")])
    func writesTimesWithOneDecimal(microseconds: Int64, text: String) throws {
        let lines = try lines(Settings()) { log in
            log.write(.info, "timed") { $0.add("totalMilliseconds", milliseconds: microseconds) }
        }
        #expect(try JSONValue(parsing: lines[0])["totalMilliseconds"] == .number(text))
    }

    @Test func tellsFromTheLevelOnThatIsSet() throws {
        var settings = Settings()
        settings.logLevel = .warning
        let lines = try lines(settings) { log in
            log.write(.info, "not told")
            log.write(.warning, "told")
            settings.logLevel = .debug
            log.apply(settings)
            log.write(.debug, "told now")
        }
        #expect(lines.count == 2)
    }

    @Test func writesNoControlCharacterOfTheSecondHalf() throws {
        let lines = try lines(Settings()) { log in log.write(.info, "a") { $0.add("leadId", "\u{9B}31m\u{A9}é") } }
        #expect(try JSONValue(parsing: lines[0])["leadId"] == .string("\u{FFFD}31m\u{A9}é"))
    }

    @Test func writesForPeople() throws {
        var settings = Settings()
        settings.logFormat = .text
        let lines = try lines(settings) { log in log.write(.notice, "reloaded") { $0.add("files", 3) } }
        let text = String(decoding: try #require(lines.first), as: UTF8.self)
        #expect(text.hasSuffix(" notice reloaded files=3"))
    }

    /// A pipe that nobody reads neither blocks the caller nor grows without bound, and the loss is told, in the form of the
    /// other lines.
    @Test(arguments: [Settings.LogFormat.json, .text])
    func dropsAndCountsWhatAStuckPipeDoesNotTake(format: Settings.LogFormat) throws {
        let pipe = try Pipe()
        let writer = LogWriter(descriptor: pipe.writing, maximumBytes: 100_000)
        var settings = Settings()
        settings.logFormat = format
        _ = Log(writer: writer, settings: settings)
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 999)
        for _ in 0..<1_000 { line.withUnsafeBytes(writer.write) }
        let dropped = writer.droppedLines
        #expect(dropped > 500)
        // The pipe is read from now on: what was taken comes, and the count of what was lost.
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var told = 0
        var taken = 0
        while taken + told < 1_000 {
            let count = read(pipe.reading, &buffer, buffer.count)
            try #require(count > 0)
            received.append(contentsOf: buffer[..<count])
            let lines = received.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            taken = lines.count { $0.count == 999 && $0.first == UInt8(ascii: "x") }
            // The last may be the beginning of a line yet.
            let notes = lines.dropLast().filter { $0.first != UInt8(ascii: "x") }
            told = try notes.reduce(0) { sum, note in try sum + (droppedLines(Array(note), format) ?? 0) }
        }
        #expect(told == dropped)
        writer.close()
        _ = pipe.readAll()
    }

    /// How many lines were dropped, by the line that tells of it.
    private func droppedLines(_ note: [UInt8], _ format: Settings.LogFormat) throws -> Int? {
        let text = String(decoding: note, as: UTF8.self)
        guard format == .json else {
            let words = text.split(separator: " ", maxSplits: 1)
            let rest = words.last?.split(separator: "dropped=")
            #expect(words.first?.hasSuffix("Z") == true && rest?.first == "warning log lines were dropped ")
            return rest?.last.flatMap { Int($0) }
        }
        let line = try JSONValue(parsing: note)
        #expect(line["time"] != nil && line["level"] == .string("warning"))
        guard case .number(let count) = line["dropped"] else { return nil }
        return Int(count)
    }

    /// A disk that is full for a while: what it did not take is counted and told, and lines stay apart.
    @Test(.enabled(if: SmallDisk.isPermitted, "mounting needs root"))
    func countsWhatAFullDiskDoesNotTake() throws {
        let disk = SmallDisk()
        let descriptor = open("\(disk.directory)/log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let writer = LogWriter(descriptor: descriptor)
        let line = Array(#"{"x":"\#(String(repeating: "x", count: 700))"}"#.utf8)
        // More than there is room for, and less than there will be.
        for _ in 0..<150 { line.withUnsafeBytes(writer.write) }
        while writer.droppedLines == 0 { usleep(1_000) }
        disk.makeRoom()
        // The writer may be at the rest of them yet: it has room for those too.
        line.withUnsafeBytes(writer.write)
        writer.close()
        let lines = disk.bytes("log").split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        #expect(lines.last?.isEmpty == true)
        let whole = lines.count { $0.elementsEqual(line) }
        #expect(whole + writer.droppedLines == 151)
        // What was cut off stands alone, and tells itself from what is whole.
        let others = lines.dropLast().filter { !$0.elementsEqual(line) }
        let notes = others.filter { $0.starts(with: Array(#"{"time":""#.utf8)) }
        #expect(others.allSatisfy { line.starts(with: $0) || notes.contains($0) })
        let told = try notes.compactMap { try JSONValue(parsing: Array($0))["dropped"] }
        #expect(told == [.number(String(writer.droppedLines))])
    }
}
