package import FlowAction
internal import JSON

/// One line of the log, built member by member in the form that the settings ask for.
///
/// Callers put in names, ids, codes and times: never a token's value, a payload or a secret.
package struct LogLine: ~Copyable {
    private let format: Settings.LogFormat
    private var bytes = ByteBuffer(capacity: 512)

    /// Begins a line with the time, the level and the message.
    package init(_ level: Settings.LogLevel, _ message: String, format: Settings.LogFormat) {
        self.format = format
        let now = Instant.now
        switch format {
        case .json:
            bytes.append("{\"time\":\"")
            bytes.append(timestamp: now)
            bytes.append("\",\"level\":\"")
            bytes.append(text: level.rawValue)
            bytes.append("\",\"message\":")
            bytes.append(jsonString: message)
        case .text:
            bytes.append(timestamp: now)
            bytes.append(text: " \(level.rawValue) ")
            bytes.append(jsonEscaped: message)
        }
    }

    /// Adds a text; control characters that JSON lets stand, U+0080 to U+009F, become U+FFFD: some terminals obey them.
    package mutating func add(_ name: StaticString, _ value: String) {
        begin(name)
        bytes.append(jsonString: value.utf8.contains(0xC2) ? Self.withoutControls(value) : value)
    }

    private static func withoutControls(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { scalars.append(0x80..<0xA0 ~= scalar.value ? "\u{FFFD}" : scalar) }
        return String(scalars)
    }

    /// Adds a whole number.
    package mutating func add(_ name: StaticString, _ value: Int) {
        begin(name)
        bytes.append(decimal: Int64(value))
    }

    /// Adds a time in milliseconds with one decimal, from microseconds.
    package mutating func add(_ name: StaticString, milliseconds microseconds: Int64) {
        begin(name)
        bytes.append(milliseconds: microseconds)
    }

    /// Ends the line.
    package mutating func finish() {
        if format == .json { bytes.append(UInt8(ascii: "}")) }
    }

    /// Runs a closure with what has been written, without a line feed.
    package func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        bytes.withBytes(body)
    }

    private mutating func begin(_ name: StaticString) {
        switch format {
        case .json:
            bytes.append(jsonMember: name)
        case .text:
            bytes.append(UInt8(ascii: " "))
            bytes.append(name)
            bytes.append(UInt8(ascii: "="))
        }
    }
}
