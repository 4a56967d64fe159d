internal import FlowAction

/// Files of one kind and what was made of each, kept until it changes.
final class FileMemory<Value> {
    /// One file.
    final class File {
        /// What the file was read into; `nil` where an error keeps it from being anything.
        fileprivate(set) var value: Value?
        /// What was found in it.
        fileprivate(set) var diagnostics: [Diagnostic] = []
        /// `nil` where only reading tells whether the file is the same.
        fileprivate var stamp: FileStamp?
        /// Tells its contents, and those of what it has read beside itself, from others.
        fileprivate var fingerprint = 0
        /// What it has read beside itself.
        fileprivate var outside: [String: FileStamp?] = [:]
        fileprivate var pass = 0
    }

    private var files: [String: File] = [:]
    /// Is told of the value that was and the one that is now.
    private let didChange: (_ old: Value?, _ new: Value?) -> Void

    /// Begins without a file.
    init(didChange: @escaping (_ old: Value?, _ new: Value?) -> Void = { _, _ in }) {
        self.didChange = didChange
    }

    /// Reads a file, or tells what was made of it when it was last read.
    ///
    /// - Parameters:
    ///   - path: relative to the store.
    ///   - isUncertain: whether it may be another file than before; its stamp then tells.
    ///   - parse: makes the value of the file's bytes.
    /// - Returns: `nil` where there is no such file.
    func recall(
        _ path: String,
        _ pass: LoadPass,
        isUncertain: Bool,
        parse: ([UInt8], inout Findings) -> Value?
    ) -> File? {
        let known = files[path]
        known?.pass = pass.number
        let isNamed = pass.scope.files.contains(path)
        if let known, !isNamed {
            if !isUncertain { return known }
            if isSame(known, path, pass) {
                watch(path, known.outside, pass)
                return known
            }
        }
        return read(path, pass, known, parse)
    }

    /// Forgets the files that a load has not come across.
    func sweep(_ pass: LoadPass) {
        for (path, file) in files where file.pass != pass.number { remove(path, file, pass) }
    }

    /// Forgets every file: what they were made with has changed.
    func forgetAll() {
        for file in files.values { didChange(file.value, nil) }
        files = [:]
    }

    private func isSame(_ known: File, _ path: String, _ pass: LoadPass) -> Bool {
        if pass.scope.rereadsSecrets, !known.outside.isEmpty { return false }
        guard let stamp = known.stamp, stamp == FileStamp(ofPath: pass.files.path(of: path)) else { return false }
        return known.outside.allSatisfy { path, stamp in stamp != nil && stamp == FileStamp(ofPath: path) }
    }

    private func read(
        _ path: String,
        _ pass: LoadPass,
        _ known: File?,
        _ parse: ([UInt8], inout Findings) -> Value?
    ) -> File? {
        // First the watches: what changes after the reading is then told.
        watch(path, [:], pass)
        let file = File()
        file.pass = pass.number
        var findings = Findings(file: path)
        let outside = pass.files.outside
        outside.reset()
        outside.willRead = { [self] _ in watch(path, outside.stamps, pass) }
        defer { outside.willRead = { _ in } }
        var fingerprint = Hasher()
        do {
            guard let contents = try pass.files.read(path) else {
                if let known { remove(path, known, pass) }
                return nil
            }
            pass.filesRead += 1
            file.stamp = contents.stamp.isTrusted ? contents.stamp : nil
            contents.bytes.withUnsafeBytes { fingerprint.combine(bytes: $0) }
            if let known, known.outside.isEmpty, known.fingerprint == fingerprint.finalize() {
                known.stamp = file.stamp
                return known
            }
            file.value = parse(contents.bytes, &findings)
        } catch {
            findings.add(.error, error.code, error.message)
            fingerprint.combine(error.message)
        }
        file.outside = outside.stamps
        for contents in outside.fingerprints { fingerprint.combine(contents) }
        file.fingerprint = fingerprint.finalize()
        file.diagnostics = findings.diagnostics
        if known?.fingerprint != file.fingerprint { pass.hasChanged = true }
        files[path] = file
        didChange(known?.value, file.value)
        return file
    }

    private func remove(_ path: String, _ file: File, _ pass: LoadPass) {
        files[path] = nil
        didChange(file.value, nil)
        pass.watcher?.forget(path)
        pass.hasChanged = true
    }

    /// Watches what the folder's own watch does not cover: links on the way to the file, and what lies outside.
    private func watch(_ path: String, _ outside: [String: FileStamp?], _ pass: LoadPass) {
        guard let watcher = pass.watcher else { return }
        var paths = Array(outside.keys)
        if pass.files.isLink(path) { paths.append(pass.files.path(of: path)) }
        watcher.watch(paths: paths, owner: path, .file(path))
    }
}
