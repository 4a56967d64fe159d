package import JSON

/// A webhook: one file of the store, checked and compiled.
package final class Webhook: Sendable {
    /// The name, unique in the store without regard to case.
    package let name: String
    /// What people wrote about it.
    package let description: String?
    /// Whether it may be called.
    package let isEnabled: Bool
    /// The file, relative to the store.
    package let file: String
    /// The URL's template.
    package let url: URLTemplate
    /// The method.
    package let requestType: RequestType
    /// The payload's template; `nil` where no body is sent.
    package let payload: Template?
    /// The custom headers in the file's order.
    package let headers: [HeaderTemplate]
    /// How the response is read, and which of its attributes go to which lead fields.
    package let mapper: ResponseMapper
    /// Whether a token that resolves to nothing, without a default, makes the render fail.
    package let failsOnUnresolvedTokens: Bool
    /// How the call is made.
    package let policy: CallPolicy
    /// The keys of the file with their values as written, for listings.
    package let definition: JSONObject

    /// A custom header.
    package struct HeaderTemplate: Sendable {
        /// The name, a token of RFC 9110, section 5.1.
        package var name: String
        /// The value's template.
        package var value: Template

        /// Joins a name and a template.
        package init(name: String, value: Template) {
            self.name = name
            self.value = value
        }
    }

    /// The URL, where it is the same for every request and holds no `user:password@`.
    let fixedURL: String?
    /// The headers that the webhook implies for every request; a custom one of the same name wins.
    let impliedHeaders: [OutgoingRequest.HeaderField]

    /// Whether a body is sent.
    var hasBody: Bool { payload != nil && requestType != .get }

    /// Joins the compiled parts.
    package init(
        name: String,
        description: String?,
        isEnabled: Bool,
        file: String,
        url: URLTemplate,
        requestType: RequestType,
        payload: Template?,
        encoding: TokenEncoding?,
        headers: [HeaderTemplate],
        responseType: ResponseType,
        mappings: [ResponseMapping],
        failsOnUnresolvedTokens: Bool,
        policy: CallPolicy,
        definition: JSONObject = [:]
    ) {
        self.name = name
        self.description = description
        self.isEnabled = isEnabled
        self.file = file
        self.url = url
        self.requestType = requestType
        self.payload = payload
        self.headers = headers
        mapper = ResponseMapper(responseType: responseType, mappings: mappings)
        self.failsOnUnresolvedTokens = failsOnUnresolvedTokens
        self.policy = policy
        self.definition = definition
        fixedURL = url.fixedText
        var implied = [
            ("User-Agent", "flowhook/\(Version.current)"), ("Accept", responseType.mediaRange),
            ("Accept-Encoding", "gzip, deflate"),
        ]
        if payload != nil, requestType != .get { implied.append(("Content-Type", encoding.mediaType)) }
        impliedHeaders = implied.filter { !headers.contains(name: $0.0) }
            .map { OutgoingRequest.HeaderField(name: $0, value: $1) }
    }

    /// Whether a custom header has a name.
    func hasHeader(_ name: String) -> Bool { headers.contains(name: name) }
}

extension [Webhook.HeaderTemplate] {
    /// Whether one has a name, without regard to case (RFC 9110, section 5.1).
    fileprivate func contains(name: String) -> Bool {
        contains { header in
            header.name.utf8.count == name.utf8.count
                && zip(header.name.utf8, name.utf8).allSatisfy {
                    $0 == $1 || $0 | 0x20 == $1 | 0x20 && $0 | 0x20 >= 0x61
                }
        }
    }
}
