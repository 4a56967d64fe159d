internal import CLinux
internal import Glibc

/// The entries of a directory as the kernel gives them (getdents64(2)).
///
/// readdir(3) gives the same, but asks three things more for each directory, and a store has hundreds.
enum FolderEntries {
    /// What an entry is.
    enum Kind {
        /// A folder.
        case folder
        /// A file.
        case file
        /// A link, something else, or what the file system does not tell.
        case other
    }

    /// How many bytes of entries are read at once.
    private static let bufferBytes = 16_384

    /// How an entry begins: `d_ino`, `d_off`, `d_reclen`, `d_type`; its name follows, ended by a 0.
    private enum Offset {
        static let length = 16
        static let type = 18
        static let name = 19
    }

    /// Runs a closure with each entry of an opened directory but `.` and `..`, in no order.
    ///
    /// A name that is not UTF-8 comes with the bytes that are wrong as `\xHH`, told as no text, and with the kind of what
    /// a link leads to.
    ///
    /// - Throws: where the directory cannot be read.
    static func forEach(
        in directory: Int32,
        _ body: (_ name: String, _ kind: Kind, _ isText: Bool) -> Void
    ) throws(StoreFiles.ReadError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferBytes, alignment: 8)
        defer { buffer.deallocate() }
        guard let start = buffer.baseAddress else { return }
        while true {
            let count = flowhook_read_entries(directory, start, UInt(buffer.count))
            guard count >= 0 else { throw StoreFiles.unreadableFolder }
            if count == 0 { return }
            var entry = UnsafeRawPointer(start)
            let end = entry + count
            while entry < end {
                let name = (entry + Offset.name).assumingMemoryBound(to: CChar.self)
                let type = entry.load(fromByteOffset: Offset.type, as: UInt8.self)
                entry += Int(entry.load(fromByteOffset: Offset.length, as: UInt16.self))
                if strcmp(name, ".") == 0 || strcmp(name, "..") == 0 { continue }
                if let text = String(validatingCString: name) {
                    body(text, kind(type), true)
                } else {
                    body(escaped(name), kind(of: name, in: directory), false)
                }
            }
        }
    }

    /// A name whose bytes are not UTF-8 throughout, those that are as they are.
    private static func escaped(_ name: UnsafePointer<CChar>) -> String {
        let bytes = UnsafeRawBufferPointer(start: name, count: strlen(name))
        var text = ""
        var start = 0
        while start < bytes.count {
            let ends = (start + 1)...min(start + 4, bytes.count)
            let character = ends.lazy.compactMap { end in
                String(validating: bytes[start..<end], as: UTF8.self).map { ($0, end) }
            }.first
            if let (character, end) = character {
                text += character
                start = end
            } else {
                let digits = String(bytes[start], radix: 16)
                text += "\\x\(digits)"
                start += 1
            }
        }
        return text
    }

    /// What a name stands for, links followed.
    private static func kind(of name: UnsafePointer<CChar>, in directory: Int32) -> Kind {
        var status = stat()
        guard fstatat(directory, name, &status, 0) == 0 else { return .other }
        return switch status.st_mode & S_IFMT {
        case S_IFDIR: .folder
        case S_IFREG: .file
        default: .other
        }
    }

    private static func kind(_ type: UInt8) -> Kind {
        switch Int(type) {
        case Int(DT_DIR): .folder
        case Int(DT_REG): .file
        default: .other
        }
    }
}
