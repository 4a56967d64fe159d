import TestSupport
import Testing
import YAML

@Suite struct YAMLParserTests {
    private func parse(_ text: String) throws -> YAMLNode? {
        try YAMLNode.parse(Array(text.utf8))
    }

    private func value(_ text: String) throws -> YAMLNode {
        guard case .mapping(let pairs) = try #require(try parse(text)).content else {
            throw YAMLError(line: 0, column: 0, code: "test", message: "no mapping")
        }
        return try #require(pairs.first).value
    }

    @Test(
        arguments: [
            ("a: text", "text", YAMLNode.Style.plain), ("a: 'it''s'", "it's", .singleQuoted),
            (#"a: "x\ty""#, "x\ty", .doubleQuoted), ("a: |\n  x\n  y\n", "x\ny\n", .literal),
            ("a: >\n  x\n  y\n", "x y\n", .folded), ("a: no", "no", .plain), ("a: 0123", "0123", .plain),
            ("a:", "", .plain), ("a: null", "null", .plain), ("a: x # comment", "x", .plain),
            ("a: {{b}}", "", .plain),
        ].dropLast()
    )
    func readsScalarsAsWritten(text: String, value: String, style: YAMLNode.Style) throws {
        #expect(try self.value(text).content == .scalar(value, style))
    }

    @Test(arguments: ["", "# only a comment\n", "---\n"])
    func readsNothingAsNothing(text: String) throws {
        #expect(try parse(text) == nil)
    }

    /// Where a byte of a value's text stands in the file.
    @Test(arguments: [
        ("a: text", 2, 1, 6), ("a: 'text'", 2, 1, 7), (#"a: "text""#, 2, 1, 7), ("a: é text", 3, 1, 6),
        ("a: |\n  one\n  two\n", 0, 2, 3), ("a: |\n  one\n  two\n", 5, 3, 4), ("b: 1\na: x", 0, 1, 4),
        ("a: |\n      deep\n", 1, 2, 8), ("a: |\n\n  one\n", 1, 3, 3), ("a: |2\n    x\n", 2, 2, 5),
        ("a: | # why\r\n  one\r\n  two\r\n", 5, 3, 4), ("a: 'it''s x'", 5, 1, 11),
        (#"a: "\u00e9\\ x""#, 4, 1, 14), ("a: 'x\n   y'", 2, 2, 4), ("a: 'x\n\n   y'", 2, 3, 4), ("a: x\n  y", 2, 2, 3),
        ("a: \"x \\\n   y\"", 2, 2, 4), ("a: \"x\\\n\n  y\"", 2, 3, 3), ("a: >\n  x\n  y\n", 2, 3, 3),
        ("a: >\n  x\n\n  y\n", 2, 4, 3), ("a: >\n  x\n    y\n  z\n", 6, 4, 3), ("a: >-\n\n  x\n", 1, 3, 3),
        (#"a: "\U0001F600x""#, 4, 1, 15), ("a: '👩‍👩‍👧 x'", 19, 1, 11),
    ])
    func tellsWhereAByteStands(text: String, offset: Int, line: Int, column: Int) throws {
        #expect(try value(text).position(ofOffset: offset) == (line, column))
    }

    /// What is refused, with its place and its code.
    @Test(arguments: [
        ("a: &x 1", 1, 4, "yaml-anchor"), ("a: 1\nb: *x", 2, 4, "yaml-alias"), ("a: !t 1", 1, 4, "yaml-tag"),
        ("a: 1\na: 2", 2, 1, "duplicate-key"), ("a: 1\n---\nb: 2", 2, 1, "yaml-documents"),
        ("---\n---\nb: 2", 2, 1, "yaml-documents"),
        ("? [x]\n: 1", 1, 3, "yaml-key"), ("a: {{my.X}}", 1, 4, "yaml-token"),
        ("a: {{my.X}}/people", 1, 4, "yaml-token"), ("b: 1\na: {{lead.Id}}\nc: 2", 2, 4, "yaml-token"),
        ("a: x {{my.A #1}}", 1, 12, "yaml-token"), ("a: \"x", 1, 4, "yaml-syntax"), ("a: [1", 2, 1, "yaml-syntax"),
        ("a:\n\t- 1", 2, 1, "yaml-syntax"), ("a: 1\n b: 2", 2, 3, "yaml-syntax"), ("a: @x", 1, 4, "yaml-syntax"),
    ])
    func refuses(text: String, line: Int, column: Int, code: String) {
        #expect {
            try parse(text)
        } throws: { error in
            guard let error = error as? YAMLError else { return false }
            return error.line == line && error.code == code && (code == "yaml-syntax" || error.column == column)
        }
    }

    /// What does not keep from reading on is told all at once, with the rest of the document.
    @Test func readsOnAfterErrorsThatAllowIt() throws {
        let (node, errors) = YAMLNode.read(Array("a: &x 1\nb: !t 2\na: 3\nc: x {{my.A #1}}\nd: 4\n".utf8))
        #expect(errors.map(\.code) == ["yaml-anchor", "yaml-tag", "duplicate-key", "yaml-token"])
        #expect(errors.map(\.line) == [1, 2, 3, 4])
        guard case .mapping(let pairs) = node?.content else {
            Issue.record("there is no mapping")
            return
        }
        #expect(pairs.map(\.name) == ["a", "b", "c", "d"])
        #expect(pairs[0].value.text == "1")
        #expect(pairs[2].value.text == "x {{my.A #1}}")
    }

    /// What stands in braces in a block or in quotes has nothing to do with an error that comes after it.
    @Test(arguments: [
        "a: |\n  \"b\": {{lead.Id}},\n c: 1\n", "a: 'x: {{lead.Id}}'\n b: 1\n", "a: \"x: {{lead.Id}}\nb: 1\n",
        "a: [1, 2]\nb: \"x\n",
    ])
    func blamesNoTokenForAnotherError(text: String) {
        #expect {
            try parse(text)
        } throws: { error in
            (error as? YAMLError)?.code == "yaml-syntax"
        }
    }

    @Test(arguments: [
        ("a: [0].grade", "'[0].grade'"), ("a: {b: {{my.X}}, c: 1}", "'{{my.X}}'"),
        ("a: [{{lead.Id}}, 1]", "'[{{lead.Id}}, 1]'"), ("a: [x, [{{lead.Id}}]]", "'[x, [{{lead.Id}}]]'"),
        ("a: {{my.Base URL}}/people", "'{{my.Base URL}}/people'"), ("a: x {{my.A #1}}", "'x {{my.A #1}}'"),
        ("a: {{my.It's}}", "'{{my.It''s}}'"), ("a: {\"b\": {{lead.Id}}}", "'{\"b\": {{lead.Id}}}'"),
        ("a: {\"b\": [{{lead.Id}}, 'c']} # d", "'{\"b\": [{{lead.Id}}, ''c'']}'"),
        ("a: {b: {\"c\": {{lead.Id}}}, d: e}", "'{\"c\": {{lead.Id}}}'"),
        ("a: {\"b\": {{lead.Id}}/@, \"c\": \"}\"}", "'{\"b\": {{lead.Id}}/@, \"c\": \"}\"}'"),
        ("a: [{\"b\": {{lead.Id}}}]", "'[{\"b\": {{lead.Id}}}]'"), ("a: {b: [0][1]}", "'[0][1]'"),
        ("a: Token: {{my.Key}}", "'Token: {{my.Key}}'"), ("a:  x: it's", "'x: it''s'"),
    ])
    func suggestsTheQuotedSpelling(text: String, suggestion: String) {
        #expect {
            try parse(text)
        } throws: { error in
            (error as? YAMLError)?.suggestion == suggestion
        }
    }

    /// Where nobody can tell what was meant, nothing is suggested, and the place is that of the fault.
    @Test(arguments: [
        ("a: |\n  {\"b\": {{lead.Id}},\n\t\"c\": {{lead.Id}}}\n", 3, 1, "this is a tab"),
        ("a: |\n\t{\"b\": {{lead.Id}}}\n", 2, 1, "this is a tab"),
        ("a: |\n  {\"b\": 1,\n \"c\": {{lead.Id}}}\nd: 1\n", 3, 2, "further left"),
        ("a: >\n    {\n\n  \"b\": {{lead.Id}},\n  \"c\": 1\n  }\n", 4, 3, "further left"),
        ("a: |\r\n  <b>\r\n{{lead.Id}}</b>\r\nd: 1\r\n", 3, 1, "further left"),
        ("a:\n  b: |\n      c\n    d {{lead.Id}}: {{lead.Id}}\n  e: 1\n", 4, 5, "further left"),
        ("a:\n  b: |\n    c\n  @d: 1\n", 4, 3, "cannot start any token"),
        ("a: {on: [connect, 429] backoff: 200ms}", 1, 24, "a comma"),
        ("a:\n  on: [connect, 429] backoff: 200ms\n", 2, 22, "did not find expected key"),
        ("a: {on: [connect, 429], backoff: \"2\\q\"}", 1, 36, "escape"),
        ("a: {\"b\": {{lead.Id}},\n  \"c\": 1}\n", 1, 4, "as a whole"),
        ("a: {\"b\": 1,\n  \"c\": {{lead.Id}}}\n", 1, 4, "as a whole"),
        ("a: 1\nb:2\nc: 3\n", 2, 1, "a colon and a blank"), ("a: 1\nb\n\n# c\n", 2, 1, "a colon and a blank"),
        ("a: 'x\nb: 1\n", 1, 4, "never closed"), ("a: \"x\nb: \"y\"\n", 1, 4, "closed on line 2"),
        ("a: */*", 1, 5, "begins with *"), ("a: | x\n", 1, 6, "on the line below"),
        ("a: - b", 1, 4, "a dash and a blank"),
        ("a: [x, ::1]", 1, 8, "begins with a colon"), ("a: {b: c[0].d}", 1, 9, "wants quotes"),
    ])
    func suggestsNothingWhereTheFaultIsAnother(text: String, line: Int, column: Int, words: String) {
        let errors = YAMLNode.read(Array(text.utf8)).errors
        #expect(errors.count == 1)
        #expect(errors.first?.suggestion == nil)
        #expect(errors.first.map { [$0.line, $0.column] } == [line, column])
        #expect(errors.first?.message.contains(words) == true, "\(errors)")
    }

    /// Few keys are compared one by one, many are looked up.
    @Test(arguments: [2, 15, 16, 17, 18, 40])
    func findsADuplicateAmongAnyNumberOfKeys(count: Int) {
        for repeated in [0, count / 2, count - 1] {
            let lines = (0..<count).map { "k\($0): \($0)" } + ["k\(repeated): again"]
            let (node, errors) = YAMLNode.read(Array(lines.joined(separator: "\n").utf8))
            #expect(errors.map(\.code) == ["duplicate-key"])
            #expect(errors.first?.line == count + 1)
            #expect(errors.first?.message.contains("on line \(repeated + 1) too") == true)
            guard case .mapping(let pairs)? = node?.content else {
                Issue.record("no mapping")
                continue
            }
            #expect(pairs.map(\.name) == (0..<count).map { "k\($0)" })
        }
    }

    /// A file may be one long line: where something stands on it is found in time that does not grow with the square of it.
    @Test func findsItsWayOnALongLine() throws {
        let count = 20_000
        let pairs = (0..<count).map { "\"é\($0)\": {\"b\": \"\u{1F600}\($0)\"}" }
        let text = "{\(pairs.joined(separator: ", "))}"
        let (node, seconds) = try timingCPU { try parse(text) }
        #expect(seconds < 60)
        guard case .mapping(let read)? = node?.content else {
            Issue.record("no mapping")
            return
        }
        var column = 2
        for (index, pair) in read.enumerated() {
            #expect(pair.key.column == column)
            let value = "{\"b\": \"\u{1F600}\(index)\"}"
            #expect(pair.value.written == value)
            column += pairs[index].unicodeScalars.count + 2
        }
        #expect(read.count == count)
    }

    @Test func boundsTheDepth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try parse(nested(64)) }
        #expect(throws: YAMLError.self) { try parse(nested(65)) }
        #expect(throws: YAMLError.self) { try parse(nested(100_000)) }
    }

    @Test func survivesAnyPrefixAndByte() {
        let text = Array("a: |\n  {{x}}\nb: ['é', \"\\u00e9\", {c: d}]\n# e\n".utf8)
        for end in text.indices { _ = try? YAMLNode.parse(Array(text[..<end])) }
        for index in text.indices {
            for byte: UInt8 in [0, 9, 10, 34, 38, 42, 58, 123, 128, 255] {
                var changed = text
                changed[index] = byte
                _ = try? YAMLNode.parse(changed)
            }
        }
    }
}
