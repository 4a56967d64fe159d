import Gateway
import Glibc
import TestSupport
import Testing

/// What comes while an answer is on its way, and answers that lie unread.
@Suite struct UnreadAnswerTests {
    private typealias Bytes = FastCGIBytes

    /// Answers that wait until they are let go.
    private final class Gate: Sendable {
        private let held = Locked<[@Sendable () -> Void]>([])

        /// How many wait.
        var count: Int { held.withLock { $0.count } }

        func pass(on loop: EventLoop) async {
            await withUnsafeContinuation { continuation in
                held.withLock { $0.append { loop.execute { continuation.resume() } } }
            }
        }

        /// Lets those go that wait, once there are so many.
        func open(after count: Int) -> Bool {
            for _ in 0..<30_000 where self.count < count { usleep(1_000) }
            let waiting = held.withLock { held in
                defer { held = [] }
                return held
            }
            for resume in waiting { resume() }
            return waiting.count >= count
        }
    }

    /// A loop that is told of changes alone has forgotten by the end of an answer what it was told in the middle of it.
    ///
    /// - Parameters:
    ///   - body: of the first request; a large one is gathered, and its answer leaves in pieces.
    ///   - split: how many bytes of the second request come in the middle of the first answer.
    @Test(arguments: [(5, Int.max), (5, 30), (600_000, Int.max), (600_000, 30)])
    func whatComesInMidAnswerIsAnswered(body: Int, split: Int) throws {
        let gate = Gate()
        let server = try EchoServer(loops: 1) { request, loop in
            await gate.pass(on: loop)
            return EchoServer.echo(request)
        }
        let client = try server.connect()
        client.send(Bytes.request(body: [UInt8](repeating: 7, count: body)))
        for _ in 0..<30_000 where gate.count < 1 { usleep(1_000) }
        let second = Bytes.request(body: Array("second".utf8))
        client.send(second.prefix(split))
        // Once the loop has been woken twice it has heard of what lay there before.
        for _ in 0..<2 { server.loops[0].wait {} }
        #expect(gate.open(after: 1))
        #expect(client.answer()?.suffix(body) == [UInt8](repeating: 7, count: body)[...])
        client.send(second.dropFirst(split))
        #expect(gate.open(after: 1))
        #expect(client.text()?.hasSuffix("\r\n\r\nsecond") == true)
        #expect(server.stop())
    }

    /// Small answers that nobody reads fill the socket's buffer: the loop does not wait for room in it, and others are
    /// served on. Nothing of the answers is lost.
    @Test(arguments: [100, 4_000, 30_000])
    func unreadAnswersHoldNobodyUp(count: Int) throws {
        let asked = Locked(0)
        let server = try EchoServer(
            loops: 1,
            respond: { request, _ in
                if request.body.isEmpty { asked.withLock { $0 += 1 } }
                let body = [UInt8](repeating: 66, count: request.body.isEmpty ? count : 1)
                return WebAnswer(status: 200, headers: [], body: body)
            },
            adjust: { $0.transferNanoseconds = 120_000_000_000 }
        )
        let deaf = try server.connect()
        let other = try server.connect()
        var requests = 0
        // One request after another, each when the last one was answered, until an answer finds no room.
        repeat {
            deaf.send(Bytes.request())
            requests += 1
            other.send(Bytes.request(body: [1]))
            try #require(other.answer()?.last == 66)
            // Whoever waits for room on the loop ends by giving the connection up.
            try #require(server.server.connections == 2)
        } while requests < 5_000 && asked.withLock({ $0 }) == requests
        // The last request is not taken before the answer to the one before it has left.
        #expect(requests > 2 && requests < 5_000)
        #expect(asked.withLock { $0 } == requests - 1)
        for _ in 0..<requests { #expect(deaf.answer()?.suffix(count).count == count) }
        #expect(server.stop())
    }
}
