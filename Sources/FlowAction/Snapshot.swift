/// The store at one moment: everything that a request needs, checked, compiled and immutable.
///
/// A request uses one snapshot from its first byte to its last.
package final class Snapshot: Sendable {
    /// The webhooks under their names in lower case.
    package let webhooks: [String: Webhook]
    /// The folders, programs and My Tokens.
    package let tree: ProgramTree
    /// The lead fields, standard ones and the store's own.
    package let leadFields: FieldCatalog
    /// The fields of a lead's company.
    package let companyFields: FieldCatalog
    /// The service's settings.
    package let settings: Settings
    /// The rules of the settings' time zone.
    package let timeZone: TimeZoneRules
    /// When the store was read.
    package let loadedAt: Instant

    /// The webhooks in any order, and their positions under their names.
    private let listed: [Webhook]
    private let positions: NameTable

    /// Joins what was loaded.
    package init(
        webhooks: [String: Webhook],
        tree: ProgramTree,
        leadFields: FieldCatalog,
        companyFields: FieldCatalog,
        settings: Settings,
        timeZone: TimeZoneRules,
        loadedAt: Instant
    ) {
        self.webhooks = webhooks
        self.tree = tree
        self.leadFields = leadFields
        self.companyFields = companyFields
        self.settings = settings
        self.timeZone = timeZone
        self.loadedAt = loadedAt
        listed = Array(webhooks.values)
        positions = NameTable(listed.enumerated().map { ($1.name, $0) })
    }

    /// The webhook of a name, without regard to case.
    package func webhook(named name: String) -> Webhook? {
        positions[name].map { listed[$0] }
    }
}
