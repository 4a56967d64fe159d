import FlowAction
import Store
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

    @Test(arguments: [#"{"dataType": "string"}"#, "7"])
    func refusesAFieldWithoutAName(field: String) {
        #expect(load(field).diagnostics.map(\.code) == ["fields"])
    }
}
