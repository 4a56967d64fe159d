/// The keys that the files of a store may have, each list in the order in which it is documented.
package enum StoreVocabulary {
    /// A webhook file.
    package static let webhook = [
        "name", "description", "enabled", "url", "request_type", "payload_template", "request_token_encoding",
        "custom_headers", "response_type", "response_mappings", "unresolved_tokens", "timeout", "retry",
        "max_concurrent", "max_rate", "redirects", "tls",
    ]
    /// A response mapping that is more than an attribute.
    package static let responseMapping = ["attribute", "when_null", "when_empty"]
    /// `retry` of a webhook.
    package static let retry = ["attempts", "on", "backoff", "try_timeout"]
    /// `tls` of a webhook.
    package static let tls = ["ca_file", "client_certificate", "client_key"]
    /// A My Token that is more than a value.
    package static let myToken = ["type", "value", "secret", "file", "env", "credential"]
    /// `program.yaml`.
    package static let program = ["id", "name", "description", "channel"]
    /// `flowhook.yaml`.
    package static var settings: [String] { SettingsReader.keys }
}
