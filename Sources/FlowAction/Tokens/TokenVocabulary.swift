/// The names that the families of tokens know.
extension TokenFamily {
    /// The names of the family, where it has a closed list; `nil` where names come from elsewhere.
    package var names: [String]? {
        switch self {
        case .program, .campaign: ["id", "name", "description"]
        case .system: ["date", "time", "dateTime", "munchkinId"]
        case .trigger: TriggerTokens.names
        case .lead, .company, .my, .member: nil
        }
    }

    /// The `system` links that belong to e-mails, and are blank in a webhook.
    package static let emailLinks = ["forwardToFriendLink", "unsubscribeLink", "viewAsWebpageLink"]
}
