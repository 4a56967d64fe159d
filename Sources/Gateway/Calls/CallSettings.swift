package import FlowAction

/// What the settings say about calls.
///
/// An object of its own, since every call under way holds it.
package final class CallSettings: Sendable {
    /// When a host's circuit opens; `nil`: never.
    let circuit: Circuit.Rule?
    /// The networks that may be called beyond those that anybody may.
    let allowNetworks: [NetworkBlock]
    /// The proxy's URL, where calls go through one.
    let proxy: String?
    /// The most bytes of a response's body that are read.
    let maxResponseBytes: Int

    /// Takes them out of all settings.
    package init(_ settings: Settings) {
        circuit = Circuit.Rule(settings)
        allowNetworks = settings.allowNetworks
        proxy = settings.proxy
        maxResponseBytes = settings.maxResponseBytes
    }
}
