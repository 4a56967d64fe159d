import Gateway
import Glibc

extension FuzzTarget {
    /// The screen's verdict is that of a plain reading of the records, whatever the pieces in which bytes arrive; and
    /// what it lets through libfcgi reads without a crash, to the same request both ways.
    static let screen = FuzzTarget(name: "screen") { input in
        guard let mode = input.first else { return }
        // Arbitrary bytes seldom get past the first record: half of the inputs are records with lengths that fit.
        let bytes = mode & 1 == 0 ? Array(input.dropFirst()) : ScreenInput.records(input.dropFirst())
        let expected = PlainReading.read(bytes)
        var screen = Screen()
        screen.maximumKeptBodyBytes = 1 << 20
        let whole = bytes.withUnsafeBufferPointer { screen.consume($0) }
        switch (whole, expected.verdict) {
        case (.incomplete, .incomplete), (.refused, .refused): break
        case (.whole(let count), .whole(let other)):
            precondition(count == other && screen.body == expected.body, "the screen lets something else through")
        default: preconditionFailure("the screen says \(whole), a plain reading \(expected.verdict)")
        }
        var pieces = Screen()
        let relay = RequestRelay(maximumBodyBytes: 1 << 20)
        var last = Screen.Verdict.incomplete
        var isGathered = false
        var position = 0
        let step = Int(mode >> 1) % 61 + 1
        while position < bytes.count {
            let end = min(position + step, bytes.count)
            bytes[position..<end].withUnsafeBufferPointer { piece in
                last = pieces.consume(piece)
                if !isGathered, case .whole = relay.take(piece) { isGathered = true }
            }
            position = end
        }
        precondition(last == whole, "the verdict depends on the pieces")
        guard case .whole(let count) = whole else { return }
        if isGathered { ScreenInput.read(bytes, count, screen, relay) }
    }
}

/// A FastCGI request read the plain way: all records first, then whether they are a request.
private enum PlainReading {
    enum Verdict {
        case incomplete
        case refused
        case whole(Int)
    }

    static func read(_ bytes: [UInt8]) -> (verdict: Verdict, body: [UInt8]) {
        var position = 0
        var kinds: [UInt8] = []
        var id = 0
        var parameters: [UInt8] = []
        var body: [UInt8] = []
        while position + 8 <= bytes.count {
            let header = bytes[position..<position + 8].map { Int($0) }
            let (type, length) = (header[1], header[4] << 8 | header[5])
            let end = position + 8 + length + header[6]
            let content = bytes[position + 8..<min(position + 8 + length, bytes.count)]
            if kinds.isEmpty { id = header[2] << 8 | header[3] }
            let isInTurn: Bool
            switch kinds.last {
            case nil: isInTurn = type == 1 && length == 8 && id != 0
            case 1: isInTurn = type == 4
            case 4: isInTurn = type == 4
            default: isInTurn = type == 5
            }
            if header[0] != 1 || header[2] << 8 | header[3] != id || !isInTurn { return (.refused, []) }
            if length == 0, header[6] > 0 { return (.refused, []) }
            if type == 4, parameters.count + content.count > Screen.maximumParameterBytes { return (.refused, []) }
            if end > bytes.count { break }
            if type == 1, content.prefix(2) != [0, 1] { return (.refused, []) }
            if type == 4 { parameters += content }
            if type == 5 { body += content }
            position = end
            // 0 stands for the end of PARAMS.
            kinds.append(type == 4 && length == 0 ? 0 : UInt8(type))
            if kinds.last == 0, !areFilled(parameters[...]) { return (.refused, []) }
            if type == 5, length == 0 { return (.whole(position), body) }
        }
        return (.incomplete, [])
    }

    /// Whether names and values fill the parameters, one pair after another.
    private static func areFilled(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            var lengths: [Int] = []
            for _ in 0..<2 {
                guard let first = rest.popFirst() else { return false }
                if first < 128 {
                    lengths.append(Int(first))
                } else {
                    guard rest.count >= 3 else { return false }
                    let more = rest.prefix(3).reduce(Int(first) - 128) { $0 * 256 + Int($1) }
                    lengths.append(more)
                    rest = rest.dropFirst(3)
                }
            }
            guard lengths[0] > 0, rest.count >= lengths[0] + lengths[1] else { return false }
            rest = rest.dropFirst(lengths[0] + lengths[1])
        }
        return true
    }
}

private enum ScreenInput {
    /// Reads bytes as orders for records: a type, a length, and the content.
    static func records(_ orders: ArraySlice<UInt8>) -> [UInt8] {
        var rest = orders
        var bytes: [UInt8] = [1, 1, 0, 1, 0, 8, 0, 0, 0, 1, rest.popFirst() ?? 0, 0, 0, 0, 0, 0]
        var type: UInt8 = 4
        while let order = rest.popFirst() {
            let length = min(Int(rest.popFirst() ?? 0) << (order & 0x80 == 0 ? 0 : 4), rest.count)
            let content = rest.prefix(length)
            rest = rest.dropFirst(length)
            let padding = length == 0 && order != 0xF3 ? 0 : order >> 4 & 7
            if order & 0x0F == 0x0F { type = order >> 4 }
            var text: [UInt8] = Array(content)
            // Most parameters are to be pairs whose lengths fit.
            if type == 4, order & 1 == 0, length > 1, length < 120 {
                text = [UInt8(length / 2), UInt8(length - length / 2)] + content
            }
            bytes += [1, type, 0, 1, UInt8(text.count >> 8), UInt8(text.count & 0xFF), padding, 0]
            bytes += text + [UInt8](repeating: order, count: Int(padding))
            if text.isEmpty, type == 4 { type = 5 }
        }
        return bytes
    }

    /// Has libfcgi read a request from a socket, and from the pieces of a relay.
    static func read(_ bytes: [UInt8], _ count: Int, _ screen: Screen, _ relay: RequestRelay) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else { return }
        defer { close(ends[0]) }
        var size: Int32 = 400_000
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        // A read that waits is a defect: it ends, and fails.
        var bound = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &bound, socklen_t(MemoryLayout<timeval>.size))
        let sent = send(ends[0], bytes, count, Int32(MSG_DONTWAIT))
        guard sent == count else {
            close(ends[1])
            return
        }
        let request = FastCGIRequest(descriptor: ends[1])
        var body: [UInt8] = []
        guard let direct = request.accept() else { preconditionFailure("libfcgi refuses what was let through") }
        precondition(request.readBody(screen.bodyBytes, into: &body), "libfcgi reads another body")
        precondition(body == screen.body && relay.body == body, "the body is another one")
        let head = Array("Status: 200 OK\r\n\r\n".utf8)
        precondition(head.withUnsafeBytes(request.finish), "libfcgi cannot answer")
        guard let pair = try? LibraryPair(), let gathered = pair.accept(head: relay.head, by: request) else {
            preconditionFailure("libfcgi refuses what was gathered")
        }
        for variable in WebRequest.Variable.allCases {
            precondition(direct[variable] == gathered[variable], "a variable differs")
        }
        let answer = [UInt8](repeating: 65, count: Int(bytes.last ?? 0) * 1_000)
        guard let records = pair.records(of: answer, by: request) else { preconditionFailure("no records") }
        precondition(records.count > answer.count, "records are missing")
        close(ends[1])
    }
}
