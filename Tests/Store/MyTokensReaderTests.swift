import FlowAction
import Store
import Testing

@Suite struct MyTokensReaderTests {
    private func load(
        _ text: String,
        files: [String: String] = [:],
        environment: [String: String] = [:],
        secrets: LoadOptions.Secrets = .required
    ) -> (token: MyToken?, codes: [String]) {
        let store = TemporaryStore(
            files.merging(["marketing-activities/my-tokens.yaml": text]) { first, _ in first }
        )
        var environment = environment
        environment["CREDENTIALS_DIRECTORY"] = store.path("credentials")
        let result = store.load(environment: environment, secrets: secrets)
        return (result.snapshot?.tree.token("t", in: 0)?.token, result.diagnostics.map(\.code))
    }

    /// How a value is written, and what it is.
    @Test(arguments: [
        ("T: Ada Lovelace", MyToken.Kind.text, "Ada Lovelace"), ("T: 250", .number, "250"),
        ("T: -1.50", .number, "-1.50"),
        ("T: 1e2", .number, "1e2"), ("T: '250'", .text, "250"), ("T: \"0123\"", .text, "0123"),
        ("T: 0123", .text, "0123"),
        ("T: 1_000", .text, "1_000"), ("T: 1e400", .text, "1e400"), ("T: no", .text, "no"), ("T: true", .text, "true"),
        ("T: null", .text, "null"), ("T: ~", .text, "~"), ("T: ''", .text, ""), ("T: .5", .text, ".5"),
        ("T: +1", .text, "+1"),
        ("T: 0x10", .text, "0x10"), ("T: 2026-05-23", .date, "2026-05-23"), ("T: 2026-02-30", .text, "2026-02-30"),
        ("T: '2026-05-23'", .text, "2026-05-23"), ("T: 2026-05-23T10:00:00", .text, "2026-05-23T10:00:00"),
        ("T: {value: 5}", .number, "5"), ("T: {type: text, value: 5}", .text, "5"),
        ("T: {type: rich text, value: <p>x</p>}", .richText, "<p>x</p>"), ("T: {type: score, value: -5}", .score, "-5"),
        ("T: {type: sfdc campaign, value: C}", .salesforceCampaign, "C"),
        ("T: {type: date, value: 2026-05-23}", .date, "2026-05-23"),
        ("T: |\n  a\n  b\n", .text, "a\nb\n"),
    ])
    func typesAValueByItsSpelling(text: String, type: MyToken.Kind, value: String) {
        let (token, codes) = load(text)
        #expect(codes == [])
        #expect(token?.type == type)
        #expect(token?.value == value)
        #expect(token?.isSecret == false)
    }

    @Test(arguments: [
        ("T: [a]", "token-value"), ("T: {type: text}", "token-value"), ("T: {value: a, env: B}", "token-value"),
        ("T: {typ: text, value: a}", "unknown-key"), ("T: {type: colour, value: a}", "unknown-value"),
        ("T: {type: number, value: a}", "token-type"), ("T: {type: number, value: 1e400}", "token-type"),
        ("T: {type: date, value: 2026-02-30}", "token-type"), ("T: {type: score, value: 1.5}", "token-type"),
        ("T: {type: score, value: 2147483648}", "token-type"), ("T: {secret: true, value: seven77}", "secret-short"),
        ("T: {secret: true, value: \"  seven77 \"}", "secret-short"),
        ("T: {secret: maybe, value: long-enough}", "unknown-value"),
        ("T: {secret: true, file: nowhere}", "secret-unreadable"),
        ("T: {secret: true, env: NOWHERE}", "secret-unreadable"),
        ("T: {secret: true, credential: ../x}", "secret-unreadable"),
        ("'': a", "token-name"), ("' T': a", "token-name"), ("T: a\nt: b", "duplicate-token"),
        ("T: a\nT: b", "duplicate-key"),
    ])
    func refuses(text: String, code: String) {
        let (token, codes) = load(text)
        #expect(codes == [code])
        #expect(token == nil)
    }

    @Test func warnsOfAFamilyInAName() {
        #expect(load("my.Event: a").codes == ["token-name"])
    }

    @Test func boundsNamesAndValues() {
        #expect(load("\(String(repeating: "n", count: 50)): a").codes == [])
        #expect(load("\(String(repeating: "n", count: 51)): a").codes == ["token-name"])
        #expect(load("T: '\(String(repeating: "é", count: 524_288))'").codes == [])
        #expect(load("T: '\(String(repeating: "é", count: 524_289))'").codes == ["token-length"])
    }

    @Test func readsSecretsFromWhereTheyAreKept() {
        let files = [
            "secrets/key": "from-a-file\n", "secrets/two": "from-a-file\n\n", "credentials/key": "from-systemd",
            "secrets/windows": "from-a-file\r\n", "secrets/windows-two": "from-a-file\r\n\r\n",
            "secrets/carriage": "from-a-file\r",
        ]
        #expect(load("T: {secret: true, file: secrets/key}", files: files).token?.value == "from-a-file")
        #expect(load("T: {secret: true, file: secrets/two}", files: files).token?.value == "from-a-file\n")
        #expect(load("T: {secret: true, file: secrets/windows}", files: files).token?.value == "from-a-file")
        let two = load("T: {secret: true, file: secrets/windows-two}", files: files).token?.value
        #expect(two.map { Array($0.utf8) } == Array("from-a-file\r\n".utf8))
        #expect(load("T: {secret: true, file: secrets/carriage}", files: files).token?.value == "from-a-file\r")
        #expect(load("T: {secret: true, credential: key}", files: files).token?.value == "from-systemd")
        // What is there all the same.
        let elsewhere = load("T: {secret: true, credential: ../secrets/key}", files: files)
        #expect(elsewhere.codes == ["secret-unreadable"])
        let environment = ["KEY": "from-the-environment"]
        let token = load("T: {secret: true, env: KEY}", environment: environment).token
        #expect(token?.value == "from-the-environment")
        #expect(token?.isSecret == true)
        #expect(token?.type == .text)
    }

    @Test func aPlaceholderStandsInWhereNothingIsCalled() {
        let (token, codes) = load("T: {secret: true, type: number, file: nowhere}", secrets: .placeholder)
        #expect(codes == ["secret-unreadable"])
        #expect(token?.isSecret == true)
        #expect(token?.value == "1070193046")
    }

    /// A token that is wrong is told once: the webhook that uses it is right.
    @Test(arguments: [
        "{secret: true, env: NOWHERE}", "{secret: true, value: {MARKED-s3cret}}", "{type: date, value: x}",
    ])
    func isDefinedThoughItIsWrong(value: String) {
        let store = TemporaryStore([
            "marketing-activities/my-tokens.yaml": "T: \(value)\n",
            "webhooks/a.yaml": "{url: 'https://api.example.com/?{{my.T}}', request_type: GET}\n",
        ])
        let found = store.load(secrets: .required).diagnostics
        #expect(found.map(\.file) == ["marketing-activities/my-tokens.yaml"], "\(found)")
        #expect(!found.contains { $0.text.contains("MARKED") })
    }

    @Test func neverTellsASecret() {
        let store = TemporaryStore([
            "marketing-activities/my-tokens.yaml": "T: {secret: true, type: number, value: marked-secret}\n"
        ])
        #expect(store.load().diagnostics.allSatisfy { !$0.text.contains("marked") })
    }
}
