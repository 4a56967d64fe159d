import FlowAction
import JSON
import Testing

/// What the mapper makes of whole bodies: charsets, and bodies that are not what the response type says.
@Suite struct ResponseBodyTests {
    private func map(_ body: [UInt8], _ contentType: String?, _ responseType: ResponseType) throws(CallFailure)
        -> JSONValue?
    {
        let attribute: ResponseAttribute
        do {
            attribute = try ResponseAttribute(responseType == .json ? "v" : "r.v", responseType: responseType)
        } catch {
            Issue.record(error)
            return nil
        }
        let field = LeadField(displayName: "F", soapName: "F", restName: "f", type: .string)
        let answer = ServiceAnswer(status: 200, reasonPhrase: "", contentType: contentType, body: body)
        let mapping = ResponseMapping(field: field, attribute: attribute)
        return try ResponseMapper(responseType: responseType, mappings: [mapping]).map(answer).fields.first?.value
    }

    private static func utf16(_ text: String) -> [UInt8] { text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } }

    @Test(
        "every charset reads alike",
        arguments: [
            (Array(#"{"v": "é"}"#.utf8), "application/json", .json), (Array(#"{"v": "é"}"#.utf8), nil, .json),
            ([0xEF, 0xBB, 0xBF] + Array(#"{"v": "é"}"#.utf8), nil, .json),
            ([0xEF, 0xBB, 0xBF] + Array(#"{"v": "é"}"#.utf8), "application/json; charset=utf-8", .json),
            (Array("{\"v\": \"".utf8) + [0xE9] + Array("\"}".utf8), "text/plain; charset=iso-8859-1", .json),
            ([0xFF, 0xFE] + utf16(#"{"v": "é"}"#), nil, .json),
            (utf16(#"{"v": "é"}"#), "application/json;charset=utf-16", .json),
            (Array("<r><v>é</v></r>".utf8), "text/html", .xml),
            (Array("<?xml version='1.0' encoding='utf-8'?><r><v>é</v></r>".utf8), nil, .xml),
            ([0xEF, 0xBB, 0xBF] + Array("<?xml version='1.0'?><r><v>é</v></r>".utf8), nil, .xml),
            (
                Array("<?xml version='1.0' encoding='iso-8859-1'?><r><v>".utf8) + [0xE9] + Array("</v></r>".utf8), nil,
                .xml
            ),
            (Array("<?xml version='1.0' encoding='utf-16'?><r><v>é</v></r>".utf8), nil, .xml),
            ([0xFF, 0xFE] + utf16("<?xml version='1.0' encoding='utf-16'?><r><v>é</v></r>"), nil, .xml),
            (utf16("<?xml version='1.0' encoding='utf-16'?><r><v>é</v></r>"), "text/xml", .xml),
            (
                Array("<?xml version='1.0' encoding='utf-16'?><r><v>".utf8) + [0xE9] + Array("</v></r>".utf8),
                "text/xml; charset=latin1", .xml
            ),
        ] as [([UInt8], String?, ResponseType)]
    )
    func charsets(body: [UInt8], contentType: String?, responseType: ResponseType) throws {
        #expect(try map(body, contentType, responseType) == .string("é"))
    }

    @Test(
        "what came instead",
        arguments: [
            ("<!DOCTYPE html><html><body>secret</body></html>", nil, .json, "not JSON: an HTML page"),
            (" \n<HTML lang=en>secret", nil, .json, "not JSON: an HTML page"),
            ("<r>secret</r>", nil, .json, "not JSON: XML"),
            ("secret", nil, .json, "not JSON: plain text"), ("a=secret&b=1", nil, .json, "not JSON: plain text"),
            (" \n", nil, .json, "not JSON: white space"), ("\u{1}\u{2}secret", nil, .json, "not JSON: binary data"),
            ("{\"v\": secret}", nil, .json, "not valid JSON: a character that may not stand there, at byte 7"),
            ("{\"v\": \"secret", nil, .json, "not valid JSON: the text ends too early"),
            ("{\"v\": 1}", "text/plain; charset=koi8-r", .json, "not JSON: text in an unknown charset"),
            ("{\"v\": \"é\"}", "text/plain; charset=us-ascii", .json, "not valid JSON: it is no text of its charset"),
            (String(repeating: "[", count: 65), nil, .json, "not valid JSON: too many nested containers"),
            ("{\"v\": \"secret\"}", nil, .xml, "not XML: JSON"), ("secret", nil, .xml, "not XML: plain text"),
            ("<!DOCTYPE html><html></html>", nil, .xml, "not XML: an HTML page"),
            ("<!DOCTYPE r [<!ENTITY e 'secret'>]><r>&e;</r>", nil, .xml, "not valid XML: a document type declaration"),
            ("<r>\n<secret></r>", nil, .xml, "not valid XML: an end tag that does not match its start tag, in line 2"),
            (String(repeating: "<a>", count: 65), nil, .xml, "not valid XML: too many nested elements"),
        ] as [(String, String?, ResponseType, String)]
    )
    func unparsable(body: String, contentType: String?, responseType: ResponseType, detail: String) {
        let failure = #expect(throws: CallFailure.self) { try map(Array(body.utf8), contentType, responseType) }
        #expect(failure?.type == .unparsableResponse)
        #expect(failure?.sent == .yes)
        #expect(failure?.detail.contains(detail) == true, "\(failure?.detail ?? "")")
        #expect(failure?.detail.contains("secret") == false)
    }

    @Test(
        arguments: [
            [0x1F, 0x8B, 0x08, 0x00], [0x28, 0xB5, 0x2F, 0xFD, 0x00], [0xFF, 0xD8, 0xFF, 0x00], [0x7B, 0xFF, 0x7D],
            [0xEF, 0xBB, 0xBF], [0xFF, 0xFE], [0x00], [0xFF, 0xFE, 0x00],
        ] as [[UInt8]]
    )
    func bytesThatAreNoText(body: [UInt8]) {
        for type in [ResponseType.json, .xml] {
            let failure = #expect(throws: CallFailure.self) { try map(body, nil, type) }
            #expect(failure?.type == .unparsableResponse)
        }
    }

    @Test func anEmptyBodyIsAFailureWhereAMappingIsWanted() throws {
        for type in [ResponseType.json, .xml] {
            let failure = #expect(throws: CallFailure.self) { try map([], "application/json", type) }
            #expect(failure?.type == .emptyResponse)
            #expect(failure?.sent == .yes)
        }
        let answer = ServiceAnswer(status: 204, reasonPhrase: "", contentType: nil, body: [])
        #expect(try ResponseMapper(responseType: .json, mappings: []).map(answer).fields.isEmpty)
        #expect(try ResponseMapper(responseType: .none, mappings: []).map(answer).fields.isEmpty)
    }

    @Test func aScalarAtTheRootHasNoMembers() throws {
        #expect(try map(Array("5".utf8), nil, .json) == nil)
        #expect(try map(Array("null".utf8), nil, .json) == nil)
    }
}
