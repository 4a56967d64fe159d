import JSON
import TestSupport
import Testing

@testable import FlowAction
@testable import Gateway

/// The pages that list what the code knows list all of it, and nothing else.
@Suite struct ReferencePagesTests {
    private static let requests = DocumentationPage(named: "Requests")

    @Test(arguments: [("The request", "FlowActionRequest"), ("The answer", "FlowActionAnswer")])
    func requestsListsTheMembers(heading: String, schema: String) throws {
        let schemas = try JSONValue(parsing: Array(OpenAPI.schemas.utf8))
        guard case .object(let object)? = schemas[schema]?["properties"] else {
            Issue.record("no schema \(schema)")
            return
        }
        #expect(Self.requests.words(under: heading) == object.members.map(\.name))
    }

    @Test func requestsListsTheOutcomesAndErrors() {
        #expect(Self.requests.words(under: "Outcomes") == FlowActionAnswer.Outcome.allCases.map(\.rawValue))
        #expect(Self.requests.words(under: "Errors") == CallFailure.Kind.allCases.map(\.rawValue))
    }

    @Test func requestsListsTheProblems() {
        let rows = Self.requests.tables("name").flatMap { $0.dropFirst() }
        #expect(
            rows.map { Array($0.prefix(2)) }
                == Problem.Name.allCases.map { name in
                    [name.rawValue, String(Problem(name, detail: "").status)]
                }
        )
    }

    @Test func fieldsListsTheFields() {
        let lead = StandardFields.lead
        let company = StandardFields.company.filter { field in !lead.contains { $0.restName == field.restName } }
        let tables = DocumentationPage(named: "Fields").tables("display name").map { Array($0.dropFirst()) }
        #expect(tables == [lead.map(row(of:)), company.map(row(of:))])
    }

    private func row(of field: LeadField) -> [String] {
        let length = field.length.map(String.init) ?? ""
        return [
            field.displayName, field.soapName, field.restName, field.type.rawValue, length,
            field.isWritable ? "yes" : "",
        ]
    }
}
