/// The HTTP method of a webhook's request.
package enum RequestType: String, Sendable, CaseIterable {
    /// No body.
    case get = "GET"
    /// The default.
    case post = "POST"
    /// May carry a body.
    case put = "PUT"
    /// May carry a body.
    case patch = "PATCH"
    /// May carry a body.
    case delete = "DELETE"
}
