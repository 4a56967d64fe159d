internal import Glibc
internal import JSON

/// One request of a CGI program (RFC 3875): the environment and standard input in, standard output out.
package enum CGIProgram {
    /// How long a body may take to arrive, in seconds: a web server that falls silent must not leave a process behind.
    static let bodySeconds: UInt64 = 30

    /// How many bytes of a body are read at once.
    private static let readBytes = 65_536

    /// Answers the request of this process; the bytes are those that FastCGI would carry.
    ///
    /// The calling thread is the loop's meanwhile, which has not been started.
    ///
    /// - Parameters:
    ///   - input: where the body is read.
    ///   - output: where the answer is written.
    ///   - environment: the request's variables.
    /// - Returns: whether all of the answer was taken.
    package static func run(
        on loop: EventLoop,
        maximumBodyBytes: Int,
        input: Int32 = STDIN_FILENO,
        output: Int32 = STDOUT_FILENO,
        environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = environ,
        respond: @escaping Responder
    ) -> Bool {
        signal(SIGPIPE, SIG_IGN)
        var request = WebRequest(environment: environment)
        readBody(from: input, into: &request, maximumBodyBytes: maximumBodyBytes)
        let webRequest = request
        let answer = loop.runHere { await respond(webRequest, loop).cgi.bytes }
        return write(answer, to: output)
    }

    /// Reads to the end of the input, or as many bytes as `CONTENT_LENGTH` names where it names a number: some web
    /// servers leave the pipe open, others name no length or -1.
    private static func readBody(from input: Int32, into request: inout WebRequest, maximumBodyBytes: Int) {
        let length = request.contentLength
        // These have no body unless they name its length, and their input may stay open.
        if length == nil, request.has(.method, "GET") || request.has(.method, "HEAD") { return }
        let deadline = nanoseconds(of: CLOCK_MONOTONIC) + bodySeconds * 1_000_000_000
        var body: [UInt8] = []
        var received = 0
        var buffer = [UInt8](repeating: 0, count: min(length ?? readBytes, readBytes))
        while received < length ?? Int.max {
            guard isReadable(input, until: deadline) else {
                request.isBodyTruncated = true
                break
            }
            let count = read(input, &buffer, min(buffer.count, (length ?? Int.max) - received))
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

    private static func isReadable(_ input: Int32, until deadline: UInt64) -> Bool {
        while true {
            let now = nanoseconds(of: CLOCK_MONOTONIC)
            guard now < deadline else { return false }
            var descriptor = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
            let count = poll(&descriptor, 1, Int32(clamping: (deadline - now) / 1_000_000 + 1))
            if count > 0 { return true }
            if count < 0, errno != EINTR { return false }
        }
    }

    private static func write(_ bytes: [UInt8], to output: Int32) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let count = Glibc.write(output, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                if count > 0 { offset += count } else if errno != EINTR { return false }
            }
            return true
        }
    }
}
