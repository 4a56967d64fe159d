import FlowAction
import Glibc
import Store
import Testing

/// What `flowhook check` says of whole stores, word for word: the texts are what people see of Flowhook most.
///
/// `FLOWHOOK_GOLDEN=update Tests/run --filter GoldenTests` writes the texts anew; look at the difference before you
/// keep it.
@Suite struct GoldenTests {
    private static let folder = #filePath.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/Golden"

    static let stores = ["payloads", "secrets", "sound", "thirty-mistakes", "tokens", "urls", "yaml"]

    @Test(arguments: stores)
    func saysTheSameAsEver(store: String) throws {
        let options = LoadOptions(environment: ["GOLDEN_KEY": "long-enough"], secrets: .placeholder)
        let result = StoreLoader(directory: "\(Self.folder)/\(store)", options: options).load(at: Instant(seconds: 0))
        let text = result.diagnostics.map { "\($0.text)\n" }.joined()
        let file = "\(Self.folder)/\(store).txt"
        if getenv("FLOWHOOK_GOLDEN").map({ String(cString: $0) }) == "update" { Self.write(text, to: file) }
        #expect(text == Self.read(file), "\(file) differs")
        #expect((result.snapshot == nil) == result.diagnostics.contains { $0.severity == .error })
    }

    /// Thirty mistakes and more in one store are one page: a line each.
    @Test func thirtyMistakesAreOnePage() {
        let lines = Self.read("\(Self.folder)/thirty-mistakes.txt").split(separator: "\n")
        #expect((30...60).contains(lines.count))
        #expect(Set(lines).count == lines.count)
    }

    private static func read(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        return String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
    }

    private static func write(_ text: String, to path: String) {
        guard let file = fopen(path, "w") else { return }
        fputs(text, file)
        fclose(file)
    }
}
