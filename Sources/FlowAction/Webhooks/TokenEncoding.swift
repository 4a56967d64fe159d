/// The request token encoding of a webhook: how token values are written into its payload.
package enum TokenEncoding: String, Sendable, CaseIterable {
    /// Values go out as they are.
    case none = "None"
    /// Values become JSON literals, or escaped text inside a JSON string.
    case json = "JSON"
    /// Values are form-encoded (WHATWG URL, `application/x-www-form-urlencoded` serializer).
    case formURL = "Form/Url"
    /// Values become XML text.
    case xml = "XML"
}
