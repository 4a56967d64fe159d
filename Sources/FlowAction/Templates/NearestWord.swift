/// Finds the word that a misspelt one was meant to be.
package enum NearestWord {
    /// The word of a list that is nearest, without regard to case; `nil` where none is near.
    ///
    /// Near is at most one slip in three characters, where a slip is a character too many, too few, wrong,
    /// or two neighbours swapped (optimal string alignment distance).
    package static func find(_ word: String, among candidates: some Sequence<String>) -> String? {
        let wanted = letters(of: word)
        guard !wanted.isEmpty else { return nil }
        var best: (word: String, distance: Int)?
        var rows = Rows()
        for candidate in candidates {
            // A character takes four bytes at most: most candidates are told by their length alone.
            let bytes = candidate.utf8.count
            guard bytes <= 4 * maximumLength, bytes + bytes / 2 + 1 >= wanted.count else { continue }
            let letters = letters(of: candidate)
            let allowed = max(1, max(wanted.count, letters.count) / 3)
            guard abs(letters.count - wanted.count) <= allowed else { continue }
            let bound = min(allowed, wanted.count - 1, (best?.distance ?? .max) - 1)
            if let found = rows.distance(wanted, letters, atMost: bound) { best = (candidate, found) }
            if best?.distance == 0 { break }
        }
        return best?.word
    }

    /// Beyond it words are cut: the cost grows with the square.
    private static let maximumLength = 100

    /// The letters by which words are compared.
    private static func letters(of word: String) -> [UInt32] {
        word.lowercased().unicodeScalars.prefix(maximumLength).map(\.value)
    }

    /// The last three rows of the table of distances, kept from word to word.
    private struct Rows {
        private var beforeLast: [Int] = []
        private var last: [Int] = []
        private var current: [Int] = []

        /// The distance of two words; `nil` where it is larger than a bound.
        mutating func distance(_ first: [UInt32], _ second: [UInt32], atMost bound: Int) -> Int? {
            guard bound >= 0 else { return nil }
            let width = second.count + 1
            beforeLast = Array(repeating: 0, count: width)
            last = Array(0..<width)
            current = beforeLast
            for row in first.indices {
                current[0] = row + 1
                var least = row + 1
                for column in second.indices {
                    var cost = min(
                        last[column] + (first[row] == second[column] ? 0 : 1),
                        last[column + 1] + 1,
                        current[column] + 1
                    )
                    if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                        cost = min(cost, beforeLast[column - 1] + 1)
                    }
                    current[column + 1] = cost
                    least = min(least, cost)
                }
                // No later row has less than the least of two in a row.
                if least > bound + 1 { return nil }
                swap(&beforeLast, &last)
                swap(&last, &current)
            }
            return last[second.count] <= bound ? last[second.count] : nil
        }
    }
}
