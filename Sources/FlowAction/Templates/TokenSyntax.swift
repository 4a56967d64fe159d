/// Reads what stands between the braces of a token, and binds it to the fields that the store knows.
struct TokenSyntax: Sendable {
    /// What begins a default.
    static let defaultMark = Array(":default=".utf8)

    /// The lead fields.
    let leadFields: FieldCatalog
    /// The fields of a lead's company.
    let companyFields: FieldCatalog

    /// Whether bytes begin with `:default=`, in any case.
    static func beginsDefault(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count >= defaultMark.count && zip(bytes, defaultMark).allSatisfy { $0 == $1 || $0 | 0x20 == $1 }
    }

    /// The reference that a token makes; `nil`, with a finding, where it is no token.
    func reference(
        name content: ArraySlice<UInt8>,
        defaultText: ArraySlice<UInt8>?,
        offset: Int,
        findings: inout [TemplateFinding]
    ) -> TokenReference? {
        func report(_ severity: TemplateFinding.Severity, _ code: String, _ message: String, suggest: String? = nil) {
            findings.append(
                TemplateFinding(offset: offset, severity, code: code, message: message, suggestion: suggest)
            )
        }

        let content = content.trimming(while: \.isBlank)
        guard !content.isEmpty else {
            report(.error, "empty-token", "this token is empty; a token is written {{family.Name}}")
            return nil
        }
        if let name = Self.hiddenCharacter(of: content) {
            report(.warning, "hidden-character", "\(name) stands in this token, and looks like a blank or like nothing")
        }
        let dot = content.firstIndex(of: UInt8(ascii: "."))
        let familyName = Self.text(content[..<(dot ?? content.startIndex)])
        let name = Self.text(content[(dot.map { $0 + 1 } ?? content.startIndex)...])
        guard !familyName.isEmpty else {
            report(
                .error,
                "missing-family",
                "this token names no family; write {{family.Name}}, where the family is \(Self.families)",
                suggest: spelling(withoutFamily: name)
            )
            return nil
        }
        guard let family = TokenFamily(rawValue: familyName.lowercased()) else {
            report(
                .error,
                "unknown-family",
                "there is no token family \(quoted(familyName)); the families are \(Self.families)",
                suggest: NearestWord.find(familyName, among: TokenFamily.allCases.map(\.rawValue))
            )
            return nil
        }
        guard !name.isEmpty else {
            report(.error, "missing-name", "this token has no name after \(quoted(familyName + "."))")
            return nil
        }
        // A look for the nearest word is long work: nobody reads as many suggestions.
        let suggests = findings.count < Self.mostSuggestions
        let reference = TokenReference(
            family: family,
            name: name,
            defaultText: defaultText.map { String(decoding: $0, as: UTF8.self) },
            companyField: family == .company ? companyFields.position(of: name) : nil,
            leadField: family == .company || family == .lead ? leadFields.position(of: name) : nil,
            spelling: "\(familyName).\(name)",
            offset: offset
        )
        checkName(of: reference, suggests: suggests, report: report)
        checkDefault(of: reference, report: report)
        return reference
    }

    /// Reports a finding about the token at hand.
    private typealias Report = (TemplateFinding.Severity, String, String, String?) -> Void

    private static let families = TokenFamily.allCases.map(\.rawValue).joined(separator: ", ")

    /// The first character that nobody sees for what it is, such as a no-break space pasted from a web page.
    private static func hiddenCharacter(of bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.contains(where: { $0 >= 0x80 }) else { return nil }
        let scalar = String(decoding: bytes, as: UTF8.self).unicodeScalars.first {
            $0.value >= 0x80 && ($0.properties.isWhitespace || $0.properties.isDefaultIgnorableCodePoint)
        }
        return scalar.map { "U+" + String(repeating: "0", count: max(0, 4 - hex($0).count)) + hex($0) }
    }

    private static func hex(_ scalar: Unicode.Scalar) -> String { String(scalar.value, radix: 16, uppercase: true) }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.trimming(while: \.isBlank), as: UTF8.self)
    }

    private static let mostSuggestions = 100

    private func checkName(of token: TokenReference, suggests: Bool, report: Report) {
        let name = quoted(token.name)
        switch token.family {
        case .my, .member:
            break
        case .lead, .company:
            guard token.leadField == nil, token.companyField == nil else { return }
            let fields = (token.family == .company ? companyFields.fields : []) + leadFields.fields
            let names = fields.map(\.displayName) + fields.map(\.soapName) + fields.map(\.restName)
            report(
                .warning,
                "unknown-field",
                "no \(token.family.rawValue) field is called \(name); fields.json can add one",
                suggests ? NearestWord.find(token.name, among: names) : nil
            )
        case .system where TokenFamily.emailLinks.contains { $0.lowercased() == token.key }:
            report(.warning, "email-link", "\(name) belongs to e-mails and is blank in a webhook", nil)
        case .program, .campaign, .system, .trigger:
            let names = token.family.names ?? []
            if names.contains(where: { $0.lowercased() == token.key }) { return }
            let isTrigger = token.family == .trigger
            report(
                isTrigger ? .warning : .error,
                isTrigger ? "unknown-trigger-name" : "unknown-name",
                "\(token.family.rawValue) has no \(name); it has \(names.joined(separator: ", "))",
                NearestWord.find(token.name, among: names)
            )
        }
    }

    private func checkDefault(of token: TokenReference, report: Report) {
        guard let text = token.defaultText else {
            if Self.holdsDefault(token.name) {
                report(
                    .warning,
                    "default-syntax",
                    "a default is written :default=text, without blanks; this one is taken for part of the name",
                    nil
                )
            }
            return
        }
        if Self.text(Array(text.utf8)[...]).lowercased() == "edit me" {
            report(.warning, "placeholder-default", "the default is still the placeholder \(quoted(text))", nil)
        }
        if text.contains("{{") {
            report(.warning, "nested-token", "a default is text as written: the {{ in it begins no token", nil)
        }
    }

    /// Whether a name holds what was meant as a default: `: default…`, or `default=` behind something else than a colon.
    private static func holdsDefault(_ name: String) -> Bool {
        let colon = name.utf8.lastIndex(of: UInt8(ascii: ":"))
        let behind = colon.map { text(Array(name.utf8[$0...].dropFirst())[...]).lowercased() }
        if behind?.hasPrefix("default") == true { return true }
        guard name.utf8.contains(UInt8(ascii: "=")) else { return false }
        return name.lowercased().split { " |,;\t".contains($0) }.dropFirst().contains {
            $0.hasPrefix("default=") || $0 == "default"
        }
    }

    /// The token that someone who wrote a bare name most likely meant.
    private func spelling(withoutFamily name: String) -> String? {
        let parts = name.split(separator: ":", maxSplits: 1).map { Self.text(Array($0.utf8)[...]) }
        if parts.count == 2, let family = TokenFamily(rawValue: parts[0].lowercased()) {
            return "{{\(family.rawValue).\(parts[1])}}"
        }
        if leadFields.position(of: name) != nil { return "{{lead.\(name)}}" }
        if companyFields.position(of: name) != nil { return "{{company.\(name)}}" }
        return name.isEmpty ? nil : "{{my.\(name)}}"
    }

    private func quoted(_ text: String) -> String {
        "\"\(text)\""
    }
}
