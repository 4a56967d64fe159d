/// Whom and what a flow action is about, by id and name: what a log may tell, and no field of a lead.
///
/// An object, since it goes from the request to its answer and its parts are many.
package final class Subject: Sendable, Hashable {
    /// The webhook's name as the store writes it; `nil` where the store has none of the name.
    package let webhook: String?
    /// The lead's `id`, where the request had one.
    package let leadID: Scalar?
    /// The program's id, where the request names one that the store has.
    package let programID: Scalar?
    /// The program's name.
    package let programName: String?
    /// The campaign's id, where the request has one.
    package let campaignID: Scalar?
    /// The campaign's name.
    package let campaignName: Scalar?

    /// Nothing that is known.
    package static let unknown = Subject()

    private init() {
        (webhook, leadID, programID, programName, campaignID, campaignName) = (nil, nil, nil, nil, nil, nil)
    }

    /// Takes what a request says of itself, and what the store has of that.
    init(of request: FlowActionRequest, webhook: Webhook?, program: Program?) {
        self.webhook = webhook?.name
        leadID = request.leadID
        programID = program?.id
        programName = program?.name
        campaignID = request.campaign.value(of: "id")
        campaignName = request.campaign.value(of: "name")
    }

    /// Whether two subjects are the same.
    package static func == (first: Subject, second: Subject) -> Bool {
        first.webhook == second.webhook && first.leadID == second.leadID && first.programID == second.programID
            && first.programName == second.programName && first.campaignID == second.campaignID
            && first.campaignName == second.campaignName
    }

    /// Hashes what tells subjects apart.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(webhook)
        hasher.combine(leadID)
        hasher.combine(campaignID)
    }
}
