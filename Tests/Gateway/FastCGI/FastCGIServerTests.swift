import CLinux
import Gateway
import Glibc
import TestSupport
import Testing

@Suite struct FastCGIServerTests {
    private typealias Bytes = FastCGIBytes

    @Test func answersRequestsOnAKeptConnection() throws {
        let server = try EchoServer()
        let client = try server.connect()
        for number in 0..<50 {
            client.send(Bytes.request(body: Array("body \(number)".utf8)))
            let text = try #require(client.text())
            #expect(text.hasPrefix("Status: 200 OK\r\nX-Uri: /flow/echo\r\n"))
            #expect(text.hasSuffix("\r\n\r\nbody \(number)"))
        }
        #expect(server.stop())
        #expect(client.isAtEnd())
    }

    @Test func closesAConnectionThatIsNotKept() throws {
        let server = try EchoServer()
        let client = try server.connect()
        client.send(Bytes.request(body: Array("x".utf8), keep: false))
        #expect(client.text()?.hasSuffix("\r\n\r\nx") == true)
        #expect(client.isAtEnd())
        #expect(server.stop())
    }

    /// The end comes in one event with the request: a kept connection is closed behind the answer all the same.
    @Test func endsBehindARequestThatCameWithTheEnd() throws {
        let server = try EchoServer(loops: 1)
        let client = try server.connect()
        #expect(server.waitForConnections(1))
        server.loops[0].execute { usleep(300_000) }
        client.send(Bytes.request(body: Array("x".utf8)))
        client.endWriting()
        #expect(client.text()?.hasSuffix("\r\n\r\nx") == true)
        #expect(server.waitForConnections(0))
        #expect(client.isAtEnd())
        #expect(server.stop())
    }

    @Test func takesARequestInPieces() throws {
        let server = try EchoServer()
        let client = try server.connect()
        for byte in Bytes.request(body: Array("pieces".utf8)) { client.send([byte]) }
        #expect(client.text()?.hasSuffix("pieces") == true)
        #expect(server.stop())
    }

    /// Bodies larger than a socket's buffer, and answers too; twice, so that the connection is whole afterwards.
    @Test(arguments: [30_000, 33_000, 70_000, 300_000, 1_000_000])
    func carriesLargeBodies(count: Int) throws {
        let server = try EchoServer()
        let client = try server.connect()
        let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        for _ in 0..<2 {
            client.send(Bytes.request(body: body))
            let answer = try #require(client.answer())
            #expect(answer.suffix(count) == body[...])
        }
        client.send(Bytes.request(body: Array("small".utf8)))
        #expect(client.text()?.hasSuffix("\r\n\r\nsmall") == true)
        #expect(server.stop())
    }

    /// A socket's buffer holds few hundred small writes, however few bytes they are: they are taken as they come.
    @Test func takesABodyInCrumbs() throws {
        let server = try EchoServer()
        let client = try server.connect()
        let body = (0..<12_000).map { UInt8(truncatingIfNeeded: $0) }
        let bytes = Bytes.request(body: body, recordBytes: 16)
        for start in stride(from: 0, to: bytes.count, by: 10) {
            client.send(bytes[start..<min(start + 10, bytes.count)])
        }
        #expect(client.answer()?.suffix(body.count) == body[...])
        #expect(server.stop())
    }

    /// More large requests that stop half-way than there are threads in the pool keep no large request waiting.
    @Test func stoppedLargeRequestsHoldNobodyUp() throws {
        let server = try EchoServer(loops: 1)
        let large = Bytes.request(body: [UInt8](repeating: 1, count: 100_000))
        let stopped = try (0..<20).map { _ in try server.connect() }
        for client in stopped { client.send(large.dropLast(50)) }
        let client = try server.connect()
        client.send(large)
        #expect(client.answer()?.suffix(100_000).count == 100_000)
        for client in stopped { client.send(large.suffix(50)) }
        for client in stopped { #expect(client.answer()?.suffix(100_000).count == 100_000) }
        #expect(server.stop())
    }

    /// The short body is told from a whole one whether its peer ends it properly or closes.
    @Test(arguments: [(10, true), (10, false), (100_000, true), (100_000, false)])
    func saysThatABodyIsTruncated(count: Int, isEnded: Bool) throws {
        let server = try EchoServer()
        let client = try server.connect()
        let pairs = [("REQUEST_METHOD", "POST"), ("REQUEST_URI", "/"), ("CONTENT_LENGTH", "\(count + 1)")]
        let bytes = Bytes.request(pairs, body: [UInt8](repeating: 1, count: count))
        client.send(isEnded ? bytes[...] : bytes.dropLast(8))
        if !isEnded { client.endWriting() }
        #expect(client.text()?.hasPrefix("Status: 400") == true)
        #expect(isEnded || client.isAtEnd())
        #expect(server.stop())
    }

    @Test(arguments: [20, 40_000])
    func forgetsAClientThatLeavesInMidRequest(count: Int) throws {
        let server = try EchoServer()
        do {
            let client = try server.connect()
            client.send(Bytes.request(body: [UInt8](repeating: 1, count: count)).prefix(20 + count / 2))
        }
        for _ in 0..<5_000 where server.server.connections > 0 { usleep(1_000) }
        #expect(server.server.connections == 0)
        #expect(server.stop())
    }

    /// No web server sends a request before the last one is answered: the first is answered, the rest is not.
    @Test(arguments: [10, 100_000])
    func closesAfterThePipelinedRequest(count: Int) throws {
        let server = try EchoServer()
        let client = try server.connect()
        let request = Bytes.request(body: [UInt8](repeating: 1, count: count))
        client.send(request + Bytes.request(body: [2]))
        #expect(client.answer()?.last == 1)
        #expect(client.isAtEnd())
        #expect(server.stop())
    }

    /// Padding does not make the held bytes of a request's variables grow without bound.
    @Test func closesOnVariablesThatAreMostlyPadding() throws {
        let server = try EchoServer()
        let client = try server.connect()
        let byte = Bytes.record(type: 4, [1], padding: 255)
        client.send(Bytes.begin(keep: true) + (0..<2_000).flatMap { _ in byte })
        #expect(client.isAtEnd())
        #expect(server.stop())
        // By their number, and not at the end of the time for a request.
        #expect(server.ended.withLock { $0 } == [.malformed])
    }

    @Test(arguments: [2_000, 500_000])
    func saysThatABodyIsTooLargeAndGoesOn(count: Int) throws {
        let server = try EchoServer(maximumBodyBytes: 1_000)
        let client = try server.connect()
        client.send(Bytes.request(body: [UInt8](repeating: 1, count: count)))
        #expect(client.text()?.hasPrefix("Status: 413") == true)
        client.send(Bytes.request(body: [UInt8](repeating: 65, count: 1_000)))
        #expect(client.text()?.hasPrefix("Status: 200") == true)
        #expect(server.stop())
    }

    private static let repeatedValues = FastCGIBytes.record(type: 9, id: 0, FastCGIBytes.parameters(ScreenTests.name40))
    private static let overflow = FastCGIBytes.record(type: 4, [0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF, 0xFE])
    private static let unfinished = Array(FastCGIBytes.request(body: [UInt8](repeating: 1, count: 100_000)).dropLast(8))
    private static let garbage: [[UInt8]] = [
        Array("GET / HTTP/1.1\r\n\r\n".utf8),
        repeatedValues,
        FastCGIBytes.begin(keep: true) + overflow + FastCGIBytes.record(type: 4, []),
        unfinished + repeatedValues,
    ]

    @Test(arguments: garbage.indices)
    func closesOnGarbageAndServesOthers(index: Int) throws {
        let server = try EchoServer()
        let other = try server.connect()
        let client = try server.connect()
        client.send(Self.garbage[index])
        #expect(client.isAtEnd())
        other.send(Bytes.request(body: Array("alive".utf8)))
        #expect(other.text()?.hasSuffix("alive") == true)
        #expect(server.stop())
    }

    @Test func silentAndStoppedConnectionsHoldNobodyUp() throws {
        let server = try EchoServer(loops: 1)
        let silent = try (0..<200).map { _ in try server.connect() }
        for client in silent.prefix(100) { client.send(Bytes.request().dropLast(4)) }
        let stuck = try (0..<3).map { _ in try server.connect() }
        for client in stuck { client.send(Bytes.request(body: [UInt8](repeating: 1, count: 100_000)).dropLast(50)) }
        let client = try server.connect()
        for _ in 0..<20 {
            client.send(Bytes.request(body: Array("served".utf8)))
            #expect(client.text()?.hasSuffix("served") == true)
        }
        withExtendedLifetime((silent, stuck)) {}
    }

    /// A reader that takes its time over a large answer keeps no other connection waiting.
    @Test func aSlowReaderHoldsNobodyUp() throws {
        let server = try EchoServer(loops: 1) { request, _ in
            WebAnswer(
                status: 200,
                headers: [],
                body: [UInt8](repeating: 66, count: request.body.isEmpty ? 900_000 : 10)
            )
        }
        let slow = try server.connect()
        slow.send(Bytes.request())
        let client = try server.connect()
        for _ in 0..<20 {
            client.send(Bytes.request(body: [1]))
            #expect(client.answer()?.suffix(10) == [UInt8](repeating: 66, count: 10)[...])
        }
        #expect(slow.answer()?.suffix(900_000).count == 900_000)
        #expect(server.stop())
    }

    @Test func drainWaitsForWhatIsUnderWay() throws {
        let started = Locked(0)
        let server = try EchoServer { request, loop in
            started.withLock { $0 += 1 }
            await withUnsafeContinuation { continuation in
                loop.schedule(at: loop.now + 500_000_000) { continuation.resume() }
            }
            return EchoServer.echo(request)
        }
        let clients = try (0..<50).map { _ in try server.connect() }
        for client in clients { client.send(Bytes.request(body: Array("late".utf8))) }
        while started.withLock({ $0 }) < 50 { usleep(1_000) }
        #expect(server.stop())
        for client in clients {
            #expect(client.text()?.hasSuffix("late") == true)
            #expect(client.isAtFarewell())
        }
    }

    /// Who has connected before the drain is served, and who comes on a kept connection within its second too.
    @Test func drainServesWhoIsConnected() throws {
        let server = try EchoServer(loops: 1)
        let kept = try server.connect()
        kept.send(Bytes.request(body: [1]))
        #expect(kept.answer()?.last == 1)
        // The loop is busy, so that the next connection is still in the queue when the drain begins.
        server.loops[0].execute { usleep(200_000) }
        let queued = try server.connect()
        queued.send(Bytes.request(body: [2]))
        kept.send(Bytes.request(body: [3]))
        #expect(server.stop())
        #expect(queued.answer()?.last == 2)
        #expect(kept.answer()?.last == 3)
        // An answer that was on its way before the drain began has no farewell behind it; its connection ends as idle.
        #expect(queued.isAtFarewell() || queued.isAtEnd())
        #expect(kept.isAtFarewell() || kept.isAtEnd())
    }

    /// A web server that connects to a server which drains turns elsewhere at once; it does not wait for the exit.
    @Test func nobodyConnectsToADrainedServer() throws {
        let server = try EchoServer()
        #expect(server.server.drain(seconds: 20))
        #expect(throws: (any Error).self) { try server.connect() }
        #expect(access(server.path, F_OK) != 0)
        _ = server.stop()
    }

    @Test func aClientThatLeavesHarmsNobody() throws {
        let server = try EchoServer { request, loop in
            await withUnsafeContinuation { continuation in
                loop.schedule(at: loop.now + 50_000_000) { continuation.resume() }
            }
            return EchoServer.echo(request)
        }
        for _ in 0..<20 {
            let client = try server.connect()
            client.send(Bytes.request(body: [UInt8](repeating: 1, count: 100)))
        }
        let client = try server.connect()
        client.send(Bytes.request(body: Array("still here".utf8)))
        #expect(client.text()?.hasSuffix("still here") == true)
        #expect(server.stop())
        #expect(server.ended.withLock { $0 } == [ConnectionEnd](repeating: .gone, count: 20))
    }

    /// A connection that ends takes with it all that served it: the last of them lets go of the responder.
    @Test func nothingIsLeftOfConnectionsThatHaveEnded() throws {
        final class Witness: Sendable {}
        var witness: Witness? = Witness()
        weak let trace = witness
        var server: EchoServer? = try EchoServer(respond: { [witness] request, _ in
            withExtendedLifetime(witness) { EchoServer.echo(request) }
        })
        witness = nil
        for _ in 0..<20 {
            let client = try #require(try server?.connect())
            client.send(Bytes.request(body: Array("x".utf8)))
            #expect(client.text()?.hasSuffix("\r\n\r\nx") == true)
        }
        #expect(server?.waitForConnections(0) == true)
        #expect(trace != nil)
        #expect(server?.stop() == true)
        server = nil
        // The loops' threads end in their own time.
        for _ in 0..<10_000 where trace != nil { usleep(1_000) }
        #expect(trace == nil)
    }
}
