internal import CFastCGI
internal import Glibc

/// libfcgi's request, which is all that the gateway takes of it: the record layer of one connection.
///
/// It lives at one address, since the library's streams point back at it.
package final class FastCGIRequest {
    private let request: UnsafeMutablePointer<FCGX_Request>

    /// Readies the library, once for the process.
    private static let library: Void = {
        // Otherwise closing a connection waits up to two seconds for its peer.
        setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0", 1)
        FCGX_Init()
        // The library takes SIGPIPE, SIGUSR1 and SIGTERM for itself; they are the service's.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGUSR1, SIG_DFL)
        signal(SIGTERM, SIG_DFL)
    }()

    /// Readies the library; to be called before the service takes signals for itself.
    static func prepareLibrary() {
        _ = library
    }

    /// Makes a request that reads and writes a descriptor, which it never closes.
    package init(descriptor: Int32) {
        Self.prepareLibrary()
        request = .allocate(capacity: 1)
        FCGX_InitRequest(request, -1, 0)
        request.pointee.ipcFd = descriptor
        request.pointee.keepConnection = 1
        // A detached request is closed without a look at what its peer still sends.
        FCGX_Detach(request)
    }

    deinit {
        FCGX_Free(request, 0)
        request.deallocate()
    }

    /// Whether the web server wants to keep the connection after this request.
    package private(set) var keepsConnection = false

    /// Where the request reads and writes; -1 once the library has given the connection up.
    package var descriptor: Int32 {
        get { request.pointee.ipcFd }
        set { request.pointee.ipcFd = newValue }
    }

    /// Reads the variables of a request that the screen has let through.
    ///
    /// - Returns: `nil` where the library gives the connection up; the descriptor is closed then.
    package func accept() -> WebRequest? {
        guard FCGX_Accept_r(request) == 0 else { return nil }
        keepsConnection = request.pointee.keepConnection != 0
        request.pointee.keepConnection = 1
        return WebRequest(environment: request.pointee.envp)
    }

    /// Reads the body to its end, which has arrived, appending its bytes.
    ///
    /// - Parameter count: how many bytes it has.
    /// - Returns: whether it has so many.
    package func readBody(_ count: Int, into body: inout [UInt8]) -> Bool {
        // One byte more than there is, so that the library sees the end.
        let wanted = count + 1
        var read = 0
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: min(wanted, 16_384)) { buffer in
            while read < wanted {
                let asked = min(buffer.count, wanted - read)
                let got = max(0, Int(FCGX_GetStr(buffer.baseAddress, Int32(asked), request.pointee.in)))
                body.append(contentsOf: UnsafeRawBufferPointer(start: buffer.baseAddress, count: got))
                read += got
                if got < asked { break }
            }
        }
        let isRead = read == count && FCGX_GetError(request.pointee.in) == 0
        // Nothing follows: a request that waits for its answer does so without the library's buffer of 8 KiB.
        FCGX_FreeStream(&request.pointee.in)
        return isRead
    }

    /// Writes a piece of the answer; what fails shows at its end.
    func write(_ piece: UnsafeRawBufferPointer) {
        _ = FCGX_PutStr(piece.bindMemory(to: CChar.self).baseAddress, Int32(piece.count), request.pointee.out)
    }

    /// Writes the answer, or the rest of it, and ends the request.
    ///
    /// - Returns: whether all of it was taken; if not, the library has closed the descriptor.
    package func finish(_ answer: UnsafeRawBufferPointer) -> Bool {
        write(answer)
        // What FCGX_Finish_r does; it would take a request without input for one that has not begun.
        let (errors, output) = (FCGX_FClose(request.pointee.err), FCGX_FClose(request.pointee.out))
        FCGX_Free(request, errors | output)
        return descriptor >= 0
    }

    /// Ends the request without an answer; the descriptor stays.
    func abandon() {
        FCGX_Free(request, 0)
    }
}
