import Gateway
import Glibc
import TestSupport
import Testing

/// Peers that lie, stall or flood: others are answered meanwhile, and what they held comes back.
@Suite(.serialized) struct HostilePeerTests {
    private typealias Bytes = FastCGIBytes

    private static let getValues = Bytes.record(type: 9, id: 0, Bytes.parameters(ScreenTests.name40))
    private static let hugeLengths = Bytes.record(type: 4, [0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF, 0xFE])
    private static let begin = Bytes.begin(keep: true)
    private static let whole = Bytes.request(body: Array("whole".utf8))
    private static let afterFirstBody = Array(Bytes.request(body: [1, 2, 3]).dropLast(8))
    private static let large = Bytes.request(body: [UInt8](repeating: 1, count: 100_000))

    /// GET_VALUES in the padding behind the variables, its content that of the body: every record is well-formed, and
    /// libfcgi alone aborts on it, since it takes the padding for a record.
    private static let smuggled: [UInt8] = {
        let names = Bytes.parameters(ScreenTests.name40)
        let count = 8 + names.count
        let header: [UInt8] = [1, 9, 0, 0, UInt8(count >> 8), UInt8(count & 0xFF), 0, 0]
        let pair = Bytes.record(type: 4, Bytes.parameters([("REQUEST_METHOD", "POST")]))
        let end: [UInt8] = [1, 4, 0, 1, 0, 0, 8, 0]
        return begin + pair + end + header + Bytes.record(type: 5, names) + Bytes.record(type: 5, [])
    }()

    private static let nineThousand = Bytes.record(type: 4, [UInt8](repeating: 65, count: 9_000))

    /// What is sent, in how many pieces, and whether a whole request that is answered comes first.
    private static let hostile: [(name: String, pieces: [[UInt8]], isFirstAnswered: Bool)] = [
        ("GET_VALUES with a name 40 times", [getValues], false),
        ("GET_VALUES in mid-stream", [afterFirstBody, getValues], false),
        ("GET_VALUES in a large body", [Array(large.dropLast(8)), getValues, getValues], false),
        ("GET_VALUES behind a request", [whole + getValues], true),
        ("lengths that overflow", [begin + hugeLengths + Bytes.record(type: 4, [])], false),
        ("lengths that overflow, after a pause", [begin, hugeLengths, Bytes.record(type: 4, [])], false),
        ("lengths that overflow behind a request", [whole + begin + hugeLengths], true),
        ("GET_VALUES in padding", [smuggled], false),
        ("HTTP", [Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)], false),
        ("zeros", [[UInt8](repeating: 0, count: 200_000)], false),
        ("ones", [[UInt8](repeating: 0xFF, count: 200_000)], false),
        ("garbage behind a request", [whole + [UInt8](repeating: 0xAB, count: 40_000)], true),
        ("an abort", [afterFirstBody, Bytes.record(type: 2, [])], false),
        ("an abort behind a request", [whole + Bytes.record(type: 2, [])], true),
        ("PARAMS without end", [begin + (0..<40).flatMap { _ in nineThousand }], false),
    ]

    @Test(arguments: hostile.map(\.name)) func answersOthersAndCloses(name: String) throws {
        let (_, pieces, isFirstAnswered) = try #require(Self.hostile.first { $0.name == name })
        // At the end a kept connection is waited for.
        let server = try EchoServer(
            loops: 1,
            adjust: { options in
                options.idleNanoseconds = 50_000_000
                if isFirstAnswered { options.transferNanoseconds = 3_000_000_000 }
            }
        )
        let other = try server.connect()
        for byteByByte in [false, true] where !byteByByte || pieces.joined().count < 2_000 {
            let client = try server.connect()
            for piece in pieces {
                if byteByByte {
                    for byte in piece { client.send([byte]) }
                } else {
                    client.send(piece)
                }
                other.send(Bytes.request(body: Array("served".utf8)))
                #expect(other.text()?.hasSuffix("served") == true)
            }
            if isFirstAnswered { #expect(client.text()?.hasSuffix("whole") == true) }
            #expect(client.isAtEnd())
        }
        #expect(server.waitForConnections(1))
        #expect(server.stop())
        // What libfcgi reads along with an answered request is not looked at: nothing may be left behind it, or the rest of
        // something that is malformed, or never whole.
        let ended = Set(server.ended.withLock { $0 })
        #expect(isFirstAnswered ? ended.isSubset(of: [.malformed, .slow]) : ended == [.malformed], "\(ended)")
    }

    /// Two thousand connections that say nothing, and two thousand that stop half-way.
    @Test func thousandsOfSilentConnectionsHoldNobodyUp() throws {
        let server = try EchoServer(loops: 2, adjust: { $0.maximumConnections = 8_192 })
        let client = try server.connect()
        func serve() {
            client.send(Bytes.request(body: Array("served".utf8)))
            #expect(client.text()?.hasSuffix("served") == true)
        }
        serve()
        for _ in 0..<2 {
            let silent = try (0..<2_000).map { number in
                let client = try server.connect()
                if number % 2 == 0 { client.send(Bytes.request(body: [1]).dropLast(1 + number % 40)) }
                if number % 200 == 0 { serve() }
                return client
            }
            #expect(server.waitForConnections(2_001))
            serve()
            withExtendedLifetime(silent) {}
        }
        #expect(server.waitForConnections(1))
        serve()
        #expect(server.stop())
    }

    /// Past the bound whoever has waited longest goes: a web server that connects is served.
    @Test func silentConnectionsKeepNobodyOut() throws {
        let server = try EchoServer(loops: 2, adjust: { $0.maximumConnections = 40 })
        var silent: [FastCGIClient] = []
        for round in 0..<4 {
            for number in 0..<30 {
                let client = try server.connect()
                if round % 2 == 1 { client.send(Bytes.request(body: [1]).dropLast(number + 1)) }
                silent.append(client)
            }
            let client = try server.connect()
            client.send(Bytes.request(body: Array("served".utf8)))
            #expect(client.text()?.hasSuffix("served") == true)
        }
        #expect(silent[0].isAtEnd())
        for _ in 0..<2_000 where server.server.connections > 40 { usleep(1_000) }
        #expect(server.server.connections <= 40)
        #expect(Set(server.ended.withLock { $0 }) == [.crowded])
    }

    /// A request that stops half-way, wherever, has a deadline; so has a connection that never begins one.
    @Test func theDeadlineFreesWhatStops() throws {
        let server = try EchoServer(adjust: { $0.transferNanoseconds = 300_000_000 })
        let kept = try server.connect()
        kept.send(Bytes.request(body: [1]))
        #expect(kept.answer()?.last == 1)
        let clients = try (0..<60).map { number in
            let client = try server.connect()
            client.send(number == 0 ? [] : Self.large.prefix(number * 1_600))
            return client
        }
        for client in clients { #expect(client.isAtEnd()) }
        #expect(server.waitForConnections(1))
        // A web server's kept connection may be silent for longer than that.
        kept.send(Bytes.request(body: [2]))
        #expect(kept.answer()?.last == 2)
        #expect(server.stop())
        // Nothing is lost with the connection that never began a request.
        #expect(server.ended.withLock { $0 } == [ConnectionEnd](repeating: .slow, count: 59))
    }

    /// More clients that never read their large answers than there ever were threads; others get theirs.
    @Test func whoNeverReadsHoldsNobodyUp() throws {
        let server = try EchoServer(
            loops: 1,
            respond: { _, _ in WebAnswer(status: 200, headers: [], body: [UInt8](repeating: 66, count: 900_000)) },
            adjust: { $0.transferNanoseconds = 3_000_000_000 }
        )
        let deaf = try (0..<100).map { _ in try server.connect() }
        for client in deaf { client.send(Bytes.request()) }
        let client = try server.connect()
        for _ in 0..<3 {
            client.send(Bytes.request())
            #expect(client.answer()?.suffix(900_000).allSatisfy { $0 == 66 } == true)
        }
        #expect(server.waitForConnections(1))
        #expect(server.stop())
        withExtendedLifetime(deaf) {}
        #expect(server.ended.withLock { $0 } == [ConnectionEnd](repeating: .slow, count: 100))
    }

    /// A peer that asks again and again and never reads is not answered without end.
    @Test func whoAsksAndNeverReadsIsStopped() throws {
        let asked = Locked(0)
        let server = try EchoServer(
            loops: 1,
            respond: { _, _ in
                asked.withLock { $0 += 1 }
                return WebAnswer(status: 200, headers: [], body: [UInt8](repeating: 66, count: 4_000))
            },
            adjust: { $0.transferNanoseconds = 500_000_000 }
        )
        let client = try server.connect()
        // One request after another, each when the last one was taken: only the answers are left lying.
        for number in 1...400 {
            client.send(Bytes.request())
            for _ in 0..<300 where asked.withLock({ $0 }) < number { usleep(1_000) }
            if asked.withLock({ $0 }) < number { break }
        }
        #expect(asked.withLock { $0 } < 400)
        #expect(server.waitForConnections(0))
        #expect(server.stop())
    }

    /// What is held for peers that are slow is bounded: past it the one whose deadline is nearest goes.
    @Test func whatIsHeldForSlowPeersIsBounded() throws {
        let server = try EchoServer(loops: 1, adjust: { $0.maximumHeldBytes = 1_000_000 })
        let half = Bytes.request(body: [UInt8](repeating: 1, count: 400_000)).dropLast(10)
        var clients = try (0..<20).map { _ in
            let client = try server.connect()
            client.send(half)
            return client
        }
        #expect(server.waitForConnections(2))
        #expect(clients[0].isAtEnd())
        clients[19].send(Bytes.request(body: [UInt8](repeating: 1, count: 400_000)).suffix(10))
        #expect(clients[19].answer()?.suffix(400_000).count == 400_000)
        clients = []
        #expect(server.stop())
        #expect(server.ended.withLock { $0 }.count { $0 == .crowded } == 18)
    }

    /// The bound is that of all loops together: one request may take it up on one of many.
    @Test func oneTransferMayHoldWhatManyLoopsMay() throws {
        let server = try EchoServer(loops: 8, adjust: { $0.maximumHeldBytes = 1_000_000 })
        let client = try server.connect()
        let bytes = Bytes.request(body: [UInt8](repeating: 1, count: 800_000))
        client.send(bytes.dropLast(10))
        // The other has it all read before the first goes on.
        let other = try server.connect()
        other.send(Bytes.request(body: [7]))
        #expect(other.answer()?.last == 7)
        client.send(bytes.suffix(10))
        #expect(client.answer()?.suffix(800_000).count == 800_000)
        #expect(server.stop())
        #expect(server.ended.withLock { $0 }.isEmpty)
    }

    /// A body without end is thrown away, in turns with other connections, until its deadline.
    @Test func aBodyWithoutEndIsThrownAway() throws {
        let server = try EchoServer(
            loops: 1,
            maximumBodyBytes: 1_000,
            adjust: { $0.transferNanoseconds = 1_500_000_000 }
        )
        let client = try server.connect()
        let record = Bytes.record(type: 5, [UInt8](repeating: 1, count: 60_000))
        let flood = try server.connect()
        let isDone = Locked(false)
        startThread {
            flood.send(Self.large.dropLast(8))
            while !flood.isClosed { flood.send(record) }
            isDone.withLock { $0 = true }
        }
        var served = 0
        while !isDone.withLock({ $0 }) {
            client.send(Bytes.request(body: [1]))
            #expect(client.answer()?.last == 1)
            served += 1
        }
        #expect(served > 0)
        #expect(server.waitForConnections(1))
        #expect(server.stop())
    }
}
