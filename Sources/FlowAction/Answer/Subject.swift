/// Whom and what a flow action is about, by id and name: what a log may tell, and no field of a lead.
package struct Subject: Sendable, Hashable {
    /// The webhook's name as the store writes it; `nil` where the store has none of the name.
    package var webhook: String?
    /// The lead's `id`, where the request had one.
    package var leadID: Scalar?
    /// The program's id, where the request names one that the store has.
    package var programID: Scalar?
    /// The program's name.
    package var programName: String?
    /// The campaign's id, where the request has one.
    package var campaignID: Scalar?
    /// The campaign's name.
    package var campaignName: Scalar?

    /// Knows nothing yet.
    package init() {}

    /// Takes what a request says of itself.
    init(of request: borrowing FlowActionRequest) {
        leadID = request.leadID
        campaignID = request.campaign.first { $0.name == "id" }?.value
        campaignName = request.campaign.first { $0.name == "name" }?.value
    }

    /// Takes the program that a folder is.
    mutating func name(_ program: Program?) {
        programID = program?.id
        programName = program?.name
    }
}
