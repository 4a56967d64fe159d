/// Why a connection of the web server ended with a request that got no answer, or with an answer that nobody took.
package enum ConnectionEnd: String, CaseIterable, Sendable {
    /// What came is no FastCGI request.
    case malformed
    /// A request did not arrive, or an answer was not taken, in time.
    case slow
    /// It made room for others.
    case crowded
    /// The web server left before the answer.
    case gone
}
