internal import Glibc

/// One request of a CGI program (RFC 3875): the environment and standard input in, standard output out.
package enum CGIProgram {
    /// How long a body may take to arrive, in seconds: a web server that falls silent must not leave a process behind.
    private static let bodySeconds: UInt64 = 30

    /// Answers the request of this process on a loop; the bytes are those that FastCGI would carry.
    ///
    /// Blocks the calling thread, which is not the loop's.
    ///
    /// - Returns: whether all of the answer was taken.
    package static func run(on loop: EventLoop, maximumBodyBytes: Int, respond: @escaping Responder) -> Bool {
        signal(SIGPIPE, SIG_IGN)
        var request = WebRequest(environment: environ)
        readBody(into: &request, maximumBodyBytes: maximumBodyBytes)
        let webRequest = request
        let answer = loop.wait { await respond(webRequest, loop).cgiBytes }
        return writeAll(answer)
    }

    /// Reads to the end of standard input, or as many bytes as `CONTENT_LENGTH` names where it names a number: some web
    /// servers leave the pipe open, others name no length or -1.
    private static func readBody(into request: inout WebRequest, maximumBodyBytes: Int) {
        let length = request[.contentLength].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
        let deadline = nanoseconds(of: CLOCK_MONOTONIC) + bodySeconds * 1_000_000_000
        var body: [UInt8] = []
        var received = 0
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while received < length ?? Int.max {
            guard isReadable(until: deadline) else {
                request.isBodyTruncated = true
                break
            }
            let count = read(STDIN_FILENO, &buffer, min(buffer.count, (length ?? Int.max) - received))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                request.isBodyTruncated = count < 0 || length != nil
                break
            }
            received += count
            if received <= maximumBodyBytes { body.append(contentsOf: buffer[..<count]) }
        }
        request.isBodyTooLarge = received > maximumBodyBytes
        if !request.isBodyTooLarge { request.body = body }
    }

    private static func isReadable(until deadline: UInt64) -> Bool {
        let now = nanoseconds(of: CLOCK_MONOTONIC)
        guard now < deadline else { return false }
        var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, Int32(clamping: (deadline - now) / 1_000_000 + 1)) != 0
    }

    private static func writeAll(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let count = write(STDOUT_FILENO, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                if count > 0 { offset += count } else if errno != EINTR { return false }
            }
            return true
        }
    }
}
