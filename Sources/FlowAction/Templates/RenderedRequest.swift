/// A webhook rendered for one flow action request.
package struct RenderedRequest: Sendable {
    /// The request that goes out; in a preview one that shows no secret.
    package var outgoing: OutgoingRequest
    /// The tokens that resolved to nothing at all, as the template spells them, each once, by first appearance in
    /// URL, payload and headers.
    package var unresolvedTokens: [String]
    /// What must not show in anything that people read: the values of the secret tokens that were used and of
    /// `user:password@`, plain and as they were written; empty in a preview, which holds none.
    package var secrets: [String]
    /// Every use of a token, in order; filled in a preview alone, secret values masked.
    package var tokens: [TokenUse]

    /// One use of a token.
    package struct TokenUse: Sendable, Hashable {
        /// The token.
        package var token: TokenReference
        /// What it stood for.
        package var value: ResolvedToken
        /// Where it stood.
        package var place: Place

        /// Joins a token, its value and its place.
        package init(token: TokenReference, value: ResolvedToken, place: Place) {
            self.token = token
            self.value = value
            self.place = place
        }
    }

    /// Joins the parts.
    package init(
        outgoing: OutgoingRequest,
        unresolvedTokens: [String],
        secrets: [String] = [],
        tokens: [TokenUse] = []
    ) {
        self.outgoing = outgoing
        self.unresolvedTokens = unresolvedTokens
        self.secrets = secrets
        self.tokens = tokens
    }
}
