import JSON
import Testing

@Suite struct JSONParserTests {
    private func parse(_ text: String) throws(JSONError) -> JSONValue {
        try JSONValue(parsing: Array(text.utf8))
    }

    @Test(
        "what RFC 8259 allows",
        arguments: [
            ("null", .null), ("true", .boolean(true)), ("false", .boolean(false)), (" \t\r\n1 \t\r\n", .number("1")),
            ("\"\"", .string("")), ("[]", .array([])), ("{}", .object([:])), ("[ ]", .array([])), ("{ }", .object([:])),
            ("[1,2]", .array([.number("1"), .number("2")])), ("[[[]]]", .array([.array([.array([])])])),
            ("{\"a\":1, \"b\" : [null]}", .object(["a": .number("1"), "b": .array([.null])])),
            ("{\"\":0}", .object(["": .number("0")])),
        ] as [(String, JSONValue)]
    )
    func allowed(text: String, value: JSONValue) throws {
        #expect(try parse(text) == value)
    }

    @Test(
        "numbers keep their text",
        arguments: [
            "0", "-0", "1", "-1", "10", "0.0", "-0.5", "5.0", "1e2", "1E2", "1e+2", "1e-2", "0e0", "1.25E-07", "1e400",
            "12345678901234567890123", "0.10000000000000000000000000001",
        ]
    )
    func numbers(literal: String) throws {
        #expect(try parse(literal) == .number(literal))
        #expect(try parse("[\(literal)]") == .array([.number(literal)]))
    }

    @Test(
        "escapes",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"), (#""\u0000""#, "\0"),
            (#""\ud83d\ude00""#, "😀"), (#""a\ud834\udd1eb""#, "a𝄞b"), (#""\uFFFD\uE000""#, "\u{FFFD}\u{E000}"),
            (#""é漢😀""#, "é漢😀"), ("\"\u{7F}\u{2028}\"", "\u{7F}\u{2028}"), (#""x\\u0041""#, "x\\u0041"),
        ]
    )
    func escapes(text: String, string: String) throws {
        #expect(try parse(text).stringValue?.unicodeScalars.elementsEqual(string.unicodeScalars) == true)
    }

    @Test(
        "what RFC 8259 forbids, with the offset",
        arguments: [
            ("", .unexpectedEnd, 0), (" ", .unexpectedEnd, 1), ("[", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2),
            ("[1,", .unexpectedEnd, 3), ("{", .unexpectedEnd, 1), ("{\"a\"", .unexpectedEnd, 4),
            ("{\"a\":", .unexpectedEnd, 5), ("\"a", .unexpectedEnd, 2), ("\"a\\", .unexpectedEnd, 3),
            ("\"\\u12", .unexpectedEnd, 5), ("tru", .unexpectedEnd, 3), ("-", .unexpectedEnd, 1),
            ("1.", .unexpectedEnd, 2), ("1e", .unexpectedEnd, 2),
            ("[,1]", .unexpectedByte, 1), ("[1,]", .unexpectedByte, 3), ("[1 2]", .unexpectedByte, 3),
            ("[1}", .unexpectedByte, 2), ("{\"a\":1]", .unexpectedByte, 6), ("{\"a\":1,}", .unexpectedByte, 7),
            ("{a:1}", .unexpectedByte, 1), ("{1:1}", .unexpectedByte, 1), ("{\"a\" 1}", .unexpectedByte, 5),
            ("{,}", .unexpectedByte, 1), ("'a'", .unexpectedByte, 0), ("True", .unexpectedByte, 0),
            ("nul!", .unexpectedByte, 3), ("NaN", .unexpectedByte, 0), ("Infinity", .unexpectedByte, 0),
            ("+1", .unexpectedByte, 0), (".5", .unexpectedByte, 0), ("/* c */1", .unexpectedByte, 0),
            ("\u{FEFF}1", .unexpectedByte, 0), ("\u{A0}1", .unexpectedByte, 0), ("\u{B}1", .unexpectedByte, 0),
            ("<html>", .unexpectedByte, 0), ("[1,\0]", .unexpectedByte, 3),
            ("01", .invalidNumber, 0), ("-01", .invalidNumber, 0), ("[1.]", .invalidNumber, 1),
            ("[1.e2]", .invalidNumber, 1), ("[1e]", .invalidNumber, 1), ("[1e+]", .invalidNumber, 1),
            ("[-]", .invalidNumber, 1), ("-x", .invalidNumber, 0), ("0x1", .trailingBytes, 1),
            ("1 2", .trailingBytes, 2), ("{}{}", .trailingBytes, 2), ("null,", .trailingBytes, 4),
            ("1\0", .trailingBytes, 1), ("1.5.5", .trailingBytes, 3),
            (#""\x""#, .invalidEscape, 1), (#""\'""#, .invalidEscape, 1), (#""\u12G4""#, .invalidEscape, 1),
            (#""\U0041""#, .invalidEscape, 1), (#""\u+123""#, .invalidEscape, 1),
            ("\"a\nb\"", .controlCharacter, 2), ("\"\t\"", .controlCharacter, 1), ("\"\0\"", .controlCharacter, 1),
            ("\"\\n\u{1F}\"", .controlCharacter, 3),
            (#""\ud800""#, .loneSurrogate, 1), (#""\ud800x""#, .loneSurrogate, 1), (#""\udc00""#, .loneSurrogate, 1),
            (#""\udc00\ud800""#, .loneSurrogate, 1), (#""\ud800\ud800""#, .loneSurrogate, 1),
            (#""\ud800\n""#, .loneSurrogate, 1), (#""\ud800\u0041""#, .loneSurrogate, 1),
            (#"{"\ud800": 1}"#, .loneSurrogate, 2),
        ] as [(String, JSONError.Code, Int)]
    )
    func forbidden(text: String, code: JSONError.Code, offset: Int) {
        #expect(throws: JSONError(code, at: offset)) { try parse(text) }
    }

    @Test(
        "bytes that are no UTF-8",
        arguments: [
            [0x80], [0xC3], [0xC3, 0x28], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xE2, 0x82], [0xED, 0xA0, 0x80],
            [0xED, 0xB0, 0x80], [0xF0, 0x80, 0x80, 0xAF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
        ] as [[UInt8]]
    )
    func invalidUTF8(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(throws: JSONError(.invalidUTF8, at: 1)) { try JSONValue(parsing: [quote] + bytes + [quote]) }
        #expect(throws: JSONError(.invalidUTF8, at: 3)) {
            try JSONValue(parsing: Array("\"\\n".utf8) + bytes + [quote])
        }
        #expect(throws: JSONError(.unexpectedByte, at: 0)) { try JSONValue(parsing: bytes) }
    }

    @Test func refusesTheContainerBeyondTheDepth() throws {
        let arrays = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        let objects = { (depth: Int) in
            String(repeating: "{\"a\":", count: depth) + "1" + String(repeating: "}", count: depth)
        }
        #expect(throws: Never.self) { try parse(arrays(64)) }
        #expect(throws: Never.self) { try parse(objects(64)) }
        #expect(throws: JSONError(.tooDeep, at: 64)) { try parse(arrays(65)) }
        #expect(throws: JSONError(.tooDeep, at: 64 * 5)) { try parse(objects(65)) }
        #expect(throws: JSONError(.tooDeep, at: 64)) { try parse(String(repeating: "[", count: 1_000_000)) }
        // Siblings are no depth.
        #expect(throws: Never.self) { try parse("[" + repeatElement("[]", count: 100).joined(separator: ",") + "]") }
        #expect(throws: JSONError(.tooDeep, at: 1)) { try JSONValue(parsing: Array("[[]]".utf8), maximumDepth: 1) }
    }

    @Test func keepsOrderAndDuplicates() throws {
        let value = try parse(#"{"b": 1, "a": 2, "b": 3}"#)
        guard case .object(let object) = value else { throw JSONError(.unexpectedByte, at: 0) }
        #expect(object.members.map(\.name) == ["b", "a", "b"])
        #expect(value["b"] == .number("3"))
    }

    @Test func comparesNamesCodePointByCodePoint() throws {
        let value = try parse(#"{"\u00e9": 1, "e\u0301": 2, "\u212a": 3}"#)
        #expect(value["\u{E9}"] == .number("1"))
        #expect(value["e\u{301}"] == .number("2"))
        #expect(value["K"] == nil)
        #expect(value["\u{C9}"] == nil)
    }

    @Test func accessorsGiveNothingForAnotherType() throws {
        let value = try parse(#"{"list": [1, "x"]}"#)
        #expect(value["list"]?[1]?.stringValue == "x")
        #expect(value["list"]?[2] == nil)
        #expect(value["list"]?[-1] == nil)
        #expect(value["none"] == nil)
        #expect(value[0] == nil)
        #expect(value.stringValue == nil)
    }

    /// Whatever is cut or changed by one byte is read or refused, never a trap.
    @Test func survivesMutations() {
        let text = Array(#"{"a": [1, -2.5e+3, true, null, "x\ud83d\ude00\n"], "é": {"b": {}}}"#.utf8)
        for length in 0..<text.count {
            #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text[..<length])) }
        }
        for position in text.indices {
            for byte in [0x00, 0x22, 0x2C, 0x30, 0x5B, 0x5C, 0x5D, 0x7B, 0x7D, 0x80, 0xFF] as [UInt8] {
                var mutated = text
                mutated[position] = byte
                if let value = try? JSONValue(parsing: mutated) {
                    #expect((try? JSONValue(parsing: value.serialized)) == value)
                }
            }
        }
    }
}
