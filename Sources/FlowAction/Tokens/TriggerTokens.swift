/// The trigger tokens that the original documents; which of them have a value depends on the trigger.
package enum TriggerTokens {
    /// The names as documented.
    package static let names = [
        "Trigger Name", "Name", "Link", "Subject", "Category", "Details", "Web Page", "Client IP Address", "Sent By",
        "Received By", "Referrer", "Search Engine", "Search Query", "Browser",
    ]

    /// The names in lower case.
    package static let keys = Set(names.map { $0.lowercased() })
}
