import FlowAction
import Testing

/// A store of a root, a folder and a program, and the request of the documentation.
private struct Fixture {
    static let leadFields = FieldCatalog(fields: [
        LeadField(displayName: "First Name", soapName: "FirstName", restName: "firstName", type: .string),
        LeadField(displayName: "Lead Score", soapName: "LeadScore", restName: "leadScore", type: .score),
        LeadField(displayName: "Rating", soapName: "Rating", restName: "rating", type: .float),
        LeadField(displayName: "Unsubscribed", soapName: "Unsubscribed", restName: "unsubscribed", type: .boolean),
        LeadField(displayName: "Date of Birth", soapName: "DateofBirth", restName: "dateOfBirth", type: .date),
        LeadField(displayName: "Updated At", soapName: "UpdatedAt", restName: "updatedAt", type: .datetime),
        LeadField(displayName: "Address", soapName: "Address", restName: "address", type: .text),
        LeadField(displayName: "Company Name", soapName: "Company", restName: "company", type: .string),
        LeadField(displayName: "Billing Address", soapName: "BillingStreet", restName: "billingStreet", type: .text),
    ])
    static let companyFields = FieldCatalog(fields: [
        LeadField(displayName: "Company Name", soapName: "Company", restName: "company", type: .string),
        LeadField(displayName: "Address", soapName: "BillingStreet", restName: "billingStreet", type: .text),
        LeadField(displayName: "Parent", soapName: "ParentName", restName: "parentName", type: .string),
    ])

    static let tree = ProgramTree(
        folders: [
            .init(
                path: "",
                parent: nil,
                tokens: [
                    "speaker": MyToken(name: "Speaker", type: .text, value: "root", file: "my-tokens.yaml"),
                    "change": MyToken(name: "Change", type: .score, value: "+5", file: "my-tokens.yaml"),
                    "key": MyToken(
                        name: "Key",
                        type: .text,
                        value: "hush-hush",
                        isSecret: true,
                        file: "my-tokens.yaml"
                    ),
                ]
            ),
            .init(
                path: "Webinars",
                parent: 0,
                tokens: ["seats": MyToken(name: "Seats", type: .number, value: "250", file: "Webinars/my-tokens.yaml")]
            ),
            .init(
                path: "Webinars/Spring",
                parent: 1,
                tokens: [
                    "speaker": MyToken(
                        name: "Speaker",
                        type: .text,
                        value: "Ada",
                        file: "Webinars/Spring/my-tokens.yaml"
                    )
                ],
                program: 0
            ),
        ],
        programs: [Program(id: .number("1027"), name: "Spring", folder: 2)]
    )

    static let snapshot = snapshot(leadFields: leadFields)

    static func snapshot(leadFields: FieldCatalog) -> Snapshot {
        var settings = Settings()
        settings.munchkinID = "123-ABC-456"
        return Snapshot(
            webhooks: [:],
            tree: tree,
            leadFields: leadFields,
            companyFields: companyFields,
            settings: settings,
            timeZone: .utc,
            loadedAt: Instant(seconds: 0)
        )
    }

    static func scope(
        _ request: String,
        of snapshot: Snapshot = Self.snapshot,
        folder: Int = 2
    ) throws -> TokenScope {
        try TokenScope(
            request: FlowActionRequest(decoding: Array(request.utf8)),
            snapshot: snapshot,
            folder: folder,
            instant: Instant(seconds: 1_375_979_773)
        )
    }

    static func token(_ family: TokenFamily, _ name: String, default defaultText: String? = nil) -> TokenReference {
        TokenReference(
            family: family,
            name: name,
            defaultText: defaultText,
            companyField: family == .company ? companyFields.position(of: name) : nil,
            leadField: family == .lead || family == .company ? leadFields.position(of: name) : nil,
            spelling: "\(family.rawValue).\(name)"
        )
    }
}

@Suite struct TokenScopeTests {
    /// A lead field's value in the request, and what its token becomes: the field's type decides.
    @Test(
        arguments: [
            (#""First Name": "Jane""#, "First Name", "Jane", .text),
            (#""firstName": "Jane""#, "First Name", "Jane", .text),
            (#""FirstName": "Jane""#, "firstname", "Jane", .text),
            (#""First Name": 12"#, "First Name", "12", .text),
            (#""First Name": null"#, "First Name", "", .text),
            (#""x": 1"#, "First Name", "", .text),
            (#""Lead Score": 12"#, "Lead Score", "12", .number),
            (#""Lead Score": "12""#, "Lead Score", "12", .number),
            (#""Lead Score": "many""#, "Lead Score", "many", .text),
            (#""Lead Score": 1.5"#, "Lead Score", "1.5", .text),
            (#""Lead Score": null"#, "Lead Score", "", .number),
            (#""x": 1"#, "Lead Score", "", .number),
            (#""Rating": 12.50"#, "Rating", "12.50", .number),
            (#""Unsubscribed": true"#, "Unsubscribed", "true", .boolean),
            (#""Unsubscribed": 1"#, "Unsubscribed", "1", .text),
            (#""Unsubscribed": """#, "Unsubscribed", "", .boolean),
            (#""Date of Birth": "1990-01-02""#, "Date of Birth", "1990-01-02", .text),
            (#""Date of Birth": "1990-01-02T03:04:05Z""#, "Date of Birth", "1990-01-02", .text),
            (#""Updated At": "2026-05-23T10:00:00+02:00""#, "Updated At", "2026-05-23 08:00:00", .text),
            (#""Updated At": "2026-05-23 10:00""#, "Updated At", "2026-05-23 10:00:00", .text),
            (#""Updated At": "soon""#, "Updated At", "soon", .text),
            (#""Shoe Size": 43"#, "shoe size", "43", .number),
            (#""Shoe Size": true"#, "Shoe Size", "true", .boolean),
        ] as [(String, String, String, ResolvedToken.Shape)]
    )
    func leadFields(member: String, name: String, text: String, shape: ResolvedToken.Shape) throws {
        let resolved = try Fixture.scope(#"{"webhook": "w", "lead": {\#(member)}}"#).resolve(Fixture.token(.lead, name))
        #expect(resolved.text == text)
        #expect(resolved.shape == shape)
        #expect(!resolved.isUnresolved)
    }

    @Test func anUnknownFieldIsUnresolvedAndStillTakesItsDefault() throws {
        let scope = try Fixture.scope(#"{"webhook": "w", "lead": {}}"#)
        #expect(scope.resolve(Fixture.token(.lead, "Shoe Size")).isUnresolved)
        let withDefault = scope.resolve(Fixture.token(.lead, "Shoe Size", default: "43"))
        #expect(withDefault.isUnresolved)
        #expect(withDefault.text == "43")
        #expect(withDefault.shape == .text)
    }

    @Test func oneFieldUnderTwoNamesIsRefused() {
        #expect {
            try Fixture.scope(#"{"webhook": "w", "lead": {"firstName": "a", "First Name": "b"}}"#)
        } throws: { error in
            (error as? Problem)?.name == .malformedRequest
        }
    }

    /// One of six hundred fields under two names, and none.
    @Test(arguments: [0, 1, 255, 256, 300, 599, nil])
    func ofManyFieldsOneUnderTwoNamesIsRefused(field: Int?) throws {
        let fields = (0..<600).map {
            LeadField(displayName: "Field \($0)", soapName: "Field\($0)", restName: "field\($0)", type: .string)
        }
        let members = fields.map { "\"\($0.displayName)\": \"\($0.restName)\"" }
        let twice = field.map { [#""FIELD\#($0)": "again""#] } ?? []
        let request = #"{"webhook": "w", "lead": {\#((members + twice).joined(separator: ","))}}"#
        let snapshot = Fixture.snapshot(leadFields: FieldCatalog(fields: fields))
        do {
            let scope = try Fixture.scope(request, of: snapshot)
            #expect(field == nil)
            for index in fields.indices {
                let name = fields[index].displayName
                let token = TokenReference(
                    family: .lead,
                    name: name,
                    defaultText: nil,
                    leadField: index,
                    spelling: name
                )
                #expect(scope.resolve(token).text == fields[index].restName)
            }
        } catch {
            let problem = error as? Problem
            #expect(problem?.detail.contains("\"Field \(field ?? -1)\" and as \"FIELD\(field ?? -1)\"") == true)
        }
    }

    @Test(arguments: [
        (#""company": {"Company Name": "Acme"}, "lead": {"company": "Other"}"#, "Company Name", "Acme"),
        (#""lead": {"company": "Acme"}"#, "Company Name", "Acme"),
        (#""lead": {"Address": "Home", "Billing Address": "Office"}"#, "Address", "Office"),
        (#""lead": {"Address": "Home"}"#, "Address", ""),
        (#""company": {"Mascot": "Owl"}, "lead": {}"#, "mascot", "Owl"),
        (#""company": {"Billing Address": "Office"}, "lead": {"billingStreet": "Other"}"#, "Address", "Office"),
        // A field that no lead has, and one that the subscription added, by any of its names and as its type has it.
        (#""lead": {"parentname": "Holding"}"#, "Parent", "Holding"),
        (#""company": {"leadScore": "5"}, "lead": {"LeadScore": 6}"#, "Lead Score", "5"),
        (#""company": {"Updated At": "2026-05-23T10:00:00+02:00"}, "lead": {}"#, "UpdatedAt", "2026-05-23 08:00:00"),
        (#""lead": {"leadScore": 6}"#, "Lead Score", "6"),
    ])
    func companyFields(members: String, name: String, text: String) throws {
        let resolved = try Fixture.scope(#"{"webhook": "w", \#(members)}"#).resolve(Fixture.token(.company, name))
        #expect(resolved.text == text)
        #expect(!resolved.isUnresolved)
    }

    /// The company's field goes by another display name in the subscription.
    @Test(arguments: ["Account Name", "Company Name"], ["company", "Company", "Account Name", "Company Name"])
    func aRenamedCompanyField(token: String, member: String) throws {
        let fields = FieldCatalog(fields: [
            LeadField(displayName: "Account Name", soapName: "Company", restName: "company", type: .string)
        ])
        let snapshot = Fixture.snapshot(leadFields: fields)
        let reference = TokenReference(
            family: .company,
            name: token,
            defaultText: nil,
            companyField: snapshot.companyFields.position(of: token),
            leadField: fields.position(of: token),
            spelling: token
        )
        let scope = try Fixture.scope(#"{"webhook": "w", "company": {"\#(member)": "X"}, "lead": {}}"#, of: snapshot)
        #expect(scope.resolve(reference).text == "X")
    }

    @Test(arguments: [#""leadScore": 1, "Lead Score": 2"#, #""Billing Address": 1, "Address": 2"#])
    func oneFieldOfACompanyUnderTwoNamesIsRefused(members: String) {
        #expect {
            try Fixture.scope(#"{"webhook": "w", "lead": {}, "company": {\#(members)}}"#)
        } throws: { error in
            (error as? Problem)?.detail.contains("\"company\" has one field twice") ?? false
        }
    }

    @Test(arguments: [
        #""lead": {"custom": 1, "Other": 1, "CUSTOM": 2}"#, #""lead": {}, "company": {"x": 1, "X": 2}"#,
    ])
    func aNameOfNoFieldInTwoSpellingsIsRefused(members: String) {
        #expect {
            try Fixture.scope(#"{"webhook": "w", \#(members)}"#)
        } throws: { error in
            (error as? Problem)?.detail.contains("twice; case does not matter") ?? false
        }
    }

    /// A My Token: its folder, what the request overrides, and what becomes of it.
    @Test(
        arguments: [
            (2, "", "Speaker", "Ada", .text, false),
            (1, "", "speaker", "root", .text, false),
            (2, "", "Seats", "250", .number, false),
            (2, "", "Change", "+5", .text, false),
            (2, #"{"name": "Change", "value": -5}"#, "Change", "-5", .number, false),
            (0, "", "Key", "hush-hush", .text, true),
            (2, #"{"name": "{{my.Seats}}", "value": 300}"#, "Seats", "300", .number, false),
            (2, #"{"name": "Seats", "value": "300"}"#, "Seats", "300", .number, false),
            (2, #"{"name": "Seats", "value": "lots"}"#, "Seats", "lots", .text, false),
            (2, #"{"name": "SPEAKER", "value": 5}"#, "Speaker", "5", .text, false),
            (2, #"{"name": "Key", "value": "other-secret"}"#, "Key", "other-secret", .text, true),
            (2, #"{"name": "New", "value": true}"#, "New", "true", .boolean, false),
        ] as [(Int, String, String, String, ResolvedToken.Shape, Bool)]
    )
    func myTokens(
        folder: Int,
        override: String,
        name: String,
        text: String,
        shape: ResolvedToken.Shape,
        isSecret: Bool
    ) throws {
        let scope = try Fixture.scope(#"{"webhook": "w", "lead": {}, "tokens": [\#(override)]}"#, folder: folder)
        let resolved = scope.resolve(Fixture.token(.my, name))
        #expect(resolved.text == text)
        #expect(resolved.shape == shape)
        #expect(resolved.isSecret == isSecret)
    }

    /// A default stands in the webhook's file for everyone to read: masked as a secret it would mask half of an answer.
    @Test(arguments: ["null", #""""#])
    func theDefaultOfASecretIsNone(value: String) throws {
        let request = #"{"webhook": "w", "lead": {}, "tokens": [{"name": "Key", "value": \#(value)}]}"#
        let resolved = try Fixture.scope(request).resolve(Fixture.token(.my, "Key", default: "e"))
        #expect(resolved.text == "e")
        #expect(resolved.source == .defaultText)
        #expect(!resolved.isSecret)
    }

    /// A secret stays one in a request, too: what is too short to be masked is refused, and not repeated.
    @Test(arguments: [
        (#""sesame!""#, false), (#""  sesame! ""#, false), (#""sesame!!""#, true), ("1234567", false), ("null", true),
        (#""""#, true),
    ])
    func aSecretIsNotOverriddenWithAShortOne(value: String, isAllowed: Bool) {
        let request = #"{"webhook": "w", "lead": {}, "tokens": [{"name": "{{my.KEY}}", "value": \#(value)}]}"#
        do {
            _ = try Fixture.scope(request)
            #expect(isAllowed)
        } catch {
            let problem = error as? Problem
            #expect(!isAllowed && problem?.name == .malformedRequest)
            #expect(problem?.detail.contains("sesame") == false)
        }
    }

    @Test(arguments: [
        (0, TokenFamily.my, "Seats"), (0, .program, "id"), (2, .campaign, "name"), (2, .member, "webinar url"),
        (2, .trigger, "Colour"),
    ])
    func whatNothingDefinesIsUnresolved(folder: Int, family: TokenFamily, name: String) throws {
        let scope = try Fixture.scope(#"{"webhook": "w", "lead": {}}"#, folder: folder)
        #expect(scope.resolve(Fixture.token(family, name)).isUnresolved)
    }

    @Test(arguments: [
        (TokenFamily.program, "ID", "1027", ResolvedToken.Shape.number), (.program, "name", "Spring", .text),
        (.program, "description", "", .text), (.campaign, "id", "3044", .number), (.campaign, "description", "", .text),
        (.trigger, "trigger name", "Fills Out Form", .text), (.trigger, "Link", "", .text),
        (.member, "Webinar URL", "https://example.com", .text), (.system, "date", "Aug 08, 2013", .text),
        (.system, "time", "04:36 PM (GMT +0000)", .text), (.system, "dateTime", "2013-08-08 16:36:13", .text),
        (.system, "munchkinId", "123-ABC-456", .text), (.system, "unsubscribeLink", "", .text),
    ])
    func theOtherFamilies(family: TokenFamily, name: String, text: String, shape: ResolvedToken.Shape) throws {
        let scope = try Fixture.scope(
            #"""
            {"webhook": "w", "lead": {}, "campaign": {"id": 3044, "description": null},
             "trigger": {"Trigger Name": "Fills Out Form"}, "member": {"webinar url": "https://example.com"}}
            """#
        )
        let resolved = scope.resolve(Fixture.token(family, name))
        #expect(resolved.text == text)
        #expect(resolved.shape == shape)
        #expect(!resolved.isUnresolved)
    }
}
