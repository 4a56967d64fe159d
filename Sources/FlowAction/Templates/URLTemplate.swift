/// A URL's compiled template.
package struct URLTemplate: Sendable {
    /// The whole URL, without the `user:password@` part where the text has one.
    package var url: Template
    /// The `user:password` part, where the text itself has one before an `@`.
    package var userInfo: Template?

    /// Joins the parts.
    package init(url: Template, userInfo: Template? = nil) {
        self.url = url
        self.userInfo = userInfo
    }
}
