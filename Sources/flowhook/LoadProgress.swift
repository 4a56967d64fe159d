internal import Glibc
internal import Store

/// A line on the terminal that tells how far the reading of a large store has come.
///
/// It stands on standard error, is written over as files are read, and is gone at the end: what a command prints is the
/// same with and without it.
struct LoadProgress: Sendable {
    /// After how many files the line is written anew; a store with fewer shows none.
    static let step = 250

    /// Is `nil` where standard error is no terminal that can clear a line.
    init?() {
        guard isCapableTerminal(STDERR_FILENO) else { return nil }
    }

    /// Tells how many files have been read.
    func show(_ filesRead: Int) {
        guard filesRead > 0, filesRead % Self.step == 0 else { return }
        write("\r\(filesRead) files read \u{1B}[K")
    }

    /// Clears the line after a load.
    func end(_ loaded: LoadResult) {
        if loaded.filesRead >= Self.step { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) {
        var text = text
        text.withUTF8 { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
