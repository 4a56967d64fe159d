internal import Glibc

/// The way from the root of the file system to a file: each name that is looked up on it, links taken apart.
///
/// Where one of these names comes to stand for something else, so does the whole path.
struct PathTrail {
    /// One look-up.
    struct Step: Hashable {
        /// The folder, an absolute path without links.
        var folder: String
        /// The name that is looked up in it.
        var name: String
    }

    /// The look-ups in order; the last is the first that finds nothing, or the file's own.
    private(set) var steps: [Step] = []

    /// As many links as the kernel follows on one path (path_resolution(7)).
    private static let maximumLinks = 40

    /// Follows an absolute path.
    init(_ path: String) {
        var waiting = Array(Self.names(of: path).reversed())
        var folder = ""
        var links = 0
        while let name = waiting.popLast() {
            if name == ".." {
                folder = folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? ""
                continue
            }
            steps.append(Step(folder: folder.isEmpty ? "/" : folder, name: name))
            let next = "\(folder)/\(name)"
            var status = stat()
            guard lstat(next, &status) == 0 else { return }
            guard status.st_mode & S_IFMT == S_IFLNK else {
                folder = next
                continue
            }
            links += 1
            guard links <= Self.maximumLinks, let target = Self.target(of: next) else { return }
            if target.hasPrefix("/") { folder = "" }
            waiting += Self.names(of: target).reversed()
        }
    }

    private static func names(of path: String) -> [String] {
        path.split(separator: "/").filter { $0 != "." }.map(String.init)
    }

    private static func target(of link: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(link, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }
}
