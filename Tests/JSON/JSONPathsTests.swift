import JSON
import Testing

@Suite struct JSONPathsTests {
    private func find(_ paths: [[JSONPaths.Step]], in text: String) throws(JSONError) -> [JSONPaths.Found] {
        try JSONPaths(paths).find(in: Array(text.utf8))
    }

    @Test func findsEveryPathInOnePass() throws {
        let text = #"{"skip": [1, {"a": 0}], "a": {"b": [10, "x\u00e9", [true]], "c": null}, "n": 12.750, "é": {}}"#
        let paths: [[JSONPaths.Step]] = [
            [.member("n")], [.member("a"), .member("b"), .index(1)],
            [.member("a"), .member("b"), .index(2), .index(0)],
            [.member("a"), .member("c")], [.member("a")], [.member("a"), .member("b"), .index(3)], [.member("n")],
            [.member("é")], [.member("a"), .member("b"), .index(0)], [.member("none"), .index(0)], [],
            [.member("n"), .member("x")], [.member("skip"), .index(1), .member("a")],
        ]
        let expected: [JSONPaths.Found] = [
            .number("12.750"), .string("xé"), .boolean(true), .null, .container, .nothing, .number("12.750"),
            .container,
            .number("10"), .nothing, .container, .nothing, .number("0"),
        ]
        #expect(try find(paths, in: text) == expected)
    }

    @Test func theLastOfDuplicatesCountsWithAllThatIsInIt() throws {
        let paths: [[JSONPaths.Step]] = [
            [.member("a"), .member("b")], [.member("a"), .member("c")], [.member("a"), .index(0)],
        ]
        #expect(try find(paths, in: #"{"a": {"b": 1, "c": 2}, "a": {"b": 3}}"#) == [.number("3"), .nothing, .nothing])
        #expect(try find(paths, in: #"{"a": {"b": 1, "b": 2}, "x": 0}"#) == [.number("2"), .nothing, .nothing])
        #expect(try find(paths, in: #"{"a": {"b": 1}, "\u0061": [7]}"#) == [.nothing, .nothing, .number("7")])
        #expect(try find(paths, in: #"{"a": {"b": 1}, "a": 5}"#) == [.nothing, .nothing, .nothing])
    }

    @Test(
        "a mistake anywhere is a mistake, wanted or not",
        arguments: [
            #"{"a": 1, "skip": [01]}"#, #"{"a": 1, "skip": {"x": "\ud800"}}"#, "{\"a\": 1, \"skip\": \"\u{1}\"}",
            #"{"a": 1, "skip": {"x" 1}}"#, #"{"a": 1} x"#, #"{"a": 1, "skip": tru}"#, #"{"skip": [1,], "a": 1}"#,
            #"{"a": 1, "skip": ["#, #"{"a": 1, "skip": "\x"}"#, "\u{FEFF}{}", "",
        ]
    )
    func checksWhatItPassesOver(text: String) {
        let bytes = Array(text.utf8)
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
        let found = #expect(throws: JSONError.self) { try JSONPaths([[.member("a")]]).find(in: bytes) }
        #expect(found == error)
    }

    @Test func checksUTF8WhereItPassesOver() {
        let bytes = Array(#"{"a": 1, "skip": ""#.utf8) + [0xC3, 0x28] + Array("\"}".utf8)
        #expect(throws: JSONError(.invalidUTF8, at: 18)) { try JSONPaths([[.member("a")]]).find(in: bytes) }
    }

    @Test func boundsTheDepthWhereItPassesOver() throws {
        let text = { (depth: Int) in
            #"{"a": 1, "skip": "# + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
        }
        #expect(try find([[.member("a")]], in: text(63)) == [.number("1")])
        #expect(throws: JSONError.self) { try find([[.member("a")]], in: text(64)) }
        #expect(throws: JSONError.self) { try find([[.member("a")]], in: text(1_000_000)) }
    }

    /// Runs of every length around the words of eight bytes in which strings are read.
    @Test func readsStringsOfEveryLength() throws {
        for length in 0..<40 {
            for end in ["", "\\n", "é", "\\u0041b"] {
                let text = "{\"k\": \"" + String(repeating: "x", count: length) + end + "\", \"a\": 1}"
                let value = try JSONValue(parsing: Array(text.utf8))
                let found = try find([[.member("k")], [.member("a")]], in: text)
                #expect(found == [.string(value["k"]?.stringValue ?? "?"), .number("1")])
                let broken = text.replacing("\", \"a\"", with: "\u{1F}\", \"a\"")
                #expect(throws: JSONError.self) { try find([[.member("a")]], in: broken) }
            }
        }
    }
}
