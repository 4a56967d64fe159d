internal import ArgumentParser
internal import CLinux
internal import FlowAction
internal import Glibc
internal import JSON

/// Prints a value as JSON, two blanks a level; in colours on a terminal, plain into a pipe or a file.
///
/// Control characters that JSON lets stand, U+0080 to U+009F, are escaped for any terminal: what a service answered is not
/// to steer it.
func printJSON(_ value: JSONValue) {
    var bytes = value.prettyPrinted
    if isatty(STDOUT_FILENO) == 1 { bytes = escapingControls(bytes) }
    print(String(decoding: isColourful(STDOUT_FILENO) ? colouredJSON(bytes) : bytes, as: UTF8.self))
}

/// Prints a problem as the gateway would answer it.
///
/// - Returns: the exit status of a problem.
func printProblem(_ problem: Problem) -> ExitCode {
    printError([String(decoding: problem.serialized, as: UTF8.self)])
    return ExitCode(2)
}

/// Writes lines to standard error.
func printError(_ lines: [String]) {
    let text = lines.map { "\($0)\n" }.joined()
    _ = text.utf8.withContiguousStorageIfAvailable { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

/// Ends the process with an error, when it comes to its end, where standard output has not taken all that was printed: on a
/// full disk a command is not to pass for a success.
func failOnLostOutput() {
    atexit {
        guard flowhook_flush_output() == 0 else { return }
        printError(["flowhook: standard output cannot be written, and not all of it was"])
        _exit(ExitStatus.output)
    }
}

/// Whether colours are wanted: a terminal that knows them, unless `NO_COLOR` is set (no-color.org).
private func isColourful(_ descriptor: Int32) -> Bool {
    isCapableTerminal(descriptor) && (environment["NO_COLOR"] ?? "").isEmpty
}

/// Whether a descriptor is a terminal that knows the control sequences of ECMA-48.
func isCapableTerminal(_ descriptor: Int32) -> Bool {
    isatty(descriptor) == 1 && !["", "dumb"].contains(environment["TERM"] ?? "")
}

/// JSON with the escape sequences of a terminal (ECMA-48, SGR) around names and values.
private func colouredJSON(_ json: [UInt8]) -> [UInt8] {
    var painted: [UInt8] = []
    painted.reserveCapacity(json.count * 2)
    var position = 0
    while position < json.count {
        let start = position
        let colour: Colour?
        switch json[position] {
        case UInt8(ascii: "\""):
            position += 1
            while position < json.count, json[position] != UInt8(ascii: "\"") {
                position += json[position] == UInt8(ascii: "\\") ? 2 : 1
            }
            position += 1
            colour = position < json.count && json[position] == UInt8(ascii: ":") ? .name : .text
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"):
            let isNumber = json[position] < UInt8(ascii: "a")
            while position < json.count, json[position] != UInt8(ascii: ","), json[position] != UInt8(ascii: "\n") {
                position += 1
            }
            colour = isNumber ? .number : .word
        default:
            position += 1
            colour = nil
        }
        let piece = json[start..<min(position, json.count)]
        guard let colour else {
            painted.append(contentsOf: piece)
            continue
        }
        painted.append(contentsOf: "\u{1B}[\(colour.rawValue)m".utf8)
        painted.append(contentsOf: piece)
        painted.append(contentsOf: "\u{1B}[0m".utf8)
    }
    return painted
}

/// What is told apart, by its SGR parameter.
private enum Colour: String {
    /// The name of a member: blue.
    case name = "34"
    /// A string: green.
    case text = "32"
    /// A number: cyan.
    case number = "36"
    /// `true`, `false` and `null`: magenta.
    case word = "35"
}

/// JSON with U+0080 to U+009F, which stand in its strings alone, as escapes.
private func escapingControls(_ json: [UInt8]) -> [UInt8] {
    var escaped: [UInt8] = []
    escaped.reserveCapacity(json.count)
    var rest = json[...]
    while let byte = rest.popFirst() {
        guard byte == 0xC2, let next = rest.first, next < 0xA0 else {
            escaped.append(byte)
            continue
        }
        rest.removeFirst()
        escaped.append(contentsOf: "\\u00\(String(next, radix: 16))".utf8)
    }
    return escaped
}
