package import FlowAction
internal import JSON

/// One line of the log, built member by member in the form that the settings ask for.
///
/// Callers put in names, ids, codes and times: never a token's value, a payload or a secret.
package struct LogLine {
    private let format: Settings.LogFormat
    private var bytes: [UInt8] = []

    /// Begins a line with the time, the level and the message.
    package init(_ level: Settings.LogLevel, _ message: String, format: Settings.LogFormat) {
        self.format = format
        bytes.reserveCapacity(512)
        let now = Instant.now
        switch format {
        case .json:
            bytes.append(contentsOf: "{\"time\":\"".utf8)
            bytes.append(timestamp: now)
            bytes.append(contentsOf: "\",\"level\":\"".utf8)
            bytes.append(contentsOf: level.rawValue.utf8)
            bytes.append(contentsOf: "\",\"message\":".utf8)
            bytes.append(jsonString: message)
        case .text:
            bytes.append(timestamp: now)
            bytes.append(contentsOf: " \(level.rawValue) ".utf8)
            bytes.append(jsonEscaped: message)
        }
    }

    /// Adds a text.
    package mutating func add(_ name: StaticString, _ value: String) {
        begin(name)
        bytes.append(jsonString: value)
    }

    /// Adds a whole number.
    package mutating func add(_ name: StaticString, _ value: Int) {
        begin(name)
        append(decimal: Int64(value))
    }

    /// Adds a time in milliseconds with one decimal, from microseconds.
    package mutating func add(_ name: StaticString, milliseconds microseconds: Int64) {
        begin(name)
        let tenths = (microseconds + 50) / 100
        append(decimal: tenths / 10)
        bytes.append(UInt8(ascii: "."))
        bytes.append(UInt8(ascii: "0") + UInt8(tenths % 10))
    }

    /// The finished line, without a line feed.
    package consuming func finished() -> [UInt8] {
        if format == .json { bytes.append(UInt8(ascii: "}")) }
        return bytes
    }

    /// Appends a whole number without a text on the way.
    private mutating func append(decimal number: Int64) {
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        let start = bytes.count
        var rest = number.magnitude
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    private mutating func begin(_ name: StaticString) {
        let text = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        switch format {
        case .json:
            bytes.append(UInt8(ascii: ","))
            bytes.append(UInt8(ascii: "\""))
            bytes.append(contentsOf: text)
            bytes.append(UInt8(ascii: "\""))
            bytes.append(UInt8(ascii: ":"))
        case .text:
            bytes.append(UInt8(ascii: " "))
            bytes.append(contentsOf: text)
            bytes.append(UInt8(ascii: "="))
        }
    }
}
