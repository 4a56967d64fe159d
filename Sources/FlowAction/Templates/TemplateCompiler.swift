/// Compiles the text of templates, once, when the store is loaded.
///
/// Each function gives a template that renders as well as the text allows, and every finding in it;
/// where one is an error the template is not to be used.
package struct TemplateCompiler: Sendable {
    /// How tokens are read.
    let syntax: TokenSyntax

    /// Makes a compiler that knows these fields.
    package init(leadFields: FieldCatalog, companyFields: FieldCatalog) {
        syntax = TokenSyntax(leadFields: leadFields, companyFields: companyFields)
    }

    /// Compiles a payload template.
    ///
    /// - Parameter contentType: the effective `Content-Type`, `nil` for the encoding's own; under `JSON` it decides
    ///   whether the payload must be JSON.
    package func payload(
        _ text: String,
        encoding: TokenEncoding?,
        contentType: String?
    ) -> (template: Template, findings: [TemplateFinding]) {
        let credentials = Self.warnings(of: LiteralCredentials(inPayload: text))
        let text = TokenizedText(text, syntax: syntax)
        var payload = PayloadPlaces(text: text, encoding: encoding, contentType: contentType)
        payload.find()
        return (text.template(places: payload.places), inOrder(text.findings + payload.findings + credentials))
    }

    /// Compiles a URL.
    package func url(
        _ text: String,
        encoding: TokenEncoding?
    ) -> (template: URLTemplate, findings: [TemplateFinding]) {
        let credentials = Self.warnings(of: LiteralCredentials(inURL: text))
        let text = TokenizedText(text, syntax: syntax)
        var url = URLPlaces(text: text, encoding: encoding)
        url.find()
        return (url.template, inOrder(text.findings + url.findings + credentials))
    }

    /// Compiles a header's value.
    ///
    /// - Parameter name: the header's name, which tells whether the value is a credential.
    package func header(_ text: String, named name: String = "") -> (template: Template, findings: [TemplateFinding]) {
        let credentials = Self.warnings(of: LiteralCredentials(inHeader: name, text))
        let text = TokenizedText(text, syntax: syntax)
        let findings = text.findings + credentials + HeaderFindings.find(in: text, named: name)
        return (text.template(places: text.tokens.map { _ in .header }), inOrder(findings))
    }

    private static func warnings(of credentials: LiteralCredentials) -> [TemplateFinding] {
        credentials.likely.map { range in
            TemplateFinding(
                offset: range.lowerBound,
                .warning,
                code: "literal-credential",
                message: "a credential stands in the file; a My Token with secret: true keeps it out"
            )
        }
    }

    private func inOrder(_ findings: [TemplateFinding]) -> [TemplateFinding] {
        findings.sorted { $0.offset < $1.offset }
    }
}
