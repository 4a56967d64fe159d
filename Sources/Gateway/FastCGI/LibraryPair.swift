internal import CLinux
internal import Glibc

/// A pair of sockets of a loop's own, over which libfcgi reads and writes what the gateway moves itself.
///
/// The library reads and writes descriptors alone, and waits on them. Here it never does: it is given what it is to read
/// beforehand, and what it writes is taken after every piece.
package final class LibraryPair {
    // The library closes its end where it gives up; the next use makes another pair then.
    private var ends: (near: Int32, far: Int32)?

    /// How many bytes of an answer the library gets at once; the pair's buffer takes several times as many.
    private static let pieceBytes = 16_384

    /// Makes a pair.
    ///
    /// - Throws: where the system gives no descriptors.
    package init() throws(SystemError) {
        ends = try Self.makePair()
    }

    deinit {
        if let ends {
            close(ends.near)
            close(ends.far)
        }
    }

    /// Has the library read the variables of a request whose body is here already.
    ///
    /// - Parameter head: BEGIN_REQUEST and PARAMS, which the screen has let through.
    /// - Returns: `nil` where the library gives up; the request's descriptor stays.
    package func accept(head: [UInt8], by request: FastCGIRequest) -> WebRequest? {
        // The end of a body, of the same request (FastCGI 1.0, section 5.3).
        let end: [UInt8] = [1, 5, head[2], head[3], 0, 0, 0, 0]
        return lend(to: request) { near in
            let bytes = head + end
            let sent = bytes.withUnsafeBytes { send(near, $0.baseAddress, $0.count, Self.flags) }
            guard sent == bytes.count, let webRequest = request.accept() else { return nil }
            var body: [UInt8] = []
            return request.readBody(0, into: &body) ? webRequest : nil
        }
    }

    /// Has the library write an answer and end the request.
    ///
    /// - Returns: the records for the peer; `nil` where the library gives up. The request's descriptor stays.
    package func records(of answer: [UInt8], by request: FastCGIRequest) -> [UInt8]? {
        lend(to: request) { near in
            var records: [UInt8] = []
            records.reserveCapacity(answer.count + answer.count / 256 + 256)
            for start in stride(from: 0, to: answer.count, by: Self.pieceBytes) {
                answer[start..<min(start + Self.pieceBytes, answer.count)].withUnsafeBytes(request.write)
                Self.drain(near, into: &records)
            }
            let isWritten = request.finish(UnsafeRawBufferPointer(start: nil, count: 0))
            Self.drain(near, into: &records)
            return isWritten ? records : nil
        }
    }

    private static let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)

    /// Points the request at the pair for a while.
    private func lend<Value>(to request: FastCGIRequest, _ body: (_ near: Int32) -> Value?) -> Value? {
        guard let ends = ends ?? (try? Self.makePair()) else { return nil }
        self.ends = ends
        let own = request.descriptor
        request.descriptor = ends.far
        let value = body(ends.near)
        let isFarOpen = request.descriptor == ends.far
        request.descriptor = own
        if value == nil {
            // What is left in the pair is not for the next request.
            if isFarOpen { close(ends.far) }
            close(ends.near)
            self.ends = nil
        }
        return value
    }

    private static func drain(_ descriptor: Int32, into bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 8) { buffer in
            while true {
                let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
                guard count > 0 else { return }
                bytes.append(contentsOf: buffer[..<count])
            }
        }
    }

    private static func makePair() throws(SystemError) -> (near: Int32, far: Int32) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, flowhook_stream_socket | flowhook_closed_on_exec, 0, &ends) == 0 else {
            throw SystemError("socketpair")
        }
        var size = Int32(2 * RequestRelay.maximumHeadBytes)
        // Nothing waits here by design; were it to, the read or write would end.
        var bound = timeval(tv_sec: 1, tv_usec: 0)
        for end in ends {
            setsockopt(end, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
            setsockopt(end, SOL_SOCKET, SO_RCVTIMEO, &bound, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(end, SOL_SOCKET, SO_SNDTIMEO, &bound, socklen_t(MemoryLayout<timeval>.size))
        }
        return (ends[0], ends[1])
    }
}
