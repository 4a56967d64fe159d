internal import FlowAction
internal import Glibc

/// Reads lines of a response's head as libcurl hands them over (CURLOPT_HEADERFUNCTION), in bytes.
enum HeaderLine {
    /// What follows the version and the status in a status line; empty where nothing does.
    static func reasonPhrase(_ line: UnsafeRawBufferPointer) -> String {
        var end = line.count
        while end > 0, line[end - 1] <= 0x20 { end -= 1 }
        var start = 0
        for _ in 0..<2 {
            while start < end, line[start] != UInt8(ascii: " ") { start += 1 }
            start += 1
        }
        guard start < end else { return "" }
        if end - start == 2, line[start] == UInt8(ascii: "O"), line[start + 1] == UInt8(ascii: "K") { return "OK" }
        return String(decoding: UnsafeRawBufferPointer(rebasing: line[start..<end]), as: UTF8.self)
    }

    /// Whether a header line has the name.
    static func has(_ name: StaticString, _ line: UnsafeMutablePointer<CChar>, _ count: Int) -> Bool {
        let length = name.utf8CodeUnitCount
        return count > length && line[length] == CChar(bitPattern: UInt8(ascii: ":"))
            && strncasecmp(line, UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self), length) == 0
    }

    /// The value of a header line, where it has the name; blanks and the line's end around it taken off.
    static func value(of name: StaticString, _ line: UnsafeMutablePointer<CChar>, _ count: Int) -> String? {
        guard has(name, line, count) else { return nil }
        let length = name.utf8CodeUnitCount
        let value = UnsafeRawBufferPointer(start: line + length + 1, count: count - length - 1)
        return String(decoding: value.trimming { $0 <= 0x20 }, as: UTF8.self)
    }
}
