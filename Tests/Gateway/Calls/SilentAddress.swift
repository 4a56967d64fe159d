import FlowAction
import Glibc
import Testing

/// An address that answers no attempt to connect: what listens there has more connections waiting than it takes.
final class SilentAddress {
    private var descriptors: [Int32] = []

    init(_ address: IPAddress, port: Int) throws {
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = in_port_t(port).bigEndian
        place.sin_addr.s_addr = try #require(address.v4).bigEndian
        for number in 0..<4 {
            let type = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
            let descriptor = socket(AF_INET, Int32(type), 0)
            try #require(descriptor >= 0)
            descriptors.append(descriptor)
            withUnsafePointer(to: &place) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
                    _ = number == 0 ? bind(descriptor, pointer, length) : connect(descriptor, pointer, length)
                }
            }
            if number == 0 { try #require(listen(descriptor, 0) == 0) }
        }
    }

    /// The loopback address of IPv6, where connections are taken by the system, and by nobody else.
    static func takingConnections(port: Int) throws -> SilentAddress {
        let address = SilentAddress()
        let descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        try #require(descriptor >= 0)
        address.descriptors.append(descriptor)
        var place = sockaddr_in6()
        place.sin6_family = sa_family_t(AF_INET6)
        place.sin6_port = in_port_t(port).bigEndian
        place.sin6_addr = in6addr_loopback
        let isBound = withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0
            }
        }
        try #require(isBound && listen(descriptor, 16) == 0)
        return address
    }

    private init() {}

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }
}
