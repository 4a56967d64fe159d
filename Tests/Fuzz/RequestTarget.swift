import FlowAction

extension FuzzTarget {
    /// Whatever bytes come as a flow action request, they are decoded or refused, and a refusal repeats no value.
    static let request = FuzzTarget(name: "request") { bytes in
        do throws(Problem) {
            let request = try FlowActionRequest(decoding: bytes)
            precondition(!request.webhook.isEmpty && request.tokens.count <= FlowActionRequest.maximumTokens)
            for members in [request.lead, request.company, request.campaign, request.trigger, request.member] {
                precondition(Set(members.map(\.name)).count == members.count, "a name stands twice")
            }
            precondition(!request.tokens.contains { $0.name.isEmpty }, "a token has no name")
        } catch {
            precondition(!error.detail.isEmpty && error.detail.utf8.count < 2_000, "a refusal grows with its request")
        }
    }
}
