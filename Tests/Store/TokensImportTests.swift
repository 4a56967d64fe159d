import FlowAction
import Store
import Testing

/// What the original's REST interface answers, and the files that are made of it.
@Suite struct TokensImportTests {
    private func answer(_ tokens: [(name: String, type: String, value: String)]) -> [UInt8] {
        let list = tokens.map { token in
            "{\"name\": \(json(token.name)), \"type\": \(json(token.type)), \"value\": \(json(token.value)), "
                + "\"computedUrl\": \"https://app-abm.example.com/#MF1047C3\"}"
        }
        return Array(
            """
            {"success": true, "warnings": [], "errors": [], "requestId": "4fbe#14e27fc9bbf",
             "result": [{"folder": {"type": "Folder", "value": 416}, "tokens": [\(list.joined(separator: ", "))]}]}
            """.utf8
        )
    }

    private func json(_ text: String) -> String {
        var json = "\""
        for scalar in text.unicodeScalars {
            if scalar.value < 0x20 || scalar == "\"" || scalar == "\\" {
                let digits = String(scalar.value, radix: 16)
                json += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)"
            } else {
                json.unicodeScalars.append(scalar)
            }
        }
        return json + "\""
    }

    /// Reads the file that was made as any other store's, and gives its tokens by name.
    private func reload(_ imported: TokensImport) -> (tokens: [String: MyToken], findings: [String]) {
        let store = TemporaryStore(["marketing-activities/my-tokens.yaml": imported.yaml])
        let loaded = store.load()
        return (loaded.snapshot?.tree.folders[0].tokens ?? [:], loaded.diagnostics.map(\.text))
    }

    @Test func carriesEveryTypeOver() throws {
        let imported = try TokensImport(
            parsing: answer([
                ("AprilFool", "date", "2015-04-01"), ("{{my.Seats}}", "number", "250"), ("Change", "score", "+5"),
                ("Intro", "rich text", "<p>Hello,\n  \"you\"</p>\n"), ("SF", "sfdc campaign", "Spring: 2026"),
                ("Postal Prefix", "text", "0123"), ("Number as text", "text", "12"), ("Empty", "text", ""),
                ("Yes", "text", "yes"), ("no: such # name", "text", "- {a: *b}"),
                ("{{ my.Chairs }}", "text", "40"),
            ])
        )
        #expect(imported.notes == [])
        let (tokens, findings) = reload(imported)
        #expect(findings == [])
        let read = tokens.mapValues { "\($0.type.rawValue) \($0.value)" }
        #expect(
            read == [
                "aprilfool": "date 2015-04-01", "seats": "number 250", "change": "score +5",
                "intro": "rich text <p>Hello,\n  \"you\"</p>\n", "sf": "sfdc campaign Spring: 2026",
                "postal prefix": "text 0123", "number as text": "text 12", "empty": "text ", "yes": "text yes",
                "no: such # name": "text - {a: *b}", "chairs": "text 40",
            ]
        )
    }

    /// Each is left out or changed with a note that names the token, and tells nothing of its value.
    @Test func saysWhatItCannotCarryOver() throws {
        let imported = try TokensImport(
            parsing: answer([
                ("Invitation", "iCalendar", "BEGIN:VCALENDAR"), ("Offer", "script block", "#set($x = 1)"),
                ("Logo", "image", "https://example.com/logo.png"), ("Odd", "hologram", "hidden-value"),
                (String(repeating: "n", count: 51), "text", "hidden-value"), ("Seats", "text", "a"),
                ("SEATS", "text", "hidden-value"), ("Count", "number", "about hidden-value"),
                ("Day", "date", "May 23, 2026"), ("Score", "score", "3.5"), ("Nested", "text", "{{my.Other}}"),
            ])
        )
        let expected = [
            "\"Invitation\" is left out: a calendar file", "\"Offer\" is left out: a script",
            "\"Logo\" is left out: an image", "\"Odd\" is left out: the type \"hologram\" is unknown",
            "\"nnnn", "\"SEATS\" is left out: another token", "\"Count\" becomes text", "\"Day\" becomes text",
            "\"Score\" becomes text", "\"Nested\" holds {{…}}",
        ]
        #expect(imported.notes.count == expected.count)
        for (note, start) in zip(imported.notes, expected) { #expect(note.hasPrefix(start)) }
        #expect(!imported.notes.joined().contains("hidden-value"))
        let (tokens, findings) = reload(imported)
        // Which `check` says again.
        #expect(findings.count == 1 && findings.allSatisfy { $0.contains("begins no token") }, "\(findings)")
        #expect(tokens.keys.sorted() == ["count", "day", "nested", "score", "seats"])
        #expect(tokens["day"]?.value == "May 23, 2026")
        #expect(tokens["day"]?.type == .text)
    }

    @Test(arguments: [
        ("{", "this is no valid JSON"), ("[]", "there is no \"result\""),
        (#"{"success": false, "errors": [{"code": "602", "message": "Token expired"}]}"#, "Token expired"),
        (#"{"result": 3}"#, "there is no \"result\""),
    ])
    func refusesWhatIsNoAnswer(text: String, message: String) {
        #expect(throws: TokensImport.Flaw.self) { try TokensImport(parsing: Array(text.utf8)) }
        do {
            _ = try TokensImport(parsing: Array(text.utf8))
        } catch {
            #expect(error.message.contains(message))
        }
    }

    /// A folder without tokens has an answer without a result.
    @Test func takesAFolderWithoutTokens() throws {
        let text = #"{"success": true, "warnings": ["No assets found for the given search criteria."], "errors": []}"#
        let imported = try TokensImport(parsing: Array(text.utf8))
        #expect(imported.tokens == [])
        #expect(reload(imported).findings == [])
    }

    /// Whatever a name and a text hold, they come back as they were.
    @Test func bringsBackAnyText() throws {
        var generator = SeededGenerator(state: 7)
        let pieces = [
            "a", "Ü", "漢", "👩‍🚀", " ", "  ", "\n", "\n\n", "\r", "\r\n", "\t", "\"", "'", "\\", ":", ": ", " #", "- ",
            "?",
            "{", "}", "[", "]", "&a", "*a", "!", "|", ">", "%", "@", "`", "~", "null", "true", "0x1F", "1e5", "-1",
            "2026-05-23", "<<", "=", "{{my.x}}", "\u{0}", "\u{1}", "\u{1F}", "\u{7F}", "\u{85}", "\u{9F}", "\u{A0}",
            "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFE}", "\u{FFFF}", "\u{10FFFF}", "\u{E000}", "\u{200B}", "...",
            "---",
        ]
        func text(_ pieceCount: ClosedRange<Int>) -> String {
            let count = Int.random(in: pieceCount, using: &generator)
            return (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
        }
        for _ in 0..<60 {
            // Texts under names that are told apart, and after each a name of any kind.
            var written: [(name: String, type: String, value: String)] = []
            for number in 0..<25 {
                let type = ["text", "rich text", "sfdc campaign"].randomElement(using: &generator) ?? ""
                written += [("text \(number)", type, text(0...8)), (text(1...4), "text", "x")]
            }
            let imported = try TokensImport(parsing: answer(written + [("last", "number", "1")]))
            let (tokens, findings) = reload(imported)
            // Names that no template can have are told of, and tokens in values.
            let told = ["no template can have this name", "begins no token"]
            let others = findings.filter { finding in !told.contains { finding.contains($0) } }
            #expect(others == [], "\(imported.yaml)")
            for token in written where token.name.hasPrefix("text ") {
                let read = tokens[token.name]
                #expect(read.map { Array($0.value.utf8) } == Array(token.value.utf8), "\(imported.yaml)")
                #expect(read?.type.rawValue == token.type)
            }
            #expect(tokens["last"]?.value == "1")
            #expect(Set(tokens.keys) == Set(imported.tokens.map { $0.name.lowercased() }))
        }
    }

    @Test func writesPrograms() {
        for (id, kind) in [("1027", true), ("ab: c", false), ("07", false), ("true", false), ("-3", true)] {
            let store = TemporaryStore([
                "marketing-activities/a/program.yaml": TokensImport.programFile(id: id, name: "Spring: \"2026\" # 1")
            ])
            let loaded = store.load()
            #expect(loaded.diagnostics.map(\.text) == [])
            let program = loaded.snapshot?.tree.programs.first
            #expect(program?.id == (kind ? .number(id) : .text(id)))
            #expect(program?.name == "Spring: \"2026\" # 1")
        }
    }

    @Test func takesFieldsOver() throws {
        let describe = """
            {"requestId": "37ca#1475b74e276", "success": true, "result": [
             {"id": 2, "displayName": "Company Name", "dataType": "string", "length": 255,
              "rest": {"name": "company", "readOnly": false}, "soap": {"name": "Company", "readOnly": false}},
             {"id": 900, "displayName": "Shoe Size", "dataType": "integer",
              "rest": {"name": "shoeSize", "readOnly": false}, "soap": {"name": "Shoe_Size__c", "readOnly": false}},
             {"id": 901, "displayName": "Aura", "dataType": "hologram", "rest": {"name": "aura", "readOnly": false}}]}
            """
        let imported = try FieldsImport(parsing: Array(describe.utf8))
        #expect(imported.count == 3)
        #expect(imported.notes.count == 1)
        #expect(imported.notes.first?.contains("hologram") == true)
        let store = TemporaryStore(["fields.json": String(decoding: imported.json, as: UTF8.self)])
        let fields = store.load().snapshot?.leadFields
        #expect(fields?.field(named: "Shoe_Size__c")?.type == .integer)
        #expect(throws: TokensImport.Flaw.self) { try FieldsImport(parsing: Array(#"{"result": {}}"#.utf8)) }
    }
}

/// Random numbers that are the same in every run (SplitMix64).
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
