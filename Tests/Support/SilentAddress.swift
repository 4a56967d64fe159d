internal import CLinux
import Glibc

/// An address that answers no attempt to connect: what listens there has more connections waiting than it takes.
package final class SilentAddress {
    private var descriptors: [Int32] = []

    /// Listens at an IPv4 address, and takes nobody in.
    package init(v4 address: UInt32, port: Int) {
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = in_port_t(port).bigEndian
        place.sin_addr.s_addr = address.bigEndian
        for number in 0..<4 {
            let descriptor = socket(AF_INET, flowhook_stream_socket | flowhook_closed_on_exec, 0)
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            precondition(descriptor >= 0, "no socket")
            descriptors.append(descriptor)
            withUnsafePointer(to: &place) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
                    _ = number == 0 ? bind(descriptor, pointer, length) : connect(descriptor, pointer, length)
                }
            }
            if number == 0 { precondition(listen(descriptor, 0) == 0, "the address is taken") }
        }
    }

    /// The loopback address of IPv6, where connections are taken by the system, and by nobody else.
    package static func takingConnections(port: Int) -> SilentAddress {
        let address = SilentAddress()
        let descriptor = socket(AF_INET6, flowhook_stream_socket | flowhook_closed_on_exec, 0)
        precondition(descriptor >= 0, "no socket")
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
        precondition(isBound && listen(descriptor, 16) == 0, "the address is taken")
        return address
    }

    private init() {}

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }
}
