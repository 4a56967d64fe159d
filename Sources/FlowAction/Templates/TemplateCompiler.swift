/// Compiles the text of templates, once, when the store is loaded.
///
/// Each function gives a template that renders as well as the text allows, and every finding in it;
/// where one is an error the template is not to be used.
package struct TemplateCompiler: Sendable {
    private let leadFields: FieldCatalog
    private let companyFields: FieldCatalog

    /// Makes a compiler that knows these fields.
    package init(leadFields: FieldCatalog, companyFields: FieldCatalog) {
        self.leadFields = leadFields
        self.companyFields = companyFields
    }

    /// Compiles a payload template.
    ///
    /// - Parameter contentType: the effective `Content-Type`; under `JSON` it decides whether the payload must be JSON.
    package func payload(
        _ text: String,
        encoding: TokenEncoding?,
        contentType: String?
    ) -> (template: Template, findings: [TemplateFinding]) {
        (Template(segments: [.literal(Array(text.utf8))], source: text), [])
    }

    /// Compiles a URL.
    package func url(
        _ text: String,
        encoding: TokenEncoding?
    ) -> (template: URLTemplate, findings: [TemplateFinding]) {
        (URLTemplate(url: Template(segments: [.literal(Array(text.utf8))], source: text)), [])
    }

    /// Compiles a header's value.
    package func header(_ text: String) -> (template: Template, findings: [TemplateFinding]) {
        (Template(segments: [.literal(Array(text.utf8))], source: text), [])
    }
}
