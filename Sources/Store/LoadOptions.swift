/// What a load is told from outside the store.
package struct LoadOptions: Sendable {
    /// Settings of the command line, by the keys of `flowhook.yaml`; they win over the environment and the file.
    package var overrides: [(key: String, value: String)]
    /// The environment: `FLOWHOOK_…` settings, and secrets that are read from it.
    package var environment: [String: String]
    /// What happens where a secret cannot be read.
    package var secrets: Secrets
    /// Is told, on the thread that loads, how many files have been read so far; `nil` where nobody asks.
    package var progress: (@Sendable (_ filesRead: Int) -> Void)? = nil

    /// What happens where a secret cannot be read.
    package enum Secrets: Sendable {
        /// An error: nothing is to be called without it.
        case required
        /// A warning, and a placeholder in its place: nothing is called.
        case placeholder
    }

    /// Joins what is given.
    package init(
        overrides: [(key: String, value: String)] = [],
        environment: [String: String] = [:],
        secrets: Secrets = .required
    ) {
        self.overrides = overrides
        self.environment = environment
        self.secrets = secrets
    }
}
