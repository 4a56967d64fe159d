import JSON
import Testing

@Suite struct JSONWriterTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test(arguments: [
        "null", "true", "false", "-0", "5.0", "1e400", "12345678901234567890123", "\"\"", "[]", "{}",
        #"{"b":1,"a":[null,true,{"c":"x"}],"b":3}"#, #"["é漢😀","\"\\\b\t\n\f\r\u0001\u001f\u007f\u2028\u2029"]"#,
        #"{"a\"\n":1}"#, #""</script>/""#,
    ])
    func writesWhatItRead(json: String) throws {
        let value = try JSONValue(parsing: Array(json.utf8))
        #expect(text(value.serialized) == json)
        #expect(try JSONValue(parsing: value.prettyPrinted) == value)
    }

    /// Every character that must be escaped is, and the neighbours of U+2028 and U+2029 are not.
    @Test func escapesEachCharacterOnItsOwn() throws {
        for number in Array(UInt32(0)...0x180) + Array(0x2020...0x2030) + [0xFFFF, 0x10FFFF] {
            let scalar = try #require(Unicode.Scalar(number))
            let string = "a\(Character(scalar))b"
            let written = JSONValue.string(string).serialized
            let isEscaped = number < 0x20 || [0x22, 0x5C, 0x7F, 0x2028, 0x2029].contains(number)
            #expect(written.contains(UInt8(ascii: "\\")) == isEscaped, "U+\(String(number, radix: 16))")
            #expect(try JSONValue(parsing: written).stringValue == string)
        }
    }

    @Test func appendsToWhatIsThere() {
        // Little room at first, so that it grows.
        var buffer = ByteBuffer(capacity: 2)
        buffer.append("x=")
        buffer.append(jsonString: "a\"b")
        buffer.append(jsonEscaped: "\n")
        buffer.append(json: .number("1"))
        buffer.append(",")
        buffer.append(text: "é")
        #expect(text(buffer.bytes) == "x=\"a\\\"b\"\\n1,é")
        #expect(buffer.count == 14)
        #expect(text(buffer.bytes(from: 9)) == "n1,é")
    }

    @Test(arguments: [0, 9, 10, -1, -10, 99, 100, 999_999_999_999_999_999, 1_000_000_000_000_000_000, .max, .min])
    func writesWholeNumbers(number: Int64) {
        var buffer = ByteBuffer(capacity: 1)
        buffer.append(decimal: number)
        #expect(text(buffer.bytes) == String(number))
    }

    @Test func printsForPeople() throws {
        let value = try JSONValue(parsing: Array(#"{"a":[1,{"b":2}],"c":[],"d":{}}"#.utf8))
        let expected = """
            {
              "a": [
                1,
                {
                  "b": 2
                }
              ],
              "c": [],
              "d": {}
            }
            """
        #expect(text(value.prettyPrinted) == expected)
    }
}
