import FlowAction
import Glibc
import Store

extension FuzzTarget {
    /// A store of any four files: a load ends, every finding has its place, and a snapshot comes without an error alone.
    ///
    /// The input is cut into the files at bytes 0xFF, which no UTF-8 holds; a fifth part begins with such a byte.
    static let store = FuzzTarget(name: "store") { bytes in
        let parts = bytes.split(separator: 0xFF, maxSplits: files.count, omittingEmptySubsequences: false)
        for (index, file) in files.enumerated() {
            write(index < parts.count ? Array(parts[index]) : [], to: "\(directory)/\(file)")
        }
        let options = LoadOptions(environment: ["KEY": "long-enough"], secrets: .placeholder)
        let result = StoreLoader(directory: directory, options: options).load(at: Instant(seconds: 0))
        let hasError = result.diagnostics.contains { $0.severity == .error }
        precondition((result.snapshot == nil) == hasError, "half a store is loaded")
        for diagnostic in result.diagnostics {
            precondition(diagnostic.line >= 1 && diagnostic.column >= 1, "a finding has no place")
            precondition(!diagnostic.message.isEmpty && !diagnostic.message.contains("\n"), "a finding is no line")
        }
    }

    private static let files = [
        "webhooks/w.yaml", "marketing-activities/my-tokens.yaml", "marketing-activities/p/program.yaml",
        "flowhook.yaml", "fields.json",
    ]

    /// A folder in memory, where there is one, gone when the program ends.
    private static let directory: String = {
        var template = Array("/dev/shm/flowhook-fuzz-XXXXXX".utf8CString)
        if access("/dev/shm", W_OK) != 0 { template = Array("/tmp/flowhook-fuzz-XXXXXX".utf8CString) }
        let path = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let path else { preconditionFailure("no folder can be made") }
        for folder in ["webhooks", "marketing-activities", "marketing-activities/p"] {
            mkdir("\(path)/\(folder)", 0o755)
        }
        atexit {
            for file in FuzzTarget.files { unlink("\(FuzzTarget.directory)/\(file)") }
            for folder in ["webhooks", "marketing-activities/p", "marketing-activities", ""] {
                rmdir("\(FuzzTarget.directory)/\(folder)")
            }
        }
        return path
    }()

    private static func write(_ bytes: [UInt8], to path: String) {
        guard let file = fopen(path, "w") else { preconditionFailure("\(path) cannot be written") }
        _ = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
        fclose(file)
    }
}
