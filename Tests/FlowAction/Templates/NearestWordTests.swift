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

    /// Against the definition, worked out in full: short words of few letters are near one another in many ways.
    @Test func agreesWithTheDefinition() {
        var seed: UInt64 = 7
        func number(below bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % bound
        }
        func word() -> String {
            // Letters that lower case changes, one into two, beside ASCII.
            let letters = ["a", "A", "b", "c", "-", "é", "É", "İ"]
            let count = number(below: 12)
            let kinds = number(below: 3) == 0 ? letters.count : 3
            return (0..<count).map { _ in letters[number(below: kinds)] }.joined()
        }
        var found = 0
        for _ in 0..<3_000 {
            let wanted = word()
            let candidates = (0..<4).map { _ in word() }
            let nearest = NearestWord.find(wanted, among: candidates)
            #expect(nearest == Self.nearest(wanted, candidates), "\(wanted) among \(candidates)")
            found += nearest == nil ? 0 : 1
        }
        #expect(found > 500 && found < 2_500)
    }

    private static func nearest(_ wanted: String, _ candidates: [String]) -> String? {
        let wanted = Array(wanted.lowercased().unicodeScalars)
        var best: (word: String, distance: Int)?
        for candidate in candidates {
            let letters = Array(candidate.lowercased().unicodeScalars)
            let distance = distance(wanted, letters)
            let allowed = min(max(1, max(wanted.count, letters.count) / 3), wanted.count - 1)
            if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.word
    }

    private static func distance(_ first: [Unicode.Scalar], _ second: [Unicode.Scalar]) -> Int {
        var table = Array(repeating: Array(0...second.count), count: first.count + 1)
        for row in table.indices { table[row][0] = row }
        for row in first.indices {
            for column in second.indices {
                let change = table[row][column] + (first[row] == second[column] ? 0 : 1)
                var cost = min(change, table[row][column + 1] + 1, table[row + 1][column] + 1)
                if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                    cost = min(cost, table[row - 1][column - 1] + 1)
                }
                table[row + 1][column + 1] = cost
            }
        }
        return table[first.count][second.count]
    }
}
