extension String {
    /// Whether no more than 30 combining marks follow one another (UAX #15, section 13, Stream-Safe Text Format).
    ///
    /// No language needs as many. What Swift compares and hashes it puts in Unicode's order before, in a time that grows with
    /// the square of such a run: a text of a stranger is to be asked this first.
    var isStreamSafe: Bool {
        // The shortest mark beyond ASCII has two bytes.
        guard utf8.count > 2 * Self.maximumMarks else { return true }
        var run = 0
        for scalar in unicodeScalars {
            guard !scalar.isASCII, scalar.properties.canonicalCombiningClass != .notReordered else {
                run = 0
                continue
            }
            run += 1
            if run > Self.maximumMarks { return false }
        }
        return true
    }

    private static let maximumMarks = 30
}
