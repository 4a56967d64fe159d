internal import CCurl
internal import Glibc
internal import Synchronization

/// The sockets of one loop's calls: they stay in the loop's epoll set while libcurl keeps their connections for later.
///
/// To be used on the loop's thread alone, and to outlive every connection that it opened.
final class CallSockets {
    private let loop: EventLoop
    /// By descriptor, which the system keeps small.
    private var sockets: [CallSocket?] = []

    /// How many sockets all loops together have open.
    private static let open = Atomic<Int>(0)

    /// How many they may have.
    private static let maximum = DescriptorBudget.raised().maximumCalls

    /// Whether so many are open that connections had better be closed after their calls than kept: a kept one is of use to
    /// its own loop alone.
    static var areScarce: Bool { open.load(ordering: .relaxed) >= maximum - maximum / 8 }

    /// Makes the table of a loop.
    init(loop: EventLoop) {
        self.loop = loop
    }

    /// Opens a socket for libcurl (`CURLOPT_OPENSOCKETFUNCTION`).
    ///
    /// - Parameters:
    ///   - whenClosed: is called when it is closed.
    ///   - make: socket(2).
    /// - Returns: `CURL_SOCKET_BAD` where there is no descriptor for it.
    func open(whenClosed: (() -> Void)?, _ make: () -> curl_socket_t) -> curl_socket_t {
        guard Self.open.wrappingAdd(1, ordering: .relaxed).newValue <= Self.maximum else {
            Self.open.wrappingSubtract(1, ordering: .relaxed)
            return CURL_SOCKET_BAD
        }
        let descriptor = make()
        guard descriptor >= 0 else {
            Self.open.wrappingSubtract(1, ordering: .relaxed)
            return CURL_SOCKET_BAD
        }
        // The number is free: the one that had it was closed without a word.
        if let socket = self[descriptor], socket.isOwn { strike(socket) }
        set(CallSocket(descriptor: descriptor, inode: Self.inode(of: descriptor), whenClosed: whenClosed))
        return descriptor
    }

    /// Strikes those of some sockets off that libcurl has closed without a word, as 7.88 does with one that no connection
    /// was made over: where the address was silent, or another was faster.
    func strikeClosed(among descriptors: [curl_socket_t]) {
        for descriptor in descriptors {
            guard let socket = self[descriptor], let inode = socket.inode, !socket.isEnded,
                Self.inode(of: descriptor) != inode
            else { continue }
            strike(socket)
        }
    }

    /// Counts an own socket no more that is closed already.
    private func strike(_ socket: CallSocket) {
        Self.open.wrappingSubtract(1, ordering: .relaxed)
        loop.forget(socket.descriptor, of: socket)
        sockets[Int(socket.descriptor)] = nil
    }

    /// What tells a socket from a later one of the same number (inode(7)); 0 where none is open.
    private static func inode(of descriptor: curl_socket_t) -> UInt64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? UInt64(status.st_ino) : 0
    }

    /// Closes a socket for libcurl (`CURLOPT_CLOSESOCKETFUNCTION`).
    func close(_ descriptor: curl_socket_t) -> Int32 {
        if let socket = self[descriptor] {
            if socket.isOwn { Self.open.wrappingSubtract(1, ordering: .relaxed) }
            if socket.registered != 0 {
                // The loop would go on to see an end that stands under other numbers too.
                if socket.isEnded { loop.deregister(descriptor) } else { loop.forget(descriptor, of: socket) }
            }
            sockets[Int(descriptor)] = nil
            socket.whenClosed?()
        }
        return Glibc.close(descriptor)
    }

    /// Takes what libcurl waits for (`CURLMOPT_SOCKETFUNCTION`).
    ///
    /// - Parameter transfer: for what; `nil` where it is for the end of a connection.
    func watch(_ descriptor: curl_socket_t, _ what: Int32, for group: TransferGroup, _ transfer: Transfer?) {
        guard what != CURL_POLL_REMOVE else {
            guard let socket = self[descriptor] else { return }
            socket.group = nil
            // What is not closed by us may be closed without a word.
            guard socket.isOwn else {
                if socket.registered != 0 { loop.deregister(descriptor) }
                sockets[Int(descriptor)] = nil
                return
            }
            // Its connection is kept: most probably the next call waits for the same. That it could be written to would be
            // an event all the time.
            if socket.registered & Events.writable != 0 { register(socket, for: Events.readable) }
            return
        }
        let socket = self[descriptor] ?? set(CallSocket(descriptor: descriptor, inode: nil, whenClosed: nil))
        socket.group = group
        socket.user = transfer.map(ObjectIdentifier.init)
        if let transfer { transfer.descriptor = descriptor } else { abandon(socket) }
        var events: UInt32 = 0
        if what & CURL_POLL_IN != 0 { events |= Events.readable }
        if what & CURL_POLL_OUT != 0 { events |= Events.writable }
        register(socket, for: events)
    }

    /// Lets go of the connection of a transfer that has ended, where libcurl neither keeps nor has closed it.
    ///
    /// Over TLS libcurl 8 waits for the end of its peer, without a bound where nothing else happens, and reads all that comes.
    /// What it is to find is the end.
    func abandon(of transfer: Transfer) {
        guard let descriptor = transfer.descriptor, let socket = self[descriptor], socket.group != nil,
            socket.user == ObjectIdentifier(transfer)
        else { return }
        let events = socket.registered
        abandon(socket)
        register(socket, for: events)
    }

    private func abandon(_ socket: CallSocket) {
        if socket.registered != 0 { loop.deregister(socket.descriptor) }
        socket.registered = 0
        socket.end()
    }

    private func register(_ socket: CallSocket, for events: UInt32) {
        guard socket.registered != events else { return }
        if socket.registered != 0 {
            loop.modify(socket.descriptor, events: events)
        } else {
            // Where the system refuses, curl's own timer ends the transfer.
            guard (try? loop.register(socket.descriptor, events: events, handler: socket)) != nil else { return }
        }
        socket.registered = events
    }

    private subscript(descriptor: curl_socket_t) -> CallSocket? {
        sockets.indices.contains(Int(descriptor)) ? sockets[Int(descriptor)] : nil
    }

    @discardableResult
    private func set(_ socket: CallSocket) -> CallSocket {
        let index = Int(socket.descriptor)
        if index >= sockets.count {
            sockets += repeatElement(nil, count: max(index + 1, sockets.count * 2) - sockets.count)
        }
        sockets[index] = socket
        return socket
    }
}

/// A socket of libcurl's.
private final class CallSocket: EventHandler {
    let descriptor: curl_socket_t
    /// Its inode where we have opened it, and so are mostly told when it is closed.
    let inode: UInt64?
    /// Whether we have opened it.
    var isOwn: Bool { inode != nil }
    /// Told of that.
    let whenClosed: (() -> Void)?
    /// The events that the loop waits for; 0 where it does not know the socket.
    var registered: UInt32 = 0
    /// Whose transfer waits; `nil` while the connection is kept without one.
    var group: TransferGroup?
    /// Which transfer waits, or waited last.
    var user: ObjectIdentifier?
    /// Whether the end has taken its place.
    private(set) var isEnded = false

    init(descriptor: curl_socket_t, inode: UInt64?, whenClosed: (() -> Void)?) {
        self.descriptor = descriptor
        self.inode = inode
        self.whenClosed = whenClosed
    }

    func handle(events: UInt32, on loop: EventLoop) {
        guard let group else {
            loop.deregister(descriptor)
            registered = 0
            return end()
        }
        var action: Int32 = 0
        if events & (Events.readable | Events.hangUp) != 0 { action |= CURL_CSELECT_IN }
        if events & Events.writable != 0 { action |= CURL_CSELECT_OUT }
        if events & Events.error != 0 { action |= CURL_CSELECT_ERR }
        group.act(on: descriptor, action)
    }

    /// Ends a connection whose peer has closed it or has sent what nobody asked for while it was kept, or of which nothing
    /// more is wanted; the loop must not know it.
    ///
    /// libcurl looks at a kept connection before it uses it again, and takes one with bytes to read for alive: they would be
    /// the answer to another lead's call. What it is to find is the end.
    func end() {
        EndedSocket.take(placeOf: descriptor)
        isEnded = true
    }
}
