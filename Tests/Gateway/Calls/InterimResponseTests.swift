import FlowAction
import Gateway
import TestSupport
import Testing

/// What stands before the answer's head, and behind its body, is not of the answer.
@Suite struct InterimResponseTests {
    private func answer(_ text: String) throws -> CallResult {
        let server = RawServer { _, _ in [.text(text), .close] }
        defer { server.stop() }
        let bench = try Bench()
        return bench.send(bench.request(server, .post))
    }

    @Test func aTypeOfAnInterimResponseIsNotTheAnswers() throws {
        let early = "HTTP/1.1 103 Early Hints\r\nContent-Type: text/html; charset=utf-16\r\n\r\n"
        let bare = try answer("\(early)HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        #expect(try bare.outcome.get().contentType == nil)
        let own = try answer("\(early)HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\n{}")
        #expect(try own.outcome.get().contentType == "a/b")
    }

    @Test func anInterimResponseAloneIsNoAnswer() throws {
        let failure = try #require(try answer("HTTP/1.1 100 Continue\r\n\r\n").failure)
        #expect(failure.type == .connectionLost)
        #expect(failure.sent == .maybe)
    }

    /// Nobody has asked for another protocol: the call does not wait for an answer in this one.
    @Test func anUpgradeIsNoAnswer() throws {
        let server = RawServer { _, _ in [.text("HTTP/1.1 101 Switching Protocols\r\n\r\n"), .waitForEver] }
        defer { server.stop() }
        let bench = try Bench()
        let failure = try #require(bench.failure(bench.request(server)))
        #expect(failure.type == .protocolError)
        #expect(failure.sent == .yes)
    }

    @Test func aTrailerIsNoHeader() throws {
        let trailer = "Retry-After: 100\r\nLocation: /x\r\nContent-Type: a/b\r\n"
        let chunked = "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\(trailer)\r\n"
        let result = try answer("HTTP/1.1 503 No\r\n\(chunked)").outcome.get()
        #expect(result.retryAfter == nil)
        #expect(result.location == nil)
        #expect(result.contentType == nil)
        #expect(result.body == Array("{}".utf8))
    }
}
