import Gateway
import Glibc

/// Links that lead now here and now there, as fast as a thread can make them.
package final class ChangingLinks: Sendable {
    private let isDone = Locked(false)
    private let hasEnded = Locked(false)

    /// Begins; each link is replaced whole (rename(2)), and led to its targets in turn.
    package init(_ links: [(path: String, targets: [String])]) {
        startThread { [isDone, hasEnded] in
            var round = 0
            while !isDone.withLock({ $0 }) {
                round += 1
                for link in links {
                    symlink(link.targets[round % link.targets.count], link.path + ".tmp")
                    rename(link.path + ".tmp", link.path)
                }
            }
            hasEnded.withLock { $0 = true }
        }
    }

    /// Ends, and waits for it.
    package func stop() {
        isDone.withLock { $0 = true }
        while !hasEnded.withLock({ $0 }) { usleep(1_000) }
    }
}
