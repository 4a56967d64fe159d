internal import CLinux

/// How the descriptors that the system allows the process are shared out.
///
/// Beside a reserve for the process itself half is for connections of web servers, a quarter for calls under way, and a
/// quarter for connections to third-party services that are kept for later calls: none of them can use up another's.
/// There are more connections than calls, so that who comes too many is told so.
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

    private var share: Int { max(1, (limit - min(Self.reserve, limit / 2)) / 4) }

    /// How many requests may be in flight at most.
    package var maximumInFlight: Int { share }

    /// How many connections of web servers are held at most.
    package var maximumConnections: Int { max(8, 2 * share) }

    /// How many connections to third-party services are kept at most.
    package var maximumKeptCalls: Int { share }
}
