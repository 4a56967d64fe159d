internal import CLinux
internal import Glibc
internal import Store

/// A listening socket of our own, or one that was handed over.
package final class ListeningSocket: Sendable {
    /// The descriptor, non-blocking.
    package let descriptor: Int32
    /// Whether somebody handed it over, who keeps it open for the process that comes next.
    let isInherited: Bool
    private let file: File?

    /// The file of a Unix socket that we made, told from one that somebody put in its place later.
    private struct File: Sendable, Equatable {
        var path: String
        var device: UInt64
        var inode: UInt64
        /// A file system may give the next file the number of one that was removed; this tells the two apart.
        var seconds: Int
        var nanoseconds: Int
    }

    /// Why an address cannot be listened on.
    package struct AddressError: Error, Sendable, CustomStringConvertible {
        /// A sentence with the address and what is allowed.
        package let description: String
    }

    /// How many connections may wait to be accepted: a full queue of a Unix socket is a 502 of the web server at once.
    ///
    /// As many as the system allows: it cuts this to `net.core.somaxconn` (listen(2)), 4,096 by default.
    static let backlog: Int32 = 65_535

    /// Takes over a listening socket.
    package init(inherited descriptor: Int32) {
        self.descriptor = descriptor
        file = nil
        isInherited = true
        Self.setNonBlocking(descriptor)
    }

    /// Listens on `unix:PATH` or `tcp:HOST:PORT`.
    ///
    /// A Unix socket has mode 0660: who may connect may call webhooks. The file of a process that has ended is
    /// replaced, that of a living one is not.
    ///
    /// - Throws: where the address is malformed, in use, or not to be had.
    package init(_ address: String) throws(AddressError) {
        isInherited = false
        let place: ListenAddress
        do {
            place = try ListenAddress(address)
        } catch {
            throw AddressError(description: error.message)
        }
        switch place {
        case .unix(let path):
            (descriptor, file) = try Self.listen(atPath: path)
        case .tcp(let host, let port):
            descriptor = try Self.listen(on: host, port, address)
            file = nil
        }
        Self.setNonBlocking(descriptor)
    }

    /// Removes the socket's file, if it is still ours.
    package func removeFile() {
        guard let file, Self.identity(ofPath: file.path) == file else { return }
        unlink(file.path)
    }

    /// Lets nobody new connect, so that a web server turns elsewhere at once; who waits to be accepted stays.
    ///
    /// A socket that was handed over stays as it is. To a TCP socket connections that are being made still come for
    /// ``lateNanoseconds``; the kernel repeats the first packet of others after a second, and then they are refused.
    func refuseArrivals() {
        guard !isInherited else { return }
        if file == nil {
            _ = flowhook_refuse_new_connections(descriptor)
        } else {
            removeFile()
            shutdown(descriptor, Int32(SHUT_RDWR))
        }
    }

    /// How long connections may still come when a drain begins, in nanoseconds.
    var lateNanoseconds: UInt64 {
        if isInherited { return 3_000_000_000 }
        return file == nil ? 100_000_000 : 0
    }

    /// Ends a socket of our own; who still waited to be accepted is reset.
    func stopListening() {
        guard !isInherited else { return }
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private static func setNonBlocking(_ descriptor: Int32) {
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
    }

    private static func identity(ofPath path: String) -> File? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return File(
            path: path,
            device: UInt64(status.st_dev),
            inode: UInt64(status.st_ino),
            seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec
        )
    }

    // MARK: Unix sockets

    private static func listen(atPath path: String) throws(AddressError) -> (Int32, File?) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        try removeDeadSocket(path, address)
        let descriptor = socket(AF_UNIX, flowhook_stream_socket | flowhook_closed_on_exec, 0)
        guard descriptor >= 0 else { throw failure("unix:\(path)", "socket") }
        // The mode is set with the file, not after it: nobody connects in between.
        let before = umask(0o117)
        defer { umask(before) }
        let bound = withSocketAddress(&address) { Glibc.bind(descriptor, $0, $1) }
        guard bound == 0 else { throw failure("unix:\(path)", "bind", closing: descriptor) }
        guard Glibc.listen(descriptor, backlog) == 0 else {
            throw failure("unix:\(path)", "listen", closing: descriptor)
        }
        return (descriptor, identity(ofPath: path))
    }

    private static func removeDeadSocket(_ path: String, _ address: sockaddr_un) throws(AddressError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw AddressError(description: "unix:\(path): a file that is no socket stands there")
        }
        var address = address
        let probe = socket(AF_UNIX, flowhook_stream_socket | flowhook_closed_on_exec | flowhook_not_blocking, 0)
        guard probe >= 0 else { throw failure("unix:\(path)", "socket") }
        defer { close(probe) }
        let isTaken = withSocketAddress(&address) { connect(probe, $0, $1) } == 0
        // EAGAIN: somebody listens, and has a full queue.
        if isTaken || errno == EAGAIN {
            throw AddressError(description: "unix:\(path): a process listens there already")
        }
        guard errno == ECONNREFUSED else { throw failure("unix:\(path)", "connect") }
        guard unlink(path) == 0 || errno == ENOENT else {
            throw failure("unix:\(path)", "remove what is left of a socket")
        }
    }

    private static func withSocketAddress<Address>(
        _ address: inout Address,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }

    // MARK: TCP

    private static func listen(on host: String, _ port: UInt16, _ address: String) throws(AddressError) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = flowhook_stream_socket
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &found)
        guard code == 0, let first = found else {
            throw AddressError(description: "\(address): \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(found) }
        let info = first.pointee
        let descriptor = socket(info.ai_family, info.ai_socktype | flowhook_closed_on_exec, info.ai_protocol)
        guard descriptor >= 0 else { throw failure(address, "socket") }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        // Connections inherit it: the end of an answer in several records does not wait for an acknowledgement.
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard Glibc.bind(descriptor, info.ai_addr, info.ai_addrlen) == 0 else {
            throw failure(address, "bind", closing: descriptor)
        }
        guard Glibc.listen(descriptor, backlog) == 0 else {
            throw failure(address, "listen", closing: descriptor)
        }
        return descriptor
    }

    /// The failure of the last call, told before the descriptor that it was for is closed.
    private static func failure(_ address: String, _ call: String, closing descriptor: Int32? = nil) -> AddressError {
        let error = SystemError(call)
        if let descriptor { close(descriptor) }
        return AddressError(description: "\(address): \(error)")
    }
}
