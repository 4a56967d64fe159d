/// Finds the word that a misspelt one was meant to be.
package enum NearestWord {
    /// The word of a list that is nearest, without regard to case; `nil` where none is near.
    ///
    /// Near is at most one slip in three characters, where a slip is a character too many, too few, wrong,
    /// or two neighbours swapped (optimal string alignment distance).
    package static func find(_ word: String, among candidates: some Sequence<String>) -> String? {
        let wanted = Array(word.lowercased().unicodeScalars.prefix(maximumLength))
        guard !wanted.isEmpty else { return nil }
        var best: (word: String, distance: Int)?
        for candidate in candidates {
            let letters = Array(candidate.lowercased().unicodeScalars.prefix(maximumLength))
            let allowed = max(1, max(wanted.count, letters.count) / 3)
            guard abs(letters.count - wanted.count) <= allowed else { continue }
            let found = distance(wanted, letters)
            if found <= allowed, found < wanted.count, found < best?.distance ?? .max { best = (candidate, found) }
        }
        return best?.word
    }

    /// Beyond it words are cut: the cost grows with the square.
    private static let maximumLength = 100

    private static func distance(_ first: [Unicode.Scalar], _ second: [Unicode.Scalar]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...second.count)
        for row in first.indices {
            var current = [row + 1]
            for column in second.indices {
                var cost = min(
                    last[column] + (first[row] == second[column] ? 0 : 1),
                    last[column + 1] + 1,
                    current[column] + 1
                )
                if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        return last[second.count]
    }
}
