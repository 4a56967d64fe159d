/// Finds the word that a misspelt one was meant to be.
package enum NearestWord {
    /// Among how many words at most one is looked for where a request asks: it is not to hold others up.
    static let mostForRequests = 2_000

    /// The word of a list that is nearest, without regard to case; `nil` where none is near, the first of several.
    ///
    /// Near is at most one slip in three characters, where a slip is a character too many, too few, wrong,
    /// or two neighbours swapped (optimal string alignment distance).
    package static func find(_ word: String, among candidates: some Sequence<String>) -> String? {
        var wanted = Letters()
        wanted.read(word)
        guard !wanted.all.isEmpty else { return nil }
        var best: (word: String, distance: Int)?
        var letters = Letters()
        var rows = Rows()
        for candidate in candidates {
            // A character takes four bytes at most: many candidates are told by their length alone.
            let bytes = candidate.utf8.count
            guard bytes <= 4 * Letters.maximum, bytes + bytes / 2 + 1 >= wanted.all.count else { continue }
            letters.read(candidate)
            let allowed = max(1, max(wanted.all.count, letters.all.count) / 3)
            let bound = min(allowed, wanted.all.count - 1, (best?.distance ?? .max) - 1)
            guard wanted.isPerhaps(within: bound, of: letters) else { continue }
            if let found = rows.distance(wanted.all, letters.all, atMost: bound) { best = (candidate, found) }
            if best?.distance == 0 { break }
        }
        return best?.word
    }

    /// The letters by which words are compared.
    private struct Letters {
        /// Beyond it words are cut: the cost grows with the square.
        static let maximum = 100

        private(set) var all: [UInt32] = []
        /// A bit for each letter that occurs; some letters share one.
        private var present: UInt64 = 0

        /// Takes another word's, in the same memory.
        mutating func read(_ word: String) {
            all.removeAll(keepingCapacity: true)
            present = 0
            // In ASCII, as most names are, no text is made of the small letters.
            for byte in word.utf8.prefix(Self.maximum) {
                guard byte < 0x80 else { return readBeyondASCII(word) }
                add(UInt32(byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte))
            }
        }

        private mutating func readBeyondASCII(_ word: String) {
            all.removeAll(keepingCapacity: true)
            present = 0
            for scalar in word.lowercased().unicodeScalars.prefix(Self.maximum) { add(scalar.value) }
        }

        private mutating func add(_ letter: UInt32) {
            all.append(letter)
            present |= 1 << UInt64(letter & 63)
        }

        /// Whether two words can be so near at all: a slip changes the length by one at most, and which letters occur by two.
        func isPerhaps(within bound: Int, of other: Letters) -> Bool {
            abs(all.count - other.all.count) <= bound && (present ^ other.present).nonzeroBitCount <= 2 * bound
        }
    }

    /// The last three rows of the table of distances, kept from word to word.
    private struct Rows {
        private var beforeLast: [Int] = []
        private var last: [Int] = []
        private var current: [Int] = []

        /// The distance of two words whose lengths differ by no more than a bound; `nil` where it is larger than that.
        mutating func distance(_ first: [UInt32], _ second: [UInt32], atMost bound: Int) -> Int? {
            guard bound >= 0 else { return nil }
            let width = second.count + 1
            for _ in last.count..<max(last.count, width) {
                beforeLast.append(0)
                last.append(0)
                current.append(0)
            }
            for column in 0..<width { last[column] = column }
            for row in first.indices {
                // Farther from the diagonal every distance is larger than the bound.
                let columns = max(0, row - bound)..<min(second.count, row + bound + 1)
                current[columns.lowerBound] = columns.lowerBound == 0 ? row + 1 : bound + 1
                var least = columns.lowerBound == 0 ? row + 1 : Int.max
                for column in columns {
                    var cost = min(last[column] + (first[row] == second[column] ? 0 : 1), current[column] + 1)
                    // The last row ends here where it ended before the width.
                    if column < row + bound || row == 0 { cost = min(cost, last[column + 1] + 1) }
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
