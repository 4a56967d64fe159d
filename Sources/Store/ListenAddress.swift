internal import Glibc

/// An address to listen on: `unix:PATH` or `tcp:HOST:PORT`.
package enum ListenAddress: Sendable, Equatable {
    /// A Unix socket's file.
    case unix(path: String)
    /// A name or address, without brackets, and a port.
    case tcp(host: String, port: UInt16)

    /// Why a text is no address to listen on.
    package struct Malformed: Error, Sendable {
        /// A sentence with the address and what is allowed.
        package let message: String
    }

    /// How many bytes a socket's path has at most (unix(7)).
    package static let maximumPath = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    /// Reads an address; whether it can be had shows when it is listened on.
    package init(_ text: String) throws(Malformed) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard (1...Self.maximumPath).contains(path.utf8.count), !path.utf8.contains(0) else {
                throw Malformed(message: "\(text): a socket's path has 1 to \(Self.maximumPath) bytes")
            }
            // Elsewhere the sign leads to a name that is no file; web servers for FastCGI take files alone.
            guard !path.hasPrefix("@") else {
                throw Malformed(message: "\(text): give the path of a file; names of abstract sockets are not taken")
            }
            self = .unix(path: path)
        } else if text.hasPrefix("tcp:") {
            let place = text.dropFirst(4)
            guard let colon = place.lastIndex(of: ":"), let port = UInt16(place[place.index(after: colon)...]) else {
                throw Malformed(message: "\(text): give a host and a port, tcp:127.0.0.1:9000")
            }
            var host = place[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
            guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
                throw Malformed(message: "\(text): name the host too; 127.0.0.1 keeps others out")
            }
            self = .tcp(host: String(host), port: port)
        } else {
            throw Malformed(message: "\(text) is no address to listen on; give unix:PATH or tcp:HOST:PORT")
        }
    }
}
