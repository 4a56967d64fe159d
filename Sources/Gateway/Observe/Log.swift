package import FlowAction
internal import Synchronization

/// The service's log: what it tells at which level, in which form.
///
/// Level and form can change while it runs, with a reload of the settings.
package final class Log: Sendable {
    private let writer: LogWriter
    private let level: Atomic<Int>

    /// Opens a log.
    package init(writer: LogWriter, settings: Settings) {
        self.writer = writer
        level = Atomic(settings.logLevel.weight)
        writer.format = settings.logFormat
    }

    /// Takes level and form from new settings.
    package func apply(_ settings: Settings) {
        level.store(settings.logLevel.weight, ordering: .relaxed)
        writer.format = settings.logFormat
    }

    /// Writes a line, if its level is told; the members are put in by `build`, which does not run otherwise.
    package func write(
        _ level: Settings.LogLevel,
        _ message: @autoclosure () -> String,
        _ build: (inout LogLine) -> Void = { _ in }
    ) {
        guard level.weight >= self.level.load(ordering: .relaxed) else { return }
        var line = LogLine(level, message(), format: writer.format)
        build(&line)
        line.finish()
        line.withBytes(writer.write)
    }

    /// How many lines were dropped since the start.
    var droppedLines: Int { writer.droppedLines }

    /// Writes what waits and ends.
    package func close() {
        writer.close()
    }
}

extension Settings.LogLevel {
    /// The level's place among all, which every line asks for: told without making a list of them.
    fileprivate var weight: Int {
        switch self {
        case .trace: 0
        case .debug: 1
        case .info: 2
        case .notice: 3
        case .warning: 4
        case .error: 5
        case .critical: 6
        }
    }
}
