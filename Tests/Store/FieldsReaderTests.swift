import FlowAction
import Store
import TestSupport
import Testing

@Suite struct FieldsReaderTests {
    private func load(_ fields: String) -> LoadResult {
        TemporaryStore(["fields.json": #"{"requestId": "e42b#14272d07d78", "success": true, "result": [\#(fields)]}"#])
            .load()
    }

    @Test func addsFieldsAsDescribeLeadGivesThem() throws {
        let result = load(
            #"""
            {"id": 2, "displayName": "Shoe Size", "dataType": "integer", "length": 7,
             "rest": {"name": "shoeSize", "readOnly": false}, "soap": {"name": "Shoe_Size", "readOnly": false}},
            {"displayName": "Computed", "dataType": "formula", "rest": {"name": "computed"}},
            {"dataType": "string", "soap": {"name": "OnlySoap", "readOnly": true}}
            """#
        )
        #expect(result.diagnostics.isEmpty)
        let fields = try #require(result.snapshot?.leadFields)
        let size = try #require(fields.field(named: "shoe size"))
        #expect(
            size.soapName == "Shoe_Size" && size.restName == "shoeSize" && size.type == .integer && size.length == 7
        )
        #expect(size.isWritable)
        #expect(fields.field(named: "Shoe_Size") == size && fields.field(named: "SHOESIZE") == size)
        #expect(fields.field(named: "computed")?.isWritable == false)
        let soap = try #require(fields.field(named: "OnlySoap"))
        #expect(soap.displayName == "OnlySoap" && soap.restName == "OnlySoap" && !soap.isWritable)
        #expect(fields.field(named: "First Name")?.restName == "firstName")
    }

    @Test func putsAFieldInPlaceOfTheStandardOne() throws {
        let result = load(#"{"displayName": "Given Name", "dataType": "text", "rest": {"name": "firstName"}}"#)
        let fields = try #require(result.snapshot?.leadFields)
        #expect(fields.field(named: "firstName")?.type == .text)
        #expect(fields.field(named: "First Name") == nil)
        #expect(fields.fields.count { $0.restName == "firstName" } == 1)
    }

    @Test func warnsOfUnknownTypesAndClashes() throws {
        let result = load(
            #"""
            {"displayName": "A", "dataType": "hologram", "rest": {"name": "a"}},
            {"displayName": "B", "dataType": "string", "rest": {"name": "a"}}
            """#
        )
        #expect(result.diagnostics.map(\.code).sorted() == ["field-clash", "field-type"])
        #expect(result.diagnostics.allSatisfy { $0.severity == .warning })
        #expect(result.snapshot != nil)
    }

    /// Two fields of the file, or one of the file and a standard one that stays; both can still be found.
    @Test(arguments: [
        #"{"displayName": "A", "rest": {"name": "a1"}}, {"displayName": "a", "rest": {"name": "a2"}}"#,
        #"{"displayName": "A", "rest": {"name": "a1"}}, {"displayName": "B", "rest": {"name": "a2"}, "soap": {"name": "A1"}}"#,
        #"{"displayName": "A", "rest": {"name": "firstName"}}, {"displayName": "First Name", "rest": {"name": "A"}}"#,
        #"{"displayName": "Email Address", "rest": {"name": "firstName"}}"#,
        #"{"displayName": "Given", "rest": {"name": "firstName"}, "soap": {"name": "LastName"}}"#,
        #"{"displayName": "email", "rest": {"name": "custom"}}"#,
    ])
    func warnsOfAName(fields: String) throws {
        let result = load(fields)
        #expect(result.diagnostics.map(\.code) == ["field-clash"])
        #expect(result.diagnostics.allSatisfy { $0.severity == .warning && $0.line == 1 && $0.column > 1 })
        #expect(result.snapshot != nil)
    }

    /// The standard field's display name was changed, and one of the subscription's own has it now.
    @Test func tellsAFieldByItsNamesInTheAPIs() throws {
        let result = load(
            #"""
            {"displayName": "First Name", "rest": {"name": "custom"}, "soap": {"name": "Custom"}},
            {"displayName": "Given Name", "dataType": "text", "rest": {"name": "firstName"}, "soap": {"name": "FirstName"}}
            """#
        )
        #expect(result.diagnostics.isEmpty)
        let fields = try #require(result.snapshot?.leadFields)
        #expect(fields.field(named: "First Name")?.restName == "custom")
        #expect(fields.field(named: "FirstName")?.displayName == "Given Name")
    }

    @Test func warnsOfValuesOfAnotherType() throws {
        let result = load(
            #"""
            {"displayName": "A", "length": "10"},
            {"displayName": "B", "dataType": 7},
            {"displayName": "C", "dataType": null, "length": null}
            """#
        )
        #expect(result.diagnostics.map(\.code) == ["field-length", "field-type"])
        #expect(result.diagnostics.allSatisfy { $0.severity == .warning })
        let fields = try #require(result.snapshot?.leadFields)
        #expect(fields.field(named: "A")?.length == nil && fields.field(named: "A")?.isWritable == true)
        #expect(fields.field(named: "B")?.isWritable == false && fields.field(named: "C")?.isWritable == true)
    }

    @Test(arguments: ["0", "-1", "10.5", "1e2", "99999999999999999999", "true", "[]"])
    func warnsOfALengthThatIsNone(length: String) throws {
        let result = load(#"{"displayName": "A", "length": \#(length)}"#)
        #expect(result.diagnostics.map(\.code) == ["field-length"])
        #expect(result.diagnostics.allSatisfy { $0.severity == .warning })
        let fields = try #require(result.snapshot?.leadFields)
        #expect(fields.field(named: "A")?.length == nil)
    }

    /// With the key where it occurs again.
    @Test(
        arguments: [
            (#"{"displayName": "A",\n "displayName": "B"}"#, "displayName", "2:2"),
            (#"{"displayName": "A", "rest": {"name": "a",\n"\u006eame": "b"}}"#, "name", "2:1"),
            (#"{"displayName": "A\", \"", "a": ["a", {"a": 1}], "é": 0,\n"É": "é",   "a": 1}"#, "a", "2:13"),
            (#"{"displayName": "A"}],\n  "result": [{"displayName": "B"}"#, "result", "2:3"),
            (#"{"displayName": "A"}], "errors": [{"code": 1,\n\n "code": 2}"#, "code", "3:2"),
        ] as [(String, String, String)]
    )
    func refusesAKeyThatOccursTwice(field: String, key: String, place: String) {
        let result = load(field.replacing("\\n", with: "\n"))
        let text = "fields.json:\(place): error: the key \"\(key)\" occurs twice in one object"
        #expect(result.diagnostics.map(\.text) == [text])
        #expect(result.snapshot == nil)
    }

    /// A custom field that is called like another one's name in an API takes nothing from that one.
    @Test func keepsTheNamesOfStandardFields() throws {
        let snapshot = try #require(
            load(
                #"""
                {"displayName": "Title", "dataType": "string", "rest": {"name": "title__c"}, "soap": {"name": "Title__c"}},
                {"displayName": "company", "dataType": "string", "rest": {"name": "company__c"},
                 "soap": {"name": "Company__c"}}, {"displayName": "Shoe Size ", "rest": {"name": "shoeSize"}},
                {"displayName": "Num Employees", "dataType": "string", "rest": {"name": "numberOfEmployees"},
                 "soap": {"name": "NumberOfEmployees"}}
                """#
            ).snapshot
        )
        let fields = snapshot.leadFields
        #expect(fields.field(named: "title")?.displayName == "Job Title")
        #expect(fields.field(named: "Title")?.soapName == "Title__c")
        #expect(fields.field(named: "TITLE")?.soapName == "Title__c")
        #expect(fields.field(mappedAs: "Title")?.displayName == "Job Title")
        #expect(fields.field(mappedAs: "title__c")?.displayName == "Title")
        #expect(fields.position(ofRESTName: "company").map { fields.fields[$0].displayName } == "Company Name")
        #expect(fields.field(named: "Shoe Size")?.restName == "shoeSize")
        // Two SOAP names that differ in case alone: each is mapped by its own.
        let twins = try #require(
            load(
                #"""
                {"displayName": "Alpha", "dataType": "string", "rest": {"name": "r1"}, "soap": {"name": "A"}},
                {"displayName": "Beta", "dataType": "string", "rest": {"name": "R1"}, "soap": {"name": "a"}}
                """#
            ).snapshot
        ).leadFields
        #expect(["A", "a"].map { twins.field(mappedAs: $0)?.displayName } == ["Alpha", "Beta"])
        let byREST = ["r1", "R1"].map { twins.position(ofRESTName: $0).map { twins.fields[$0].displayName } }
        #expect(byREST == ["Alpha", "Beta"])
        // A company's field is found by its own name, whoever else has it for a display name.
        let template = TemplateCompiler(leadFields: fields, companyFields: snapshot.companyFields)
            .payload("{{company.Company Name}}", encoding: TokenEncoding.none, contentType: nil).template
        guard case .token(let token, _)? = template.segments.first else {
            Issue.record("no token")
            return
        }
        let body = #"{"webhook": "w", "lead": {"Company Name": "Acme", "company__c": "other"}}"#
        let scope = try TokenScope(
            request: FlowActionRequest(decoding: Array(body.utf8)),
            snapshot: snapshot,
            folder: 0,
            instant: Instant(seconds: 0)
        )
        #expect(scope.resolve(token).text == "Acme")
        // One type for one field, in the company too.
        #expect(snapshot.companyFields.field(named: "numberOfEmployees")?.type == .string)
        #expect(snapshot.companyFields.field(named: "Annual Revenue")?.type == .currency)
    }

    /// A look through all fields for each of them would take minutes, and hours for as many as the file may hold.
    @Test func readsManyFields() throws {
        let fields = (0..<60_000).map { #"{"displayName":"F\#($0)","rest":{"name":"r\#($0)"}}"# }.joined(separator: ",")
        let (result, seconds) = timingCPU { load(fields) }
        #expect(seconds < 60)
        #expect(result.diagnostics.isEmpty)
        let catalog = try #require(result.snapshot?.leadFields)
        #expect(catalog.field(named: "r59999")?.displayName == "F59999")
    }

    @Test(arguments: [#"{"dataType": "string"}"#, "7", #"{"displayName": "", "rest": {"name": ""}}"#])
    func refusesAFieldWithoutAName(field: String) {
        #expect(load(field).diagnostics.map(\.code) == ["fields"])
    }

    @Test func takesANameForAnEmptyOne() throws {
        let result = load(#"{"displayName": "", "rest": {"name": "b"}, "soap": {"name": ""}}"#)
        #expect(result.diagnostics.isEmpty)
        #expect(result.snapshot?.leadFields.field(named: "b")?.displayName == "b")
    }

    @Test func tellsOfAnAnswerOfAnotherKind() {
        let result = load(#"{"name": "API Lead", "searchableFields": [["id"]], "fields": [{"name": "id"}]}"#)
        #expect(result.diagnostics.map(\.code) == ["fields"])
        #expect(result.diagnostics[0].message.contains("Describe Lead2"))
    }

    @Test func tellsFieldsOfOneDisplayNameApart() {
        let fields = ["a1", "a2"].map { #"{"displayName": "A", "rest": {"name": "\#($0)"}}"# }
        let result = load(fields.joined(separator: ","))
        #expect(result.diagnostics.map(\.message) == [#"the field A (a2) claims the name "a", which is A (a1)'s too"#])
    }
}
