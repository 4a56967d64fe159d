internal import Glibc

/// A system call that failed.
package struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The error number (errno(3)).
    package let code: Int32
    /// The call, `bind`, and what it was for where that helps: `bind unix:/run/flowhook.sock`.
    package let call: String

    /// Describes the failure of a call, by default the last one of this thread.
    package init(_ call: String, code: Int32 = errno) {
        self.call = call
        self.code = code
    }

    /// `bind: Address already in use`.
    package var description: String {
        "\(call): \(String(cString: strerror(code)))"
    }
}
