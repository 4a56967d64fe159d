import FlowAction
import Testing

private func answer(_ body: [UInt8], _ contentType: String? = nil) -> ServiceAnswer {
    ServiceAnswer(status: 200, reasonPhrase: "OK", contentType: contentType, body: body)
}

private let bomUTF8: [UInt8] = [0xEF, 0xBB, 0xBF]

@Suite struct CharsetTests {
    @Test(
        "labels",
        arguments: [
            ("UTF-8", .utf8), ("utf8", .utf8), ("Utf-16", .utf16), ("UTF-16LE", .utf16LittleEndian),
            ("utf-16be", .utf16BigEndian), ("ISO-8859-1", .latin1), ("latin1", .latin1), ("Windows-1252", .windows1252),
            ("cp1252", .windows1252), ("US-ASCII", .ascii), ("ascii", .ascii), ("iso-8859-15", nil), ("", nil),
        ] as [(String, Charset?)]
    )
    func labels(label: String, charset: Charset?) {
        #expect(Charset(label: label) == charset)
    }

    @Test(
        "Content-Type first",
        arguments: [
            ("application/json", .utf8), ("application/json;charset=iso-8859-1", .latin1),
            ("text/xml; Charset = \"ISO-8859-1\" ", .latin1),
            ("text/plain; a=\"x;charset=utf-16\"; charset=ascii", .ascii),
            ("text/plain; flag; charset=ascii", .ascii), ("text/plain; charset=", .utf8), ("charset=ascii", .utf8),
            ("text/plain; charset=koi8-r", nil), ("text/plain; charset=utf-8; charset=ascii", .utf8), ("", .utf8),
            ("text/plain; xcharset=ascii;", .utf8), ("text/plain; charset=\"utf-16", .utf16),
        ] as [(String, Charset?)]
    )
    func contentType(contentType: String, charset: Charset?) {
        #expect(Charset.of(Array("{}".utf8), contentType: contentType) == charset)
        let declaration = Array("<?xml version='1.0' encoding='windows-1252'?><a/>".utf8)
        let hasLabel = Charset.of(Array("{}".utf8), contentType: contentType) != .utf8 || contentType.contains("utf-8")
        #expect(Charset.of(declaration, contentType: contentType) == (hasLabel ? charset : .windows1252))
    }

    @Test(
        "else byte order mark or XML declaration, else UTF-8",
        arguments: [
            (bomUTF8 + [0x7B], .utf8), ([0xFE, 0xFF, 0, 0x7B], .utf16BigEndian),
            ([0xFF, 0xFE, 0x7B, 0], .utf16LittleEndian),
            ([0, 0x3C, 0, 0x3F], .utf16BigEndian), ([0x3C, 0, 0x3F, 0], .utf16LittleEndian), ([], .utf8),
            (Array("<?xml version=\"1.0\" encoding = \"ISO-8859-1\" ?><a/>".utf8), .latin1),
            (Array("<?xml version='1.0' encoding='utf-16'?><a/>".utf8), .utf8),
            (Array("<?xml version='1.0' encoding='shift_jis'?><a/>".utf8), nil),
            (Array("<?xml version='1.0'?><a encoding='latin1'/>".utf8), .utf8),
            (Array("<?xml version='1.0' encoding=".utf8), .utf8), (Array("<a encoding='latin1'/>".utf8), .utf8),
        ] as [([UInt8], Charset?)]
    )
    func withoutContentType(body: [UInt8], charset: Charset?) {
        #expect(Charset.of(body, contentType: nil) == charset)
        #expect(Charset.of(body, contentType: "text/xml") == charset)
    }

    @Test(
        "strict decoding",
        arguments: [
            (.utf8, Array("é€😀".utf8), "é€😀"), (.utf8, bomUTF8 + Array("é".utf8), "é"), (.utf8, [0xC3], nil),
            (.utf8, [0xED, 0xA0, 0x80], nil), (.utf8, [0xC0, 0xAF], nil), (.utf8, [], ""),
            (.latin1, [0x41, 0xE9, 0xFF, 0x80], "Aéÿ\u{80}"), (.windows1252, [0x80, 0x93, 0xE9, 0x9F], "€“éŸ"),
            (.windows1252, [0x81], nil), (.ascii, [0x41, 0x7F], "A\u{7F}"), (.ascii, [0x80], nil),
            (.utf16, [0xFF, 0xFE, 0x41, 0, 0x3D, 0xD8, 0, 0xDE], "A😀"), (.utf16, [0xFE, 0xFF, 0, 0x41], "A"),
            (.utf16, [0x41, 0], "A"), (.utf16, [0, 0x41], "A"), (.utf16, [0x20, 0xAC], "€"),
            (.utf16LittleEndian, [0x41, 0], "A"), (.utf16LittleEndian, [0xFF, 0xFE, 0x41, 0], "A"),
            (.utf16BigEndian, [0, 0x41], "A"), (.utf16BigEndian, [0, 0x41, 0], nil),
            (.utf16BigEndian, [0xD8, 0x3D], nil),
            (.utf16LittleEndian, [0, 0xDE, 0x3D, 0xD8], nil), (.utf16, [], ""), (.utf16, [0x41], nil),
        ] as [(Charset, [UInt8], String?)]
    )
    func strict(charset: Charset, bytes: [UInt8], text: String?) {
        #expect(charset.decode(bytes) == text.map { Array($0.utf8) })
        if let text { #expect(charset.decodeLossily(bytes[...]) == text) }
    }

    @Test(
        "lossy decoding",
        arguments: [
            (.utf8, [0x41, 0xC3, 0x42], "A\u{FFFD}B"), (.windows1252, [0x81, 0x41], "\u{FFFD}A"),
            (.ascii, [0xE9, 0x41], "\u{FFFD}A"), (.utf16BigEndian, [0, 0x41, 0], "A\u{FFFD}"),
            (.utf16BigEndian, [0xD8, 0x3D, 0, 0x41], "\u{FFFD}A"), (.utf16, [0x41], "\u{FFFD}"),
        ] as [(Charset, [UInt8], String)]
    )
    func lossy(charset: Charset, bytes: [UInt8], text: String) {
        #expect(charset.decodeLossily(bytes[...]) == text)
        // A slice need not begin at 0.
        #expect(charset.decodeLossily(([0x58, 0x58] + bytes)[2...]) == text)
    }

    @Test func everyCharsetTakesEveryByte() {
        for charset in Charset.allCases {
            for byte in UInt8.min...UInt8.max {
                for bytes in [[byte], [byte, byte], [byte, 0], [0, byte], [0xFF, 0xFE, byte]] as [[UInt8]] {
                    _ = charset.decodeLossily(bytes[...])
                    if let text = charset.decode(bytes) { #expect(String(validating: text, as: UTF8.self) != nil) }
                }
            }
        }
    }
}

@Suite struct ServiceAnswerTextTests {
    @Test(
        arguments: [
            ("abc", nil, 3, "abc", false), ("abcd", nil, 3, "abc", true), ("aé", nil, 3, "aé", false),
            ("aé", nil, 2, "a", true), ("", nil, 8, "", false), ("€€", nil, 4, "€", true), ("😀", nil, 3, "", true),
        ] as [(String, String?, Int, String, Bool)]
    )
    func cutsBetweenCharacters(body: String, contentType: String?, limit: Int, text: String, isTruncated: Bool) {
        let shown = answer(Array(body.utf8), contentType).text(maximumBytes: limit)
        #expect(shown.text == text)
        #expect(shown.isTruncated == isTruncated)
    }

    @Test(arguments: [0, 1, 2, 3, 7, 8, 15, 16, 17, 8192])
    func cutsEveryCharsetAlike(limit: Int) {
        let text = String(repeating: "aé", count: 6000)
        let utf16 = Array(text.utf16).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        let latin1 = text.unicodeScalars.map { UInt8($0.value) }
        let expected = answer(Array(text.utf8)).text(maximumBytes: limit)
        #expect(expected.text.utf8.count <= limit && expected.text.utf8.count > limit - 2)
        #expect(answer(bomUTF8 + Array(text.utf8)).text(maximumBytes: limit) == expected)
        #expect(answer([0xFF, 0xFE] + utf16).text(maximumBytes: limit) == expected)
        #expect(answer(latin1, "text/plain; charset=latin1").text(maximumBytes: limit) == expected)
    }

    @Test func readsAnUnknownCharsetAsUTF8() {
        #expect(answer([0x41, 0xE9], "text/plain; charset=koi8-r").text(maximumBytes: 9).text == "A\u{FFFD}")
    }
}
