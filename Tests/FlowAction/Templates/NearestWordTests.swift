import FlowAction
import Testing

@Suite("Nearest word")
struct NearestWordTests {
    @Test(
        arguments: [
            ("led", "lead"), ("LAED", "lead"), ("comapny", "company"), ("lead", "lead"), ("x", nil), ("", nil),
            ("contact", nil),
        ] as [(String, String?)]
    )
    func finds(word: String, expected: String?) {
        #expect(NearestWord.find(word, among: ["my", "lead", "company", "program"]) == expected)
    }

    @Test("Of two the nearer, of equals the first")
    func prefersNearer() {
        #expect(NearestWord.find("timeut", among: ["time", "timeout"]) == "timeout")
        #expect(NearestWord.find("cat", among: ["bat", "hat"]) == "bat")
    }
}
