import Gateway
import Glibc
import Testing

@Suite struct CGIProgramTests {
    /// What a web server sees of one run.
    private struct Run {
        var isWritten: Bool
        var output: String
    }

    private static let post = ["REQUEST_METHOD=POST", "REQUEST_URI=/flow/echo"]

    /// Runs the program with pipes for its input and output.
    private func run(
        _ environment: [String],
        body: [UInt8] = [],
        keepsInputOpen: Bool = false,
        maximumBodyBytes: Int = 1_000
    ) throws -> Run {
        var (input, output): ([Int32], [Int32]) = ([0, 0], [0, 0])
        try #require(pipe(&input) == 0 && pipe(&output) == 0)
        _ = body.withUnsafeBytes { write(input[1], $0.baseAddress, $0.count) }
        if !keepsInputOpen { close(input[1]) }
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { for variable in variables { free(variable) } }
        let loop = try EventLoop(name: "cgi")
        let isWritten = variables.withUnsafeMutableBufferPointer { variables in
            CGIProgram.run(
                on: loop,
                maximumBodyBytes: maximumBodyBytes,
                input: input[0],
                output: output[1],
                environment: variables.baseAddress
            ) { request, loop in
                #expect(loop.isCurrent)
                return WebAnswer(
                    status: request.isBodyTooLarge ? 413 : request.isBodyTruncated ? 400 : 200,
                    headers: [("X-Uri", request[.uri] ?? "")],
                    body: request.body
                )
            }
        }
        if keepsInputOpen { close(input[1]) }
        close(input[0])
        close(output[1])
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = read(output[0], &buffer, buffer.count)
        close(output[0])
        return Run(isWritten: isWritten, output: String(decoding: buffer.prefix(max(0, count)), as: UTF8.self))
    }

    /// The length is absent, empty or -1 with some web servers; the body then goes to the end of the input.
    @Test(arguments: [[], ["CONTENT_LENGTH="], ["CONTENT_LENGTH=-1"], ["CONTENT_LENGTH=5"]])
    func readsTheBody(length: [String]) throws {
        let run = try run(Self.post + length, body: Array("hello".utf8))
        #expect(run.output == "Status: 200 OK\r\nX-Uri: /flow/echo\r\nContent-Length: 5\r\n\r\nhello")
        #expect(run.isWritten)
    }

    @Test func needsNoEndOfInputAfterTheAnnouncedBytes() throws {
        let run = try run(Self.post + ["CONTENT_LENGTH=5"], body: Array("hello, there".utf8), keepsInputOpen: true)
        #expect(run.output.hasSuffix("\r\n\r\nhello"))
    }

    @Test(arguments: ["GET", "HEAD"])
    func waitsForNoBodyWhereThereIsNone(method: String) throws {
        let run = try run(["REQUEST_METHOD=\(method)", "REQUEST_URI=/flow/healthz"], keepsInputOpen: true)
        #expect(run.output.hasPrefix("Status: 200"))
    }

    @Test func tellsATruncatedBody() throws {
        #expect(try run(Self.post + ["CONTENT_LENGTH=6"], body: Array("hello".utf8)).output.hasPrefix("Status: 400"))
    }

    @Test(arguments: [(1_000, "200"), (1_001, "413"), (40_000, "413")])
    func boundsTheBody(count: Int, status: String) throws {
        let run = try run(Self.post, body: [UInt8](repeating: 65, count: count))
        #expect(run.output.hasPrefix("Status: \(status)"))
    }
}
