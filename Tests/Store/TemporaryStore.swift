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

    func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR, let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { remove("\(path)/\(name)") }
            }
            closedir(folder)
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}
