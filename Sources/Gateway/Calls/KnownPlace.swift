internal import FlowAction

/// A name that a connection is made to, and its addresses: what spares curl a look-up.
struct KnownPlace {
    /// The name, without brackets.
    let name: String
    /// The port.
    let port: Int
    /// The addresses, in order of preference.
    let addresses: [IPAddress]

    /// The place as `CURLOPT_RESOLVE` takes it; the plus sign lets it age like a look-up.
    var resolveEntry: String {
        let list = addresses.map { $0.v4 == nil ? "[\($0.text)]" : $0.text }.joined(separator: ",")
        return "+\(name):\(port):\(list)"
    }
}

/// The host and port of a proxy's URL (`CURLOPT_PROXY`).
struct ProxyPlace {
    /// The name or address, without brackets.
    let host: String
    /// The port; curl's own default where the URL names none.
    let port: Int

    /// Reads the URL of the setting `proxy`: scheme, `user:password@`, host and port.
    init(_ url: String) {
        let parts = url.split(separator: "://", maxSplits: 1)
        let authority = (parts.last ?? "").prefix { $0 != "/" && $0 != "?" }
        let place = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        let end = place.lastIndex(of: "]").map { place.index(after: $0) } ?? place.firstIndex(of: ":") ?? place.endIndex
        host = String(place[..<end].filter { $0 != "[" && $0 != "]" })
        port = Int(place[end...].dropFirst()) ?? (parts.first?.lowercased() == "https" ? 443 : 1_080)
    }
}
