/// A flow action request: the smart campaign reached its *Call Webhook* step for one lead.
///
/// Decoded and checked, not yet looked up in the store. An object, since it is handed on and its parts are many.
package final class FlowActionRequest: Sendable {
    /// The name of the webhook to call, as sent; matched without regard to case.
    package let webhook: String
    /// The lead's fields, under display, SOAP API or REST API names.
    package let lead: [Member]
    /// The fields of the lead's company.
    package let company: [Member]
    /// The program in which the campaign runs.
    package let program: Scalar?
    /// The smart campaign's members `id`, `name`, `description` and `type`.
    package let campaign: [Member]
    /// The trigger's members, `Trigger Name` and `Name` first among them.
    package let trigger: [Member]
    /// The lead's program member fields.
    package let member: [Member]
    /// My Tokens that hold for this request alone, at most 100.
    package let tokens: [Member]

    /// One named value of the request.
    package struct Member: Sendable, Hashable {
        /// The name as sent; of a My Token the bare name, `Seats` for `{{my.Seats}}`.
        package var name: String
        /// The value as sent.
        package var value: Scalar

        /// Names a value.
        package init(name: String, value: Scalar) {
            self.name = name
            self.value = value
        }
    }

    /// What a request is made of; whatever is not given is absent.
    struct Parts {
        var webhook = ""
        var lead: [Member] = []
        var company: [Member] = []
        var program: Scalar?
        var campaign: [Member] = []
        var trigger: [Member] = []
        var member: [Member] = []
        var tokens: [Member] = []
    }

    /// Makes a request of its parts, which have been checked.
    init(_ parts: Parts) {
        webhook = parts.webhook
        lead = parts.lead
        company = parts.company
        program = parts.program
        campaign = parts.campaign
        trigger = parts.trigger
        member = parts.member
        tokens = parts.tokens
    }
}
