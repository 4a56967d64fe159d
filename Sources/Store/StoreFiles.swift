internal import CLinux
internal import Glibc

/// The files of a store on disk: what is read, what is passed over, what is refused.
package struct StoreFiles {
    /// The store's directory with every link resolved.
    let root: String
    /// What is read outside the store.
    let outside: OutsideFiles
    /// The directory, opened: what is below it is found from there.
    private let folder: OpenFolder

    /// How large a file may be, in bytes.
    static let maximumBytes = 4 << 20

    /// The byte order mark in UTF-8 (RFC 3629 section 6), which some editors begin files with.
    static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Why a file cannot be read, as a sentence for a finding.
    struct ReadError: Error, Equatable {
        /// The code of the finding.
        var code: String
        /// What is wrong, with the reason that the system gives.
        var message: String
    }

    /// Opens a store.
    ///
    /// - Throws: `no-store` where there is no directory, `unreadable` where it cannot be reached.
    init(directory: String, outside: OutsideFiles = OutsideFiles()) throws(ReadError) {
        guard let root = Self.resolve("\(directory)/") else { throw Self.missingStore }
        self.root = root
        self.outside = outside
        folder = OpenFolder(root)
    }

    /// What stands in a folder, by name; each entry relative to the store.
    struct Listing {
        /// The names of folders.
        var folders: [String] = []
        /// The names of files.
        var files: [String] = []
        /// Which folder it is; `nil` where there is none.
        var identity: FolderWalk.Identity?
        /// What is wrong with the folder, or with names in it, each under its own path.
        var failures: [Findings] = []
    }

    /// Lists a folder, names in order, links followed, dot-files and editors' temporary files passed over.
    ///
    /// - Parameter folder: the path relative to the store, empty for the store itself.
    /// - Returns: nothing where the folder does not exist; a link that leads nowhere, or out of the store, among the
    ///   failures.
    func list(_ folder: String) -> Listing {
        var listing = Listing()
        let opened = self.folder.open(folder.isEmpty ? "." : folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY | O_NONBLOCK)
        guard opened >= 0 else {
            if errno != ENOENT {
                listing.failures.append(Findings(file: folder, Self.unreadableFolder))
            } else if isLink(folder) {
                let message = "\(folder) cannot be followed: \(String(cString: strerror(ENOENT)))"
                listing.failures.append(Findings(file: folder, ReadError(code: "broken-link", message: message)))
            }
            return listing
        }
        defer { close(opened) }
        do throws(ReadError) {
            if !folder.isEmpty { try requireInside(folder, opened: opened) }
        } catch {
            listing.failures.append(Findings(file: folder, error))
            return listing
        }
        var status = stat()
        if fstat(opened, &status) == 0 {
            listing.identity = .init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        }
        do {
            try FolderEntries.forEach(in: opened) { name, type, isText in
                if Self.isPassedOver(name) { return }
                guard isText else {
                    guard type == .folder || Self.isRead(name) else { return }
                    let message = "this name is not UTF-8, and nothing reads what it stands for; rename it"
                    let path = folder.isEmpty ? name : "\(folder)/\(name)"
                    listing.failures.append(Findings(file: path, ReadError(code: "name-not-utf-8", message: message)))
                    return
                }
                switch type {
                case .folder: listing.folders.append(name)
                case .file: listing.files.append(name)
                case .other: take(name, in: folder, &listing)
                }
            }
        } catch {
            listing.failures.append(Findings(file: folder, error))
        }
        listing.folders.sort()
        listing.files.sort()
        return listing
    }

    /// Takes a link, or what the file system does not tell the kind of.
    private func take(_ name: String, in folder: String, _ listing: inout Listing) {
        let relative = folder.isEmpty ? name : "\(folder)/\(name)"
        do throws(ReadError) {
            var status = stat()
            guard stat(path(of: relative), &status) == 0 else {
                throw ReadError(code: "broken-link", message: "\(relative) cannot be followed: \(Self.reason)")
            }
            try requireInside(relative)
            switch status.st_mode & S_IFMT {
            case S_IFDIR: listing.folders.append(name)
            case S_IFREG: listing.files.append(name)
            // A pipe or the like: who reads it tells of it.
            default: if Self.isRead(name) { listing.files.append(name) }
            }
        } catch {
            listing.failures.append(Findings(file: relative, error))
        }
    }

    /// Reads a file of the store, without a byte order mark at its start.
    ///
    /// - Returns: `nil` where there is none.
    /// - Throws: where it is too large, no UTF-8, unreadable, or a link that leads out of the store.
    func read(_ file: String) throws(ReadError) -> (bytes: [UInt8], stamp: FileStamp)? {
        var descriptor = folder.openBeneath(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        if descriptor < 0 {
            // Where the kernel does not do it, or there is a link that it does not follow: step by step.
            guard let opened = try openChecked(file) else { return nil }
            descriptor = opened
        }
        defer { close(descriptor) }
        var contents = try Self.contents(of: descriptor, maximumBytes: Self.maximumBytes)
        // YAML allows a byte order mark at the start (YAML 1.2 section 5.2), JSON lets it be passed over (RFC 8259 section
        // 8.1); it takes no column.
        if contents.bytes.starts(with: Self.byteOrderMark) { contents.bytes.removeFirst(Self.byteOrderMark.count) }
        guard String(validating: contents.bytes, as: UTF8.self) != nil else {
            throw ReadError(code: "not-utf-8", message: "the file is not UTF-8; save it in that encoding")
        }
        return contents
    }

    /// Opens a file of the store, and looks at where it lies.
    ///
    /// - Returns: `nil` where there is none.
    private func openChecked(_ file: String) throws(ReadError) -> Int32? {
        var descriptor = folder.open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        if descriptor < 0, errno == ELOOP {
            // Says what is wrong with a link that leads nowhere.
            try requireInside(file)
            descriptor = folder.open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        }
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw ReadError(code: "unreadable", message: "the file cannot be read: \(Self.reason)")
        }
        do {
            try requireInside(file, opened: descriptor)
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Reads a file that need not be in the store, such as a secret or a certificate; links are followed wherever they
    /// lead.
    ///
    /// - Parameter path: absolute, or relative to the store.
    func readOutside(_ path: String) throws(ReadError) -> [UInt8] {
        let path = absolutePath(of: path)
        outside.begin(path)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw ReadError(code: "secret-unreadable", message: Self.reason) }
        defer { close(descriptor) }
        let contents = try Self.contents(of: descriptor, maximumBytes: 1 << 20)
        outside.end(path, contents.stamp, contents.bytes)
        return contents.bytes
    }

    /// Whether a path of the store is itself a link.
    func isLink(_ relative: String) -> Bool {
        var status = stat()
        return lstat(path(of: relative), &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    /// A path of the store's files as an absolute one.
    func absolutePath(of path: String) -> String {
        path.hasPrefix("/") ? path : "\(root)/\(path)"
    }

    /// The absolute path of a file or folder of the store.
    func path(of relative: String) -> String {
        relative.isEmpty ? root : "\(root)/\(relative)"
    }

    private func requireInside(_ relative: String) throws(ReadError) {
        guard let target = Self.resolve(path(of: relative)) else {
            throw ReadError(code: "broken-link", message: "\(relative) cannot be followed: \(Self.reason)")
        }
        try requireInside(relative, leadingTo: target)
    }

    /// Looks at what was opened: a link, in the path's middle too, may have been another one when it was looked at.
    private func requireInside(_ relative: String, opened descriptor: Int32) throws(ReadError) {
        let path = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { target -> String? in
            guard let start = target.baseAddress else { return nil }
            let count = readlink("/proc/self/fd/\(descriptor)", start, target.count)
            return count > 0 ? String(decoding: UnsafeRawBufferPointer(target)[..<count], as: UTF8.self) : nil
        }
        // Without /proc what was looked at has to do.
        if let path { try requireInside(relative, leadingTo: path) }
    }

    private func requireInside(_ relative: String, leadingTo target: String) throws(ReadError) {
        guard target == root || target.hasPrefix(root + "/") else {
            throw ReadError(
                code: "link-leaves-store",
                message: "\(relative) is a link that leads out of the store; keep what it leads to inside"
            )
        }
    }

    private static func contents(of descriptor: Int32, maximumBytes: Int) throws(ReadError) -> (
        bytes: [UInt8], stamp: FileStamp
    ) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ReadError(code: "unreadable", message: "this is no regular file")
        }
        var bytes = [UInt8](repeating: 0, count: min(Int(status.st_size), maximumBytes) + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw ReadError(code: "unreadable", message: "it cannot be read: \(reason)") }
            if got == 0 { break }
            count += got
            // The end of a file that is as long as it was said to be: no need to ask for it.
            if count == Int(status.st_size), count <= maximumBytes { break }
            if count == bytes.count, count <= maximumBytes {
                bytes.append(contentsOf: repeatElement(0, count: min(count, maximumBytes + 1 - count)))
            }
        }
        guard count <= maximumBytes else {
            throw ReadError(code: "too-large", message: "it is larger than \(maximumBytes >> 20) MiB")
        }
        bytes.removeLast(bytes.count - count)
        return (bytes, FileStamp(status))
    }

    /// Whether a file of this name may be one that the store is read from.
    ///
    /// One that is written in capitals may not, and is told of.
    static func isRead(_ name: String) -> Bool {
        isYAML(name) || name == FieldsReader.file || UnknownFile.hasEndingInCapitals(name)
    }

    /// Whether a name has an ending under which YAML is read.
    static func isYAML(_ name: String) -> Bool {
        name.hasSuffix(".yaml") || name.hasSuffix(".yml")
    }

    /// Whether a name is a dot-file's, or that of an editor's temporary file.
    package static func isPassedOver(_ name: String) -> Bool {
        switch (name.utf8.first, name.utf8.last) {
        case (UInt8(ascii: "."), _), (_, UInt8(ascii: "~")), (UInt8(ascii: "#"), UInt8(ascii: "#")): true
        case (_, UInt8(ascii: "p")), (_, UInt8(ascii: "x")):
            name.hasSuffix(".swp") || name.hasSuffix(".swx") || name.hasSuffix(".tmp")
        default: false
        }
    }

    /// A path as the process was given it, relative to its working directory, as an absolute one.
    static func fromWorkingDirectory(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        guard let folder = getcwd(nil, 0) else { return "/\(path)" }
        defer { free(folder) }
        return "\(String(cString: folder))/\(path)"
    }

    private static func resolve(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Why there is no store, as `errno` says.
    private static var missingStore: ReadError {
        let begin = "name its directory with --store or FLOWHOOK_STORE, or begin one with flowhook init"
        switch errno {
        case ENOENT: return ReadError(code: "no-store", message: "there is no store here; \(begin)")
        case ENOTDIR: return ReadError(code: "no-store", message: "a store is a directory, and this is none; \(begin)")
        default: return ReadError(code: "unreadable", message: "the store cannot be reached: \(reason)")
        }
    }

    /// Why a folder cannot be read, as `errno` says.
    static var unreadableFolder: ReadError {
        ReadError(code: "unreadable", message: "the folder cannot be read: \(reason)")
    }

    private static var reason: String { String(cString: strerror(errno)) }
}
