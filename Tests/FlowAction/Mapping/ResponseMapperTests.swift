import FlowAction
import JSON
import Testing

/// Maps one value, `v` of JSON or the element `v` of XML, to a field of a type.
private func map(
    _ value: String,
    _ responseType: ResponseType,
    to type: FieldType,
    length: Int? = nil,
    clearsOnNull: Bool = false,
    writesEmpty: Bool = false
) throws -> MappingResult {
    let path = responseType == .json ? "v" : "r.v"
    let body = responseType == .json ? "{\(value.isEmpty ? "" : "\"v\": \(value)")}" : "<r>\(value)</r>"
    let mapping = ResponseMapping(
        field: LeadField(displayName: "F", soapName: "F", restName: "f", type: type, length: length),
        attribute: try ResponseAttribute(path, responseType: responseType),
        clearsOnNull: clearsOnNull,
        writesEmpty: writesEmpty
    )
    let answer = ServiceAnswer(status: 200, reasonPhrase: "OK", contentType: nil, body: Array(body.utf8))
    return try ResponseMapper(responseType: responseType, mappings: [mapping]).map(answer)
}

extension MappingResult {
    /// What one mapping gave: the JSON that is written, with `…` where it was cut, or the reason in words.
    fileprivate var cell: String {
        switch skipped.first?.reason {
        case .typeMismatch: return "mismatch"
        case .outOfRange: return "range"
        case .invalidValue: return "invalid"
        case .absent: return "absent"
        case .null: return "skipped"
        case .empty: return "empty"
        case nil: break
        }
        guard let value = fields.first?.value else { return "nothing" }
        return String(decoding: value.serialized, as: UTF8.self) + (truncated.isEmpty ? "" : "…")
    }
}

/// A text without blanks at both ends.
private func trimmed(_ text: Substring) -> String {
    var text = text.drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return String(text)
}

/// One row of a table: what is found, and what comes of it by the type of the field.
private struct Row: CustomTestStringConvertible, Sendable {
    let responseType: ResponseType
    let found: String
    let cells: [String]

    var testDescription: String { "\(responseType.rawValue) \(found)" }

    /// The types of a column; e-mail addresses and URLs have rules of their own.
    static let columns: [[FieldType]] = [
        [.string, .phone, .text, .reference], [.integer, .score, .percent], [.float, .currency], [.boolean], [.date],
        [.datetime],
    ]

    /// Reads a table without its head, one row a line; `=` stands for the text as it was found.
    static func table(_ responseType: ResponseType, _ text: String) -> [Row] {
        text.split(separator: "\n").dropFirst().map { line in
            var cells = line.split(separator: "|", omittingEmptySubsequences: false).map(trimmed)
            let found = cells.removeFirst()
            let text = trimmed(found.replacing("<v>", with: "").replacing("</v>", with: "")[...])
            let literal = responseType == .json ? text : "\"\(text)\""
            return Row(responseType: responseType, found: found, cells: cells.map { $0 == "=" ? literal : $0 })
        }
    }
}

private let jsonRows = Row.table(
    .json,
    #"""
    found                       | text      | whole    | decimal  | boolean  | date         | datetime
    "Ada"                       | =         | mismatch | mismatch | mismatch | invalid      | invalid
    " Ada "                     | =         | mismatch | mismatch | mismatch | invalid      | invalid
    "5"                         | =         | mismatch | mismatch | mismatch | invalid      | invalid
    "true"                      | =         | mismatch | mismatch | mismatch | invalid      | invalid
    "null"                      | =         | mismatch | mismatch | mismatch | invalid      | invalid
    " "                         | =         | mismatch | mismatch | mismatch | invalid      | invalid
    "\ud83d\ude00"              | "😀"      | mismatch | mismatch | mismatch | invalid      | invalid
    "2026-05-23"                | =         | mismatch | mismatch | mismatch | "2026-05-23" | "2026-05-23T00:00:00"
    "2026-05-23T10:00"          | =         | mismatch | mismatch | mismatch | "2026-05-23" | "2026-05-23T10:00:00"
    "2026-05-23 10:00:01.999"   | =         | mismatch | mismatch | mismatch | "2026-05-23" | "2026-05-23T10:00:01"
    "2026-05-23T23:00-07:00"    | =         | mismatch | mismatch | mismatch | "2026-05-23" | "2026-05-23T23:00:00-07:00"
    "2026-05-23T10:00:00.5Z"    | =         | mismatch | mismatch | mismatch | "2026-05-23" | "2026-05-23T10:00:00Z"
    "2026-05-23T10:00+05:45"    | =         | mismatch | mismatch | mismatch | "2026-05-23" | "2026-05-23T10:00:00+05:45"
    "0099-01-01"                | =         | mismatch | mismatch | mismatch | "0099-01-01" | "0099-01-01T00:00:00"
    "2026-02-29"                | =         | mismatch | mismatch | mismatch | invalid      | invalid
    "2026-05-23T23:59:60Z"      | =         | mismatch | mismatch | mismatch | invalid      | invalid
    "2026-05-23T10:00:00+0200"  | =         | mismatch | mismatch | mismatch | invalid      | invalid
    "05/23/2026"                | =         | mismatch | mismatch | mismatch | invalid      | invalid
    250                         | "250"     | 250      | 250      | mismatch | mismatch     | mismatch
    5.0                         | "5.0"     | 5        | 5.0      | mismatch | mismatch     | mismatch
    1e2                         | "1e2"     | 100      | 1e2      | mismatch | mismatch     | mismatch
    120e-1                      | "120e-1"  | 12       | 120e-1   | mismatch | mismatch     | mismatch
    12e-1                       | "12e-1"   | mismatch | 12e-1    | mismatch | mismatch     | mismatch
    -2.50                       | "-2.50"   | mismatch | -2.50    | mismatch | mismatch     | mismatch
    -0                          | "-0"      | 0        | -0       | mismatch | mismatch     | mismatch
    1e400                       | "1e400"   | range    | 1e400    | mismatch | mismatch     | mismatch
    1                           | "1"       | 1        | 1        | mismatch | mismatch     | mismatch
    true                        | "true"    | mismatch | mismatch | true     | mismatch     | mismatch
    false                       | "false"   | mismatch | mismatch | false    | mismatch     | mismatch
    ""                          | empty     | empty    | empty    | empty    | empty        | empty
    null                        | skipped   | skipped  | skipped  | skipped  | skipped      | skipped
    {}                          | mismatch  | mismatch | mismatch | mismatch | mismatch     | mismatch
    [1]                         | mismatch  | mismatch | mismatch | mismatch | mismatch     | mismatch
                                | absent    | absent   | absent   | absent   | absent       | absent
    """#
)

private let xmlRows = Row.table(
    .xml,
    """
    found                           | text     | whole    | decimal  | boolean  | date         | datetime
    <v>Ada</v>                      | =        | mismatch | mismatch | mismatch | invalid      | invalid
    <v> Ada L. </v>                 | =        | mismatch | mismatch | mismatch | invalid      | invalid
    <v><![CDATA[ <b> ]]></v>        | "<b>"    | mismatch | mismatch | mismatch | invalid      | invalid
    <v>250</v>                      | =        | 250      | 250      | mismatch | invalid      | invalid
    <v> 5.0 </v>                    | =        | 5        | 5.0      | mismatch | invalid      | invalid
    <v>1e2</v>                      | =        | 100      | 1e2      | mismatch | invalid      | invalid
    <v>2.5</v>                      | =        | mismatch | 2.5      | mismatch | invalid      | invalid
    <v>1e400</v>                    | =        | range    | 1e400    | mismatch | invalid      | invalid
    <v>+5</v>                       | =        | mismatch | mismatch | mismatch | invalid      | invalid
    <v>007</v>                      | =        | mismatch | mismatch | mismatch | invalid      | invalid
    <v>.5</v>                       | =        | mismatch | mismatch | mismatch | invalid      | invalid
    <v>1,000</v>                    | =        | mismatch | mismatch | mismatch | invalid      | invalid
    <v>NaN</v>                      | =        | mismatch | mismatch | mismatch | invalid      | invalid
    <v>true</v>                     | =        | mismatch | mismatch | true     | invalid      | invalid
    <v> false </v>                  | =        | mismatch | mismatch | false    | invalid      | invalid
    <v>1</v>                        | =        | 1        | 1        | true     | invalid      | invalid
    <v>0</v>                        | =        | 0        | 0        | false    | invalid      | invalid
    <v>True</v>                     | =        | mismatch | mismatch | mismatch | invalid      | invalid
    <v>2026-05-23</v>               | =        | mismatch | mismatch | mismatch | "2026-05-23" | "2026-05-23T00:00:00"
    <v> 2026-05-23T10:00:01.5Z </v> | =        | mismatch | mismatch | mismatch | "2026-05-23" | "2026-05-23T10:00:01Z"
    <v>null</v>                     | =        | mismatch | mismatch | mismatch | invalid      | invalid
    <v/>                            | empty    | empty    | empty    | empty    | empty        | empty
    <v> <!-- c --> </v>             | empty    | empty    | empty    | empty    | empty        | empty
    <v><![CDATA[]]></v>             | empty    | empty    | empty    | empty    | empty        | empty
    <v><w/></v>                     | mismatch | mismatch | mismatch | mismatch | mismatch     | mismatch
    <v>5<w/></v>                    | mismatch | mismatch | mismatch | mismatch | mismatch     | mismatch
                                    | absent   | absent   | absent   | absent   | absent       | absent
    """
)

@Suite struct ResponseMapperTests {
    @Test("what is found against the field's type", arguments: jsonRows + xmlRows)
    private func table(row: Row) throws {
        #expect(row.cells.count == Row.columns.count)
        for (types, cell) in zip(Row.columns, row.cells) {
            for type in types {
                #expect(
                    try map(row.found, row.responseType, to: type).cell == cell,
                    "\(row.testDescription) to \(type)"
                )
            }
        }
        // Nothing is written to a field that the marketing system computes.
        #expect(try map(row.found, row.responseType, to: .formula).fields.isEmpty)
    }

    @Test(
        "when_null and when_empty",
        arguments: [
            ("null", .json, .string, true, false, "null"), ("null", .json, .integer, true, true, "null"),
            ("null", .json, .string, false, true, "skipped"), ("\"\"", .json, .string, true, false, "null"),
            ("\"\"", .json, .date, true, false, "null"), ("\"\"", .json, .boolean, true, true, "null"),
            ("\"\"", .json, .string, false, true, "\"\""), ("\"\"", .json, .email, false, true, "\"\""),
            ("\"\"", .json, .url, false, true, "\"\""), ("\"\"", .json, .text, false, true, "\"\""),
            ("\"\"", .json, .string, true, true, "\"\""), ("\"\"", .json, .integer, false, true, "empty"),
            ("\"\"", .json, .float, false, true, "empty"), ("\"\"", .json, .datetime, false, true, "empty"),
            ("<v/>", .xml, .string, true, false, "null"), ("<v/>", .xml, .float, true, false, "null"),
            ("<v> </v>", .xml, .string, false, true, "\"\""), ("<v/>", .xml, .boolean, false, true, "empty"),
            ("", .json, .string, true, true, "absent"), ("", .xml, .string, true, true, "absent"),
            ("{}", .json, .string, true, true, "mismatch"),
        ] as [(String, ResponseType, FieldType, Bool, Bool, String)]
    )
    func emptyValues(
        found: String,
        responseType: ResponseType,
        type: FieldType,
        clearsOnNull: Bool,
        writesEmpty: Bool,
        cell: String
    ) throws {
        let result = try map(found, responseType, to: type, clearsOnNull: clearsOnNull, writesEmpty: writesEmpty)
        #expect(result.cell == cell)
    }

    @Test(
        "whole numbers",
        arguments: [
            ("0", "0"), ("-0.0", "0"), ("0e99999999999999999999", "0"), ("0.000e-9", "0"), ("100e-2", "1"),
            ("1.5e1", "15"), ("0.001e3", "1"), ("1E+2", "100"), ("-1e0", "-1"), ("1230.000", "1230"),
            ("9223372036854775807", "9223372036854775807"), ("9223372036854775808", "range"),
            ("-9223372036854775808", "-9223372036854775808"), ("-9223372036854775809", "range"),
            ("9223372036854775807.0", "9223372036854775807"), ("922337203685477580.7e1", "9223372036854775807"),
            ("922337203685477580.8e1", "range"), ("10000000000000000000", "range"),
            ("1e18", "1000000000000000000"), ("1e19", "range"), ("1e400", "range"),
            ("-1e400", "range"), ("1e99999999999999999999", "range"),
            ("1e-99999999999999999999", "mismatch"), ("0.5", "mismatch"), ("1e-1", "mismatch"),
            ("9223372036854775807.5", "mismatch"), ("123456789012345678901234567890.5", "mismatch"),
            ("100000000000000000000e-20", "1"),
        ]
    )
    func wholeNumbers(literal: String, cell: String) throws {
        #expect(try map(literal, .json, to: .integer).cell == cell)
        #expect(try map("<v>\(literal)</v>", .xml, to: .score).cell == cell)
    }

    @Test(
        "e-mail addresses and URLs",
        arguments: [
            ("jane@example.com", .email, true), ("j@x", .email, true), ("jäne@exämple.com", .email, true),
            ("jane", .email, false), ("@example.com", .email, false), ("jane@", .email, false),
            ("a@b@c", .email, false),
            ("ja ne@example.com", .email, false), ("jane@example.com ", .email, false), ("j\u{A0}@x", .email, false),
            ("@", .email, false), ("é@", .email, false), ("5", .email, false),
            ("https://example.com/?a=b#c", .url, true), ("www.example.com", .url, true), ("例え.jp/ü", .url, true),
            ("http://exam ple.com", .url, false), ("http://x\u{3000}y", .url, false), ("http://x\u{7F}", .url, false),
            ("http://x\u{85}y", .url, false), (" www.example.com", .url, false),
        ] as [(String, FieldType, Bool)]
    )
    func addresses(text: String, type: FieldType, isValid: Bool) throws {
        let json = String(decoding: JSONValue.string(text).serialized, as: UTF8.self)
        #expect(try map(json, .json, to: type).cell == (isValid ? json : "invalid"))
    }

    @Test(
        "lengths",
        arguments: [
            (.string, nil, 255), (.email, nil, 255), (.phone, nil, 255), (.url, nil, 255), (.reference, nil, 255),
            (.text, nil, 30_000), (.string, 10, 10), (.string, 2000, 2000), (.text, 2000, 2000), (.string, 0, 255),
            (.url, -1, 255),
        ] as [(FieldType, Int?, Int)]
    )
    func lengths(type: FieldType, length: Int?, limit: Int) throws {
        let text = { (count: Int) in
            type == .email ? "a@" + String(repeating: "b", count: count - 2) : String(repeating: "b", count: count)
        }
        #expect(try map("\"\(text(limit))\"", .json, to: type, length: length).cell == "\"\(text(limit))\"")
        #expect(try map("\"\(text(limit + 1))\"", .json, to: type, length: length).cell == "\"\(text(limit))\"…")
        #expect(try map("<v>\(text(limit + 1))</v>", .xml, to: type, length: length).cell == "\"\(text(limit))\"…")
    }

    @Test func countsCodePointsAndBytes() throws {
        // Code points: an emoji is one, a letter with a mark of its own two.
        #expect(try map("\"😀😀😀\"", .json, to: .string, length: 2).cell == "\"😀😀\"…")
        #expect(try map("\"e\u{301}x\"", .json, to: .string, length: 2).cell == "\"e\u{301}\"…")
        #expect(
            try map("\"\r\nx\"".replacing("\r\n", with: "\\r\\n"), .json, to: .string, length: 1).cell == "\"\\r\"…"
        )
        #expect(try map("\"😀😀\"", .json, to: .string, length: 2).cell == "\"😀😀\"")
        // Bytes of UTF-8, cut between characters.
        #expect(try map("\"é€x\"", .json, to: .text, length: 4).cell == "\"é\"…")
        #expect(try map("\"é€x\"", .json, to: .text, length: 5).cell == "\"é€\"…")
        #expect(try map("\"é€x\"", .json, to: .text, length: 6).cell == "\"é€x\"")
        #expect(try map("\"😀\"", .json, to: .text, length: 3).cell == "\"\"…")
        // The text of a number or a boolean has a length too.
        #expect(try map("123456", .json, to: .string, length: 3).cell == "\"123\"…")
        #expect(try map("false", .json, to: .string, length: 3).cell == "\"fal\"…")
    }

    @Test func anAddressCutInTwoIsNone() throws {
        let long = String(repeating: "a", count: 255) + "@example.com"
        #expect(try map("\"\(long)\"", .json, to: .email).cell == "invalid")
    }

    @Test func keepsTheOrderOfTheMapping() throws {
        let names = ["One", "Two", "Three", "Four"]
        let paths = ["c", "a", "b", "a"]
        let mappings = try zip(names, paths).map { name, path in
            ResponseMapping(
                field: LeadField(displayName: name, soapName: name, restName: name, type: .string, length: 2),
                attribute: try ResponseAttribute(path, responseType: .json)
            )
        }
        let body = Array(#"{"a": "xyz", "c": 1}"#.utf8)
        let answer = ServiceAnswer(status: 200, reasonPhrase: "", contentType: "text/plain", body: body)
        let result = try ResponseMapper(responseType: .json, mappings: mappings).map(answer)
        #expect(result.fields.map(\.field) == ["One", "Two", "Four"])
        #expect(result.fields.map(\.value) == [.string("1"), .string("xy"), .string("xy")])
        #expect(result.skipped == [.init(field: "Three", attribute: "b", reason: .absent)])
        #expect(result.truncated == [.init(field: "Two", attribute: "a"), .init(field: "Four", attribute: "a")])
    }
}
