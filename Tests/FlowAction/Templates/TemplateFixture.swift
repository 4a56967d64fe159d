import FlowAction

/// The fields and webhooks that the templates' tests share.
enum TemplateFixture {
    static let compiler = TemplateCompiler(
        leadFields: FieldCatalog(fields: [
            LeadField(displayName: "Email Address", soapName: "Email", restName: "email", type: .email),
            LeadField(displayName: "First Name", soapName: "FirstName", restName: "firstName", type: .string),
            LeadField(displayName: "Lead Score", soapName: "LeadScore", restName: "leadScore", type: .score),
            LeadField(displayName: "Industry", soapName: "Industry", restName: "industry", type: .string),
        ]),
        companyFields: FieldCatalog(fields: [
            LeadField(displayName: "Company Name", soapName: "Company", restName: "company", type: .string)
        ])
    )

    /// A webhook of compiled templates; findings are passed over.
    static func webhook(
        url: String = "https://api.example.com/",
        requestType: RequestType = .post,
        payload: String? = nil,
        encoding: TokenEncoding? = nil,
        contentType: String? = nil,
        headers: [(String, String)] = [],
        responseType: ResponseType = .none,
        failsOnUnresolvedTokens: Bool = false
    ) -> Webhook {
        Webhook(
            name: "Test",
            description: nil,
            isEnabled: true,
            file: "webhooks/test.yaml",
            url: compiler.url(url, encoding: encoding).template,
            requestType: requestType,
            payload: payload.map { compiler.payload($0, encoding: encoding, contentType: contentType).template },
            encoding: encoding,
            headers: headers.map { Webhook.HeaderTemplate(name: $0, value: compiler.header($1).template) },
            responseType: responseType,
            mappings: [],
            failsOnUnresolvedTokens: failsOnUnresolvedTokens,
            policy: CallPolicy()
        )
    }

    /// A text value, the way a lead's field gives it.
    static func text(_ text: String) -> ResolvedToken {
        ResolvedToken(text: text, shape: .text, source: .request("lead"))
    }

    /// A value of the store, the way a My Token gives it.
    static func myToken(_ text: String, isSecret: Bool = false) -> ResolvedToken {
        ResolvedToken(
            text: text,
            shape: .text,
            isSecret: isSecret,
            source: .store(folder: 0, file: "marketing-activities/my-tokens.yaml")
        )
    }

    /// Values by spelling; any other token is unresolved, with its default.
    static func resolver(_ values: [String: ResolvedToken]) -> (TokenReference) -> ResolvedToken {
        { token in
            values[token.spelling]
                ?? ResolvedToken(
                    text: token.defaultText ?? "",
                    shape: .text,
                    isUnresolved: true,
                    source: token.defaultText == nil ? .nothing : .defaultText
                )
        }
    }
}

extension RenderedRequest {
    /// The body as text.
    var bodyText: String {
        String(decoding: outgoing.body ?? [], as: UTF8.self)
    }

    /// The value of a header.
    func header(_ name: String) -> String? {
        outgoing.headers.first { $0.name == name }?.value
    }
}
