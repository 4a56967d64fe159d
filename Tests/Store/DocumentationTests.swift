import FlowAction
import Glibc
import Store
import TestSupport
import Testing

/// The pages for people who edit files say what the code does: every example loads, every key is there, and no other.
@Suite struct DocumentationTests {
    private let store = DocumentationPage(named: "Store")
    private let tokens = DocumentationPage(named: "Tokens")
    private let check = DocumentationPage(named: "Check")

    /// The examples of a page make one store, in which nothing is wrong.
    @Test(arguments: ["Store", "Tokens", "Calls"])
    func everyExampleLoads(page: String) {
        let page = DocumentationPage(named: page)
        let examples = page.examples
        #expect(!examples.isEmpty)
        #expect(examples.allSatisfy { $0.file != nil }, "an example names no file")
        #expect(page.files.count == examples.count, "two examples are one file")
        let result = TemporaryStore(page.files).load(secrets: .placeholder)
        // Keys and certificates are not on the pages.
        let findings = result.diagnostics.filter { !["secret-unreadable", "tls-file"].contains($0.code) }
        #expect(findings.map(\.text) == [])
        #expect(result.snapshot != nil || result.diagnostics.contains { $0.code == "tls-file" })
    }

    @Test(arguments: [
        ("Webhooks", StoreVocabulary.webhook), ("Response mappings", StoreVocabulary.responseMapping),
        ("Retries", StoreVocabulary.retry), ("TLS", StoreVocabulary.tls), ("My Tokens", StoreVocabulary.myToken),
        ("Programs", StoreVocabulary.program), ("Settings", StoreVocabulary.settings),
        ("Lead fields", FieldType.allCases.map(\.rawValue)),
    ])
    func everyKeyIsOnThePageAndNoOther(heading: String, keys: [String]) {
        #expect(store.words(under: heading).sorted() == keys.sorted())
    }

    @Test func everySettingHasAnExample() {
        let text = store.files["flowhook.yaml"] ?? ""
        for key in StoreVocabulary.settings { #expect(text.contains("\(key): "), "\(key) has no example") }
        let tokens = store.files["marketing-activities/my-tokens.yaml"] ?? ""
        for key in StoreVocabulary.myToken { #expect(tokens.contains("\(key): "), "\(key) has no example") }
        let webhooks = store.files.values.joined()
        for key in StoreVocabulary.webhook where key != "tls" {
            #expect(
                webhooks.contains("\n\(key): ") || webhooks.contains("\n\(key):\n") || webhooks.hasPrefix(key),
                "\(key)"
            )
        }
    }

    @Test func everyWordOfAValueIsOnThePage() {
        func words(_ key: String, under heading: String) -> [String] {
            let row = store.rows(under: heading).first { DocumentationPage.words(in: $0[0]) == [key] } ?? ["", ""]
            return DocumentationPage.words(in: row[1])
        }
        #expect(words("request_type", under: "Webhooks") == RequestType.allCases.map(\.rawValue))
        #expect(words("request_token_encoding", under: "Webhooks") == TokenEncoding.allCases.map(\.rawValue))
        #expect(words("response_type", under: "Webhooks") == ResponseType.allCases.map(\.rawValue))
        #expect(words("type", under: "My Tokens") == MyToken.Kind.allCases.map(\.rawValue))
        #expect(words("log_level", under: "Settings") == Settings.LogLevel.allCases.map(\.rawValue))
        #expect(words("log_format", under: "Settings") == Settings.LogFormat.allCases.map(\.rawValue))
    }

    @Test func everyTokenIsOnThePageAndNoOther() {
        let rows = tokens.rows().prefix(TokenFamily.allCases.count)
        #expect(rows.map { DocumentationPage.words(in: $0[0]) } == TokenFamily.allCases.map { [$0.rawValue] })
        for (row, family) in zip(rows, TokenFamily.allCases) {
            #expect(DocumentationPage.words(in: row[1]) == family.names ?? [])
        }
        for link in TokenFamily.emailLinks { #expect(tokens.lines.contains { $0.contains("{{system.\(link)}}") }) }
        #expect(tokens.words(under: "Payloads").filter { TokenEncoding(rawValue: $0) != nil }.count == 4)
    }

    /// The sources that read a store's files, by name.
    private static var storeSources: [String: String] {
        let folder = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined() + "/Sources/Store"
        guard let files = opendir(folder) else { return [:] }
        defer { closedir(files) }
        var sources: [String: String] = [:]
        while let entry = readdir(files) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".swift") { sources[name] = DocumentationPage(path: "\(folder)/\(name)").text }
        }
        return sources
    }

    /// The codes that a source gives to findings, as it spells them out.
    private static func codes(in source: String) -> [String] {
        let calls = ["findings.error(", "findings.warning(", "findings.add(.error,", "findings.add(.warning,"]
        let packed = source.split { $0.isWhitespace }.joined(separator: " ").replacing("( ", with: "(")
        return calls.flatMap { call in
            packed.split(separator: call, omittingEmptySubsequences: false).dropFirst().compactMap { rest -> String? in
                let argument = rest.drop { $0 == " " }
                guard argument.first == "\"" else { return nil }
                let code = String(argument.dropFirst().prefix { $0 != "\"" })
                return code.contains("\\") ? nil : code
            }
        }
    }

    /// What the golden stores give is told, and so is every code that stands in a source.
    @Test func everyCodeOfAFindingIsOnThePage() {
        let told = Set(check.words().filter { Int($0) == nil })
        #expect(told.count == check.words().filter { Int($0) == nil }.count, "a code is told twice")
        let folder = #filePath.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/Golden"
        for store in GoldenTests.stores {
            let options = LoadOptions(secrets: .placeholder)
            let result = StoreLoader(directory: "\(folder)/\(store)", options: options).load(at: Instant(seconds: 0))
            for finding in result.diagnostics { #expect(told.contains(finding.code), "\(finding.code) is not told") }
        }
        // Those of cases too, which no store is refused for: every code that a reader of files writes out.
        let sources = Self.storeSources
        let written = Set(sources.values.flatMap(Self.codes(in:)))
        #expect(written.count >= 40)
        for code in written { #expect(told.contains(code), "\(code) is not told") }
        for file in ["CaseReader", "ExpectationReader", "CannedAnswerReader"] {
            #expect(!Self.codes(in: sources["\(file).swift"] ?? "").isEmpty, "\(file) has no finding")
        }
    }
}
