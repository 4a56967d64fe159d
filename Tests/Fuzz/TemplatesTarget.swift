import FlowAction
import JSON
import XML

extension FuzzTarget {
    /// The core promise: a template that compiles without an error renders to what its encoding says, whatever the
    /// values are. The input is a template and two values, cut at bytes 0xFF.
    static let templates = FuzzTarget(name: "templates") { bytes in
        let parts = bytes.split(separator: 0xFF, maxSplits: 2, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        let values = [parts.dropFirst().first ?? "", parts.dropFirst(2).first ?? ""]
        for encoding in TokenEncoding.allCases {
            checkPayload(parts[0], encoding, values)
            checkURL(parts[0], encoding, values)
        }
        checkHeader(parts[0], values)
    }

    private static let compiler = TemplateCompiler(
        leadFields: FieldCatalog(fields: StandardFields.lead),
        companyFields: FieldCatalog(fields: StandardFields.company)
    )

    private static func hasError(_ findings: [TemplateFinding], in text: String) -> Bool {
        for finding in findings {
            precondition((0...text.utf8.count).contains(finding.offset), "a finding stands outside its text")
        }
        return findings.contains { $0.severity == .error }
    }

    private static func checkPayload(_ text: String, _ encoding: TokenEncoding, _ values: [String]) {
        let (template, findings) = compiler.payload(text, encoding: encoding, contentType: nil)
        if hasError(findings, in: text) { return }
        guard let rendered = render(webhook(payload: template, encoding: encoding), values),
            let body = rendered.outgoing.body, !text.isEmpty
        else { return }
        switch encoding {
        case .json:
            do throws(JSONError) {
                _ = try JSONValue(parsing: body, maximumDepth: 1_000)
            } catch {
                precondition(error.code == .tooDeep, "a payload is no JSON")
            }
        case .xml:
            do throws(XMLError) {
                _ = try XMLElement(parsing: body, maximumDepth: 200)
            } catch {
                precondition(error.code == .tooDeep || error.code == .tooManyAttributes, "a payload is no XML")
            }
        case .none, .formURL: break
        }
    }

    private static func checkURL(_ text: String, _ encoding: TokenEncoding, _ values: [String]) {
        let (template, findings) = compiler.url(text, encoding: encoding)
        if hasError(findings, in: text) { return }
        guard let rendered = render(webhook(url: template, encoding: encoding), values) else { return }
        let bytes = Array(rendered.outgoing.url.utf8)
        precondition(bytes.allSatisfy { $0 > 0x20 && $0 != 0x7F }, "a URL holds a blank or a control character")
        if let target = template.target {
            precondition(target.host == rendered.outgoing.host && target.port == rendered.outgoing.port, "a host moves")
        }
    }

    private static func checkHeader(_ text: String, _ values: [String]) {
        let (template, findings) = compiler.header(text)
        if hasError(findings, in: text) { return }
        guard let rendered = render(webhook(header: template), values) else { return }
        let value = rendered.outgoing.headers.first?.value ?? ""
        let isSound = value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
        precondition(isSound, "a header holds a control character")
    }

    /// The request, where the values may stand in their places at all.
    private static func render(_ webhook: Webhook, _ values: [String]) -> RenderedRequest? {
        var isSecond = false
        return try? Renderer(maximumPayloadBytes: 16 << 20).render(webhook) { token in
            isSecond.toggle()
            let text = values[isSecond ? 0 : 1]
            // What the store's tokens are checked for is true of every number.
            let isNumber = token.name.utf8.count % 2 == 0 && JSONNumber.isValid(text)
            return ResolvedToken(
                text: text,
                shape: isNumber ? .number : .text,
                source: .store(folder: 0, file: "f")
            )
        }
    }

    private static func webhook(
        url: URLTemplate? = nil,
        payload: Template? = nil,
        header: Template? = nil,
        encoding: TokenEncoding? = nil
    ) -> Webhook {
        Webhook(
            name: "w",
            description: nil,
            isEnabled: true,
            file: "w",
            url: url ?? compiler.url("https://example.com/", encoding: nil).template,
            requestType: .post,
            payload: payload,
            encoding: encoding,
            headers: header.map { [Webhook.HeaderTemplate(name: "X", value: $0)] } ?? [],
            responseType: .none,
            mappings: [],
            failsOnUnresolvedTokens: false,
            policy: CallPolicy()
        )
    }
}
