import FlowAction
import Glibc
import Store

/// A store of real files in a folder of its own, gone with the value.
final class TemporaryStore {
    let directory: String

    init(_ files: [String: String] = [:]) {
        var template = Array("/tmp/flowhook-store-XXXXXX".utf8CString)
        directory = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? "/nowhere"
        }
        for (path, text) in files { write(Array(text.utf8), to: path) }
    }

    deinit {
        remove(directory)
    }

    func path(_ relative: String) -> String { "\(directory)/\(relative)" }

    func write(_ bytes: [UInt8], to relative: String) {
        makeFolder(relative.split(separator: "/").dropLast().joined(separator: "/"))
        guard let file = fopen(path(relative), "w") else { return }
        _ = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
        fclose(file)
    }

    func makeFolder(_ relative: String) {
        var folder = directory
        for part in relative.split(separator: "/") {
            folder += "/\(part)"
            mkdir(folder, 0o755)
        }
    }

    func link(_ relative: String, to target: String) {
        symlink(target, path(relative))
    }

    func load(
        overrides: [(key: String, value: String)] = [],
        environment: [String: String] = [:],
        secrets: LoadOptions.Secrets = .required
    ) -> LoadResult {
        let options = LoadOptions(overrides: overrides, environment: environment, secrets: secrets)
        return StoreLoader(directory: directory, options: options).load(at: Instant(seconds: 7))
    }

    /// Removes a file, or a folder and all that lies in it.
    func remove(_ path: String) { Self.remove(Array(path.utf8CString)) }

    /// By bytes: a name need not be UTF-8.
    private static func remove(_ path: [CChar]) {
        guard Glibc.remove(path) != 0, let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) }
            }
            if name != [0x2E], name != [0x2E, 0x2E] { remove(path.dropLast() + [0x2F] + name + [0]) }
        }
        closedir(folder)
        rmdir(path)
    }
}
