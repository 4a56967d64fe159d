import TestSupport
import Testing

@testable import Gateway

@Suite struct ScreenTests {
    private typealias Bytes = FastCGIBytes

    private func verdict(_ bytes: [UInt8]) -> Screen.Verdict {
        var screen = Screen()
        return bytes.withUnsafeBufferPointer { screen.consume($0) }
    }

    @Test(arguments: [0, 1, 31_999, 32_001, 200_000])
    func letsWholeRequestsThrough(bodyBytes: Int) {
        let request = Bytes.request(body: [UInt8](repeating: 120, count: bodyBytes))
        #expect(verdict(request) == .whole(byteCount: request.count))
        #expect(verdict(request + [1, 2, 3]) == .whole(byteCount: request.count))
    }

    /// Whatever the pieces in which bytes arrive, the verdict is that of the whole.
    @Test func isIndifferentToSplits() {
        let request = Bytes.request(body: Array("hello".utf8))
        for split in 0...request.count {
            var screen = Screen()
            let first = request[..<split].withUnsafeBufferPointer { screen.consume($0) }
            let second = request[split...].withUnsafeBufferPointer { screen.consume($0) }
            #expect(first == (split == request.count ? .whole(byteCount: request.count) : .incomplete))
            #expect(second == .whole(byteCount: request.count))
            #expect(screen.bodyBytes == 5)
        }
        var screen = Screen()
        for (index, byte) in request.enumerated() {
            let verdict = [byte].withUnsafeBufferPointer { screen.consume($0) }
            #expect(verdict == (index == request.count - 1 ? .whole(byteCount: request.count) : .incomplete))
        }
    }

    static let name40 = [(String, String)](repeating: ("FCGI_MAX_CONNS", ""), count: 40)

    private static let keep = FastCGIBytes.begin(keep: true)
    private static let withoutEnd = Array(FastCGIBytes.request().dropLast(8))
    private static let repeatedValues = FastCGIBytes.record(type: 9, id: 0, FastCGIBytes.parameters(name40))
    private static let tooMany: [UInt8] =
        keep + FastCGIBytes.record(type: 4, [UInt8](repeating: 1, count: 65_535))
        + FastCGIBytes.record(type: 4, [1, 1])

    /// What must never reach libfcgi.
    private static let refused: [(String, [UInt8])] = [
        ("HTTP", Array("GET / HTTP/1.1\r\n\r\n".utf8)),
        ("version 2", [2] + Array(keep.dropFirst())),
        ("GET_VALUES, which overflows a buffer where a name is repeated", repeatedValues),
        ("GET_VALUES in mid-stream", withoutEnd + repeatedValues),
        ("lengths of 0x7ffffffe, which overflow a sum", lengths([0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF, 0xFE])),
        ("lengths of 0x7fffffff", lengths([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])),
        ("a value of 1 GiB", lengths([1, 0xC0, 0, 0, 0, 65])),
        ("a length that ends early", lengths([1, 0x80, 0])),
        ("a name of no byte", lengths([0, 1, 65])),
        ("request id 0", FastCGIBytes.begin(keep: true, id: 0)),
        ("the authorizer's role", FastCGIBytes.begin(role: 2, keep: true)),
        ("a short BEGIN_REQUEST", FastCGIBytes.record(type: 1, [0, 1, 0, 0])),
        ("two BEGIN_REQUEST", keep + keep),
        ("another request's record", keep + FastCGIBytes.record(type: 4, id: 2, [])),
        ("STDIN before PARAMS", keep + FastCGIBytes.record(type: 5, [])),
        ("PARAMS after their end", lengths([1, 0, 65]) + FastCGIBytes.record(type: 4, [1, 0, 65])),
        ("an abort", keep + FastCGIBytes.record(type: 2, [])),
        ("DATA", withoutEnd + FastCGIBytes.record(type: 8, [])),
        ("too many parameters", tooMany),
        ("padding behind the end of the variables", keep + FastCGIBytes.record(type: 4, [], padding: 8)),
        ("padding behind the end of the body", withoutEnd + FastCGIBytes.record(type: 5, [], padding: 1)),
    ]

    @Test(arguments: refused.map(\.0))
    func refuses(what: String) throws {
        let bytes = try #require(Self.refused.first { $0.0 == what }).1
        guard case .refused = verdict(bytes) else {
            Issue.record("\(what) is not refused")
            return
        }
    }

    private static func lengths(_ content: [UInt8]) -> [UInt8] {
        FastCGIBytes.begin(keep: true) + FastCGIBytes.record(type: 4, content) + FastCGIBytes.record(type: 4, [])
    }

    /// Any bytes give a verdict, at any split, and a refusal stays one.
    @Test func survivesRandomBytes() {
        var generator = SplitMix64(seed: 7)
        for _ in 0..<3_000 {
            var bytes = FastCGIBytes.request(body: Array("body".utf8))
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let whole = verdict(bytes)
            let split = Int.random(in: 0...bytes.count, using: &generator)
            var screen = Screen()
            _ = bytes[..<split].withUnsafeBufferPointer { screen.consume($0) }
            #expect(bytes[split...].withUnsafeBufferPointer { screen.consume($0) } == whole)
        }
    }
}

/// A generator of repeatable random numbers.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
