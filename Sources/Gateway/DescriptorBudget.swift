internal import CLinux

/// How the descriptors that the system allows the process are shared out.
///
/// Beside a reserve for the process itself half is for connections of web servers and half for connections to third-party
/// services; neither can use up the other's. A request in flight takes one of each. There are more connections than
/// requests, so that who comes too many is told so, and so that a few are left to be kept for later calls.
package struct DescriptorBudget: Sendable, Hashable {
    /// How many descriptors the process may have.
    package let limit: Int

    /// How many are for loops, the store's files, the log and the like, where there are enough.
    static let reserve = 128

    /// Shares out a limit.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Raises the process's limit to the hard one and shares it out.
    package static func raised() -> DescriptorBudget {
        DescriptorBudget(limit: Int(clamping: flowhook_raise_descriptor_limit()))
    }

    private var half: Int { max(1, (limit - min(Self.reserve, limit / 2)) / 2) }

    /// How many requests may be in flight at most: one in twenty fewer than there are connections for.
    package var maximumInFlight: Int { max(1, half - max(1, half / 20)) }

    /// How many connections of web servers are held at most.
    package var maximumConnections: Int { max(8, half) }

    /// How many connections to third-party services there are at most, in use and kept for later.
    package var maximumCalls: Int { half }
}
