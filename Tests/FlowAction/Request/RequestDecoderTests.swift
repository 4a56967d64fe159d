import FlowAction
import Testing

@Suite struct RequestDecoderTests {
    @Test(arguments: [#""trigger": {"Name": 1, "name": 2}"#, #""member": {"x": 1, "É": 2, "é": 3}"#])
    func namesThatDifferInCaseAloneAreOne(member: String) {
        #expect {
            try FlowActionRequest(decoding: Array(#"{"webhook": "w", "lead": {}, \#(member)}"#.utf8))
        } throws: { error in
            (error as? Problem)?.name == .malformedRequest && (error as? Problem)?.detail.contains("twice") == true
        }
    }

    @Test func readsEveryMember() throws {
        let request = try FlowActionRequest(
            decoding: Array(
                #"""
                {"webhook": "Enrich Lead",
                 "lead": {"id": 318581, "Email Address": "jane@example.com", "Score": 1.50, "Unsubscribed": false, "x": null},
                 "company": {"Company Name": "Example Inc."},
                 "program": 1027,
                 "campaign": {"id": 3044, "name": "01 Registered", "description": "", "type": "trigger"},
                 "trigger": {"Trigger Name": "Fills Out Form"},
                 "member": {"webinar url": "https://example.com/w/1"},
                 "tokens": [{"name": "{{my.Seats}}", "value": 300}, {"name": "my.Speaker", "value": "Ada"},
                            {"value": true, "name": " {{ My.Room }} "}, {"name": "Plain", "value": null}]}
                """#.utf8
            )
        )
        #expect(request.webhook == "Enrich Lead")
        #expect(
            request.lead == [
                .init(name: "id", value: .number("318581")),
                .init(name: "Email Address", value: .text("jane@example.com")),
                .init(name: "Score", value: .number("1.50")),
                .init(name: "Unsubscribed", value: .boolean(false)),
                .init(name: "x", value: .null),
            ]
        )
        #expect(request.company == [.init(name: "Company Name", value: .text("Example Inc."))])
        #expect(request.program == .number("1027"))
        #expect(request.campaign.map(\.name) == ["id", "name", "description", "type"])
        #expect(request.trigger.first?.value == .text("Fills Out Form"))
        #expect(request.member.first?.name == "webinar url")
        #expect(request.tokens.map(\.name) == ["Seats", "Speaker", "Room", "Plain"])
    }

    /// Each refusal with its problem and a word that its sentence must have.
    @Test(arguments: [
        ("", "malformed-request", "empty"),
        ("no", "malformed-request", "JSON"),
        ("[]", "malformed-request", "object"),
        (#"{"webhook": "a", "lead": {}} x"#, "malformed-request", "byte 30"),
        // That it is no JSON goes before what else is wrong, wherever either stands.
        (#"{"webhook": 1, "lead": {}} x"#, "malformed-request", "byte 28"),
        (#"{"leed": {}, "lead": {"x": 01}}"#, "malformed-request", "JSON"),
        (#"["webhook", "lead""#, "malformed-request", "JSON"),
        (#"{"lead": {}}"#, "malformed-request", "\"webhook\""),
        (#"{"webhook": "a"}"#, "malformed-request", "\"lead\""),
        (#"{"webhook": 1, "lead": {}}"#, "malformed-request", "\"webhook\""),
        (#"{"webhook": "", "lead": {}}"#, "malformed-request", "\"webhook\""),
        (#"{"webhook": "a", "lead": null}"#, "malformed-request", "\"lead\""),
        (#"{"webhook": "a", "lead": []}"#, "malformed-request", "\"lead\""),
        (#"{"webhook": "a", "webhook": "b", "lead": {}}"#, "malformed-request", "twice"),
        (#"{"webhook": "a", "lead": {"x": 1, "x": 2}}"#, "malformed-request", "twice"),
        (#"{"webhook": "a", "lead": {"x": {}}}"#, "malformed-request", "lead.x"),
        (#"{"webhook": "a", "lead": {"x": [1]}}"#, "malformed-request", "lead.x"),
        (#"{"webhook": "a", "lead": {"x": "\ud800"}}"#, "malformed-request", "surrogate"),
        (#"{"webhook": "a", "lead": {}, "leed": {}}"#, "unknown-member", "\"leed\""),
        (#"{"webhook": "a", "lead": {}, "campaign": {"nme": ""}}"#, "unknown-member", "\"nme\""),
        (#"{"webhook": "a", "lead": {}, "program": {}}"#, "malformed-request", "\"program\""),
        (#"{"webhook": "a", "lead": {}, "program": true}"#, "malformed-request", "\"program\""),
        (#"{"webhook": "a", "lead": {}, "tokens": {}}"#, "malformed-request", "\"tokens\""),
        (#"{"webhook": "a", "lead": {}, "tokens": [1]}"#, "malformed-request", "tokens[0]"),
        (#"{"webhook": "a", "lead": {}, "tokens": [{"name": "x"}]}"#, "malformed-request", "\"value\""),
        (
            #"{"webhook": "a", "lead": {}, "tokens": [{"name": "{{my.}}", "value": 1}]}"#, "malformed-request",
            "\"name\""
        ),
        (#"{"webhook": "a", "lead": {}, "tokens": [{"name": "x", "value": 1, "v": 2}]}"#, "unknown-member", "\"v\""),
        (
            #"{"webhook": "a", "lead": {}, "tokens": [{"name": "x", "value": 1, "value": 2}]}"#, "malformed-request",
            "twice"
        ),
        (
            #"{"webhook": "a", "lead": {}, "tokens": [{"name": "x", "value": 1}, {"name": "my.X", "value": 2}]}"#,
            "malformed-request", "twice"
        ),
    ])
    func refuses(body: String, problem: String, word: String) {
        #expect {
            try FlowActionRequest(decoding: Array(body.utf8))
        } throws: { error in
            guard let error = error as? Problem else { return false }
            return error.name.rawValue == problem && error.detail.contains(word)
        }
    }

    /// A lead of so many names, and one more that stands there already, at the beginning, in the middle and at the end.
    @Test(arguments: [1, 15, 16, 17, 63, 64, 65, 700], ["n", "a name of many bytes ", "\u{E9}"])
    func refusesANameTwiceAmongMany(count: Int, prefix: String) throws {
        func body(_ last: String?) -> [UInt8] {
            let names = (0..<count).map { "\(prefix)\($0)" } + (last.map { [$0] } ?? [])
            return Array(
                #"{"webhook": "a", "lead": {\#(names.map { #""\#($0)": 1"# }.joined(separator: ","))}}"#.utf8
            )
        }
        let lead = try FlowActionRequest(decoding: body(nil)).lead
        #expect(lead.map(\.name) == (0..<count).map { "\(prefix)\($0)" })
        #expect(try FlowActionRequest(decoding: body("\(prefix)\(count)")).lead.count == count + 1)
        // What is one name for Unicode is one here: an é, and an e with an accent behind it.
        let other = prefix == "\u{E9}" ? "e\u{301}" : prefix
        for index in [0, count / 2, count - 1] {
            #expect {
                try FlowActionRequest(decoding: body("\(other)\(index)"))
            } throws: { error in
                (error as? Problem)?.detail.contains("twice") ?? false
            }
        }
    }

    @Test func passesOverAByteOrderMark() throws {
        let body = [0xEF, 0xBB, 0xBF] + Array(#"{"webhook": "a", "lead": {"id": 1}}"#.utf8)
        #expect(try FlowActionRequest(decoding: body).webhook == "a")
    }

    /// No template can name these: they would override nothing, and nobody would know.
    @Test(arguments: [
        "{{my.Seats}", "{{my.Seats", "my.Seats}}", "{{lead.Id}}", "{{Seats}}", "a:Default=1", "{{my.}}", " ",
    ])
    func refusesAnOverrideOfNoToken(name: String) {
        let body = #"{"webhook": "a", "lead": {}, "tokens": [{"name": "\#(name)", "value": 1}]}"#
        #expect {
            try FlowActionRequest(decoding: Array(body.utf8))
        } throws: { error in
            (error as? Problem)?.detail.contains("\"tokens[0]\" is to have a \"name\"") ?? false
        }
    }

    @Test(arguments: ["5", #""""#, "null", #"["a"]"#, #""a""#])
    func refusesAnOverrideOfTwoNames(first: String) {
        let body = #"{"webhook": "a", "lead": {}, "tokens": [{"name": \#(first), "name": "a", "value": 1}]}"#
        #expect {
            try FlowActionRequest(decoding: Array(body.utf8))
        } throws: { error in
            (error as? Problem)?.detail.contains("twice") ?? false
        }
    }

    /// A name of many combining marks, each of which Unicode puts in its place among the others: to compare it once takes
    /// minutes.
    @Test(
        arguments: [
            #"{"webhook": "§", "lead": {}}"#, #"{"webhook": "a", "lead": {"§": 1}}"#,
            #"{"webhook": "a", "lead": {}, "company": {"b": 1, "§": 1}}"#,
            #"{"webhook": "a", "lead": {}, "program": "§"}"#, #"{"webhook": "a", "lead": {}, "member": {"§": 1}}"#,
            #"{"webhook": "a", "lead": {}, "trigger": {"§": 1}}"#,
            #"{"webhook": "a", "lead": {}, "campaign": {"§": 1}}"#,
            #"{"webhook": "a", "lead": {}, "campaign": {"type": "§"}}"#,
            #"{"webhook": "a", "lead": {}, "tokens": [{"name": "§", "value": 1}]}"#,
            #"{"webhook": "a", "lead": {}, "tokens": [{"name": "a", "§": 1}]}"#,
            #"{"webhook": "a", "lead": {}, "§": {}}"#,
        ]
    )
    func refusesANameOfCombiningMarks(request: String) throws {
        func decode(_ pairs: Int) throws -> FlowActionRequest {
            let name = "a" + String(repeating: "\u{301}\u{323}", count: pairs)
            return try FlowActionRequest(decoding: Array(request.replacing("§", with: name).utf8))
        }
        #expect {
            try decode(250_000)
        } throws: { error in
            guard let error = error as? Problem else { return false }
            let isTold = error.name == .unknownMember || error.detail.contains("combining marks")
            return isTold && error.detail.utf8.count < 1_000
        }
        // As many as stand on one letter in any language, and in the value of a lead as many as there are.
        #expect(throws: Never.self) { _ = try? decode(15) }
        let value = String(repeating: "\u{301}\u{323}", count: 250_000)
        let body = #"{"webhook": "a", "lead": {"x": "\#(value)"}}"#
        #expect(try FlowActionRequest(decoding: Array(body.utf8)).lead.count == 1)
    }

    @Test func boundsTokens() throws {
        func body(_ count: Int) -> [UInt8] {
            let tokens = (0..<count).map { #"{"name": "t\#($0)", "value": 1}"# }.joined(separator: ",")
            return Array(#"{"webhook": "a", "lead": {}, "tokens": [\#(tokens)]}"#.utf8)
        }
        #expect(try FlowActionRequest(decoding: body(100)).tokens.count == 100)
        #expect(throws: Problem.self) { try FlowActionRequest(decoding: body(101)) }
    }

    @Test func neverRepeatsAValue() {
        let body = Array(
            #"{"webhook": "a", "lead": {"x": "marked-value"}, "tokens": [{"name": 7, "value": "marked-value"}]}"#.utf8
        )
        #expect {
            try FlowActionRequest(decoding: body)
        } throws: { error in
            !((error as? Problem)?.detail.contains("marked-value") ?? true)
        }
    }
}
