/// How a webhook's response body is read.
package enum ResponseType: String, Sendable, CaseIterable {
    /// Not at all.
    case none = "None"
    /// As JSON (RFC 8259).
    case json = "JSON"
    /// As XML 1.0 without a DTD.
    case xml = "XML"
}
