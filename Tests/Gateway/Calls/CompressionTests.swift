import FlowAction
import Gateway
import TestSupport
import Testing

/// Compressed bodies from a real server: whole ones are decoded, all others are no answer.
@Suite struct CompressionTests {
    private static let text = Array(#"{"title": "CTO", "note": "äöü äöü äöü äöü"}"#.utf8)

    /// An answer of some headers and a body, in pieces of so many bytes.
    private static func answer(_ headers: String, _ body: [UInt8], pieces: Int? = nil) -> [RawServer.Step] {
        guard let pieces else {
            return [.text("HTTP/1.1 200 OK\r\n\(headers)Content-Length: \(body.count)\r\n\r\n"), .send(body)]
        }
        var steps = [RawServer.Step.text("HTTP/1.1 200 OK\r\n\(headers)Transfer-Encoding: chunked\r\n\r\n")]
        for start in stride(from: 0, to: body.count, by: pieces) {
            let piece = body[start..<min(start + pieces, body.count)]
            steps.append(.send(Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8)))
        }
        return steps + [.text("0\r\n\r\n")]
    }

    /// What becomes of answers, one after another over one connection where it stays.
    private func results(_ answers: [[RawServer.Step]]) throws -> [CallResult] {
        let server = RawServer { _, number in answers[number - 1] }
        defer { server.stop() }
        let bench = try Bench()
        // Many failures in a row, each to be seen.
        bench.settings.circuitFailures = 0
        return answers.map { _ in bench.send(bench.request(server, .get)) }
    }

    private func expectBroken(_ answers: [[RawServer.Step]], _ what: String, says words: String = "broken") throws {
        for (index, result) in try results(answers).enumerated() {
            #expect(result.failure?.type == .protocolError, "\(what) \(index)")
            #expect(result.failure?.sent == .yes, "\(what) \(index)")
            #expect(result.failure?.detail.contains(words) == true, "\(what) \(index)")
        }
    }

    private static let wrappings: [(name: String, wrapping: Wrapping)] = [
        ("gzip", .gzip), ("x-gzip", .gzip), ("GZIP", .gzip), ("deflate", .zlib), ("deflate", .bare),
    ]

    @Test func decodesWhatIsWhole() throws {
        var answers: [[RawServer.Step]] = []
        for (name, wrapping) in Self.wrappings {
            let body = wrapping.compress(Self.text)
            for pieces in [nil, 1, 7] as [Int?] {
                answers.append(Self.answer("Content-Encoding: \(name)\r\n", body, pieces: pieces))
            }
        }
        let gzip = Wrapping.gzip.compress(Self.text)
        let half = Self.text.count / 2
        // Members one behind the other are one body; an empty one adds nothing.
        let members =
            Wrapping.gzip.compress(Array(Self.text[..<half])) + Wrapping.gzip.compress([])
            + Wrapping.gzip.compress(Array(Self.text[half...]))
        answers.append(Self.answer("Content-Encoding: gzip\r\n", members))
        answers.append(Self.answer("Content-Encoding: gzip\r\n", members, pieces: 1))
        // One over the other, said in one line or in two; and what says that there is none.
        let twice = Wrapping.gzip.compress(Wrapping.zlib.compress(Self.text))
        answers.append(Self.answer("Content-Encoding: deflate , gzip\r\n", twice, pieces: 5))
        answers.append(Self.answer("Content-Encoding: deflate\r\nContent-Encoding: gzip\r\n", twice))
        answers.append(Self.answer("Content-Encoding: identity\r\n", Self.text))
        answers.append(Self.answer("Content-Encoding:\r\n", Self.text))
        answers.append(Self.answer("Content-Encoding: identity, gzip\r\n", gzip))
        // Without a length the end of the connection is the end of the body.
        answers.append([.text("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"), .send(gzip), .close])
        // What an interim answer says is not of the final one, nor is what a trailer says.
        answers.append(
            [.text("HTTP/1.1 103 Early Hints\r\nContent-Encoding: br\r\n\r\n")] + Self.answer("", Self.text)
        )
        answers.append(
            Self.answer("Trailer: Content-Encoding\r\n", Self.text, pieces: 100).dropLast()
                + [.text("0\r\nContent-Encoding: br\r\n\r\n")]
        )
        for (index, result) in try results(answers).enumerated() {
            #expect(try result.outcome.get().body == Self.text, "\(index)")
        }
    }

    /// No byte at all needs no decoding, whatever the headers say of what would have come.
    @Test func takesNothingForNothing() throws {
        let results = try results([
            Self.answer("Content-Encoding: gzip\r\n", []), Self.answer("Content-Encoding: deflate\r\n", [], pieces: 1),
            Self.answer("Content-Encoding: br\r\n", []),
            [.text("HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n")],
            [.text("HTTP/1.1 304 Not Modified\r\nContent-Encoding: gzip\r\nContent-Length: 70\r\n\r\n")],
        ])
        #expect(results.map(\.status) == [200, 200, 200, 204, 304])
        for result in results { #expect(try result.outcome.get().body.isEmpty) }
        // Compressed nothing is nothing as well.
        let empty = try self.results(
            Self.wrappings.map {
                Self.answer("Content-Encoding: \($0.name)\r\n", $0.wrapping.compress([]))
            }
        )
        for result in empty { #expect(try result.outcome.get().body.isEmpty) }
    }

    /// A body that is cut anywhere behind its first byte is none, however its end is told.
    @Test func refusesACutAtEveryLength() throws {
        for (name, wrapping) in [("gzip", .gzip), ("deflate", .zlib), ("deflate", .bare)] as [(String, Wrapping)] {
            let body = wrapping.compress(Self.text)
            let cuts = (1..<body.count).map { Array(body[..<$0]) }
            let header = "Content-Encoding: \(name)\r\n"
            try expectBroken(cuts.map { Self.answer(header, $0) }, "\(name), length")
            try expectBroken(cuts.map { Self.answer(header, $0, pieces: 3) }, "\(name), chunked")
            let head = RawServer.Step.text("HTTP/1.1 200 OK\r\n\(header)\r\n")
            try expectBroken(cuts.suffix(20).map { [head, .send($0), .close] }, "\(name), closed")
        }
        let twice = Wrapping.gzip.compress(Wrapping.zlib.compress(Self.text))
        // The outer stream is whole, the inner one is not.
        let inner = Wrapping.gzip.compress(Wrapping.zlib.compress(Self.text).dropLast())
        let header = "Content-Encoding: deflate, gzip\r\n"
        try expectBroken([Self.answer(header, inner), Self.answer(header, twice.dropLast())], "two layers")
        // The second member is cut.
        let members = Wrapping.gzip.compress(Self.text) + Wrapping.gzip.compress(Self.text)
        let half = members.count / 2
        let cuts = (half + 1..<members.count).map { Self.answer("Content-Encoding: gzip\r\n", Array(members[..<$0])) }
        try expectBroken(cuts, "second member")
    }

    @Test func refusesWhatIsNoSuchEncoding() throws {
        let gzip = Wrapping.gzip.compress(Self.text)
        let zlib = Wrapping.zlib.compress(Self.text)
        var flipped = gzip
        flipped[gzip.count - 6] ^= 1
        try expectBroken(
            [
                Self.answer("Content-Encoding: gzip\r\n", Self.text), Self.answer("Content-Encoding: gzip\r\n", zlib),
                Self.answer("Content-Encoding: gzip\r\n", gzip + [0]),
                Self.answer("Content-Encoding: gzip\r\n", gzip + Array("rubbish".utf8), pieces: gzip.count),
                Self.answer("Content-Encoding: deflate\r\n", zlib + [0]),
                Self.answer("Content-Encoding: deflate\r\n", zlib + zlib),
                Self.answer("Content-Encoding: deflate\r\n", Wrapping.bare.compress(Self.text) + [0]),
                // The sum at the end is wrong.
                Self.answer("Content-Encoding: gzip\r\n", flipped),
            ],
            "rubbish"
        )
        try expectBroken(
            ["br", "zstd", "compress", "utf-8", "gzip, br", "gzip deflate", "gzip,gzip,gzip,gzip,gzip"].map {
                Self.answer("Content-Encoding: \($0)\r\n", gzip)
            },
            "unknown",
            says: "neither gzip nor deflate"
        )
    }

    /// Small streams of much, of much in much, and of nothing without end.
    @Test func stopsBombs() throws {
        let zeros = [UInt8](repeating: 0, count: 16 << 20)
        let bomb = Wrapping.gzip.compress(zeros)
        let nothing = Wrapping.gzip.compress([])
        let header = "Content-Encoding: gzip\r\n"
        let results = try results([
            Self.answer(header, bomb), Self.answer(header, bomb, pieces: 1_000),
            Self.answer("Content-Encoding: deflate\r\n", Wrapping.bare.compress(zeros)),
            Self.answer("Content-Encoding: gzip, gzip\r\n", Wrapping.gzip.compress(bomb)),
            Self.answer(header, (0..<100_000).flatMap { _ in nothing }),
            // 30 kB that are 16 MiB of empty streams, which are nothing.
            Self.answer(
                "Content-Encoding: gzip, gzip\r\n",
                Wrapping.gzip.compress((0..<800_000).flatMap { _ in nothing })
            ),
        ])
        for (index, result) in results.enumerated() { #expect(result.failure?.type == .responseTooLarge, "\(index)") }
        // The bound is of what is decoded, to the byte.
        let full = Wrapping.gzip.compress([UInt8](repeating: 65, count: Settings().maxResponseBytes))
        let over = Wrapping.gzip.compress([UInt8](repeating: 65, count: Settings().maxResponseBytes + 1))
        let bounds = try self.results([Self.answer(header, full), Self.answer(header, over)])
        #expect(try bounds[0].outcome.get().body.count == Settings().maxResponseBytes)
        #expect(bounds[1].failure?.type == .responseTooLarge)
    }
}
