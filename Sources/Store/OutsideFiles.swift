/// Keeps account of the files that one file of the store has read beside itself: secrets and certificates.
final class OutsideFiles {
    /// The stamps of what was read, by absolute path; `nil` for what could not be read.
    private(set) var stamps: [String: FileStamp?] = [:]
    /// What tells the contents from others, in the order of reading.
    private(set) var fingerprints: [Int] = []
    /// Is told of a path before it is read.
    var willRead: (String) -> Void = { _ in }

    /// Notes that a file is about to be read.
    func begin(_ path: String) {
        stamps[path] = .some(nil)
        willRead(path)
    }

    /// Notes what was read.
    func end(_ path: String, _ stamp: FileStamp, _ bytes: [UInt8]) {
        fingerprints.append(bytes.hashValue)
        stamps[path] = stamp.isTrusted ? stamp : nil
    }

    /// Begins anew, for the next file of the store.
    func reset() {
        stamps = [:]
        fingerprints = []
    }
}
