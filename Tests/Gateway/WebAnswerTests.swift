import Gateway
import JSON
import Testing

@Suite struct WebAnswerTests {
    @Test func isWrittenAsACGIProgramWritesIt() {
        let answer = WebAnswer(status: 404, headers: [("Allow", "POST"), ("X", "é~")], body: [0, 10, 255])
        let head = "Status: 404 Not Found\r\nAllow: POST\r\nX: é~\r\nContent-Length: 3\r\n\r\n"
        #expect(answer.cgi.bytes == Array(head.utf8) + [0, 10, 255])
    }

    /// Whatever a header is made of, no byte of it ends its line.
    @Test func headersCannotEndTheirLine() {
        for byte in UInt8(0)..<0x80 {
            let value = "a\(Character(Unicode.Scalar(byte)))b"
            let answer = WebAnswer(status: 200, headers: [("X", value)], body: [])
            let text = String(decoding: answer.cgi.bytes, as: UTF8.self)
            let expected = byte < 0x20 ? "a b" : value
            #expect(text == "Status: 200 OK\r\nX: \(expected)\r\nContent-Length: 0\r\n\r\n", "byte \(byte)")
        }
    }
}
