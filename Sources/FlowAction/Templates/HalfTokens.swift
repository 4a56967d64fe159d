/// Finds what was meant as a token and lacks braces, such as `{lead.Id}`, `${lead.Id}` and `lead.Id}}`: it goes out as text.
enum HalfTokens {
    private static let families = TokenFamily.allCases.map { Array($0.rawValue.utf8) }

    /// How far the end of a default is looked for, in bytes: a text may be megabytes of beginnings.
    private static let mostDefaultBytes = 1_000

    /// Looks through a text without tokens.
    ///
    /// - Returns: a warning for each, at the family.
    static func find(in bytes: ArraySlice<UInt8>) -> [TemplateFinding] {
        var findings: [TemplateFinding] = []
        for dot in bytes.indices where bytes[dot] == UInt8(ascii: ".") {
            guard let start = family(before: dot, in: bytes), let end = end(of: bytes[(dot + 1)...]),
                bytes[end...].starts(with: "}}".utf8) || isOpened(bytes[..<start])
            else { continue }
            let token = "{{\(String(decoding: bytes[start..<end], as: UTF8.self))}}"
            findings.append(
                TemplateFinding(
                    offset: start,
                    .warning,
                    code: "half-token",
                    message: "this goes out as text; a token stands in two braces on either side",
                    suggestion: token
                )
            )
        }
        return findings
    }

    /// Where the family begins that ends before a dot; `nil` where there is none, or more of a word stands before it.
    private static func family(before dot: Int, in bytes: ArraySlice<UInt8>) -> Int? {
        for family in families where dot - bytes.startIndex >= family.count {
            let start = dot - family.count
            guard zip(bytes[start..<dot], family).allSatisfy({ $0 | 0x20 == $1 }) else { continue }
            let before = bytes[..<start].last
            return before.map { isOfName($0) && !$0.isBlank || $0 == UInt8(ascii: ".") } == true ? nil : start
        }
        return nil
    }

    /// Where the brace stands behind a name, and the default that it may have; `nil` where there is none.
    private static func end(of rest: ArraySlice<UInt8>) -> Int? {
        let name = rest.prefix(while: isOfName)
        guard name.contains(where: { !$0.isBlank }) else { return nil }
        var behind = rest[name.endIndex...]
        if TokenSyntax.beginsDefault(behind) {
            behind = behind.prefix(mostDefaultBytes).drop { !"{}\n".utf8.contains($0) }
        }
        return behind.first == UInt8(ascii: "}") ? behind.startIndex : nil
    }

    private static func isOpened(_ before: ArraySlice<UInt8>) -> Bool {
        before.last { !$0.isBlank } == UInt8(ascii: "{")
    }

    /// What a name may hold here: a quote, a bracket or a line break says that other text has a dot in it.
    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: " "), UInt8(ascii: "_"), UInt8(ascii: "-"), 0x80...:
            true
        default: false
        }
    }
}
