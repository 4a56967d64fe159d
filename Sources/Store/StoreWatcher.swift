internal import CLinux
internal import Glibc

/// Watches what a load has read, through inotify(7), and tells which part of it has changed.
///
/// The loader says what it is about to read, before it reads it: a change that comes later is never missed.
/// Belongs to one thread at a time.
package final class StoreWatcher {
    /// What a change of a watched name means.
    enum Meaning: Hashable {
        /// The names of a folder of the store matter, and the files in it.
        case folder(String)
        /// One file is to be read again.
        case file(String)
        /// Everything is to be looked at.
        case everything
    }

    /// What somebody wants to know of a watched folder.
    private struct Interest: Hashable {
        /// The one name that matters; `nil`: all.
        var name: String?
        var meaning: Meaning
    }

    /// One interest of an owner.
    private struct Claim: Hashable {
        var watch: Int32
        var interest: Interest
    }

    /// The queue's descriptor, readable when something has changed; -1 where the system gives none.
    package let descriptor: Int32
    /// The list of what is mounted, which poll(2) tells changes of as POLLPRI; -1 where there is none.
    package let mounts: Int32
    private var haveMountsChanged = false
    /// Why changes are looked for once a second, where the kernel does not tell of all of them; `nil`: it does.
    package private(set) var reasonToPoll: String?

    /// Who has an interest in each folder, or file, that the kernel watches.
    private var watches: [Int32: [Interest: Set<String>]] = [:]
    private var claims: [String: Set<Claim>] = [:]
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// Names come, go, and stand for something else.
    private static let names = UInt32(
        IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF
    )
    /// What the names stand for changes.
    private static let contents = UInt32(IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB)

    /// Opens a queue.
    ///
    /// - Parameter polls: looks for changes once a second even where the kernel would tell.
    package init(polls: Bool = false) {
        descriptor = polls ? -1 : inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC)
        if polls {
            reasonToPoll = "it was asked for"
        } else if descriptor < 0 {
            reasonToPoll = "inotify_init1: \(String(cString: strerror(errno)))"
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if mounts >= 0 { close(mounts) }
    }

    // MARK: What is watched

    /// Watches the names in a folder of the store, and its files.
    ///
    /// - Parameters:
    ///   - folder: relative to the store.
    ///   - path: the same as an absolute path.
    ///   - isLink: whether what the folder is can change on the way to it.
    func watch(folder: String, at path: String, isLink: Bool) {
        renew(folder) {
            add(path, Self.names | Self.contents, Interest(name: nil, meaning: .folder(folder)), owner: folder)
            if isLink { watch(way: path, owner: folder, .everything) }
        }
    }

    /// Watches every name on the way to some files, or to the store itself.
    ///
    /// - Parameters:
    ///   - paths: absolute.
    ///   - owner: who has the interest, for ``forget(_:)``.
    ///   - meaning: what a change of any of the names means.
    func watch(paths: [String], owner: String, _ meaning: Meaning) {
        renew(owner) {
            for path in paths { watch(way: path, owner: owner, meaning) }
        }
    }

    /// Ends the interests of a file or folder.
    func forget(_ owner: String) {
        for claim in claims.removeValue(forKey: owner) ?? [] { drop(claim, of: owner) }
    }

    private func watch(way path: String, owner: String, _ meaning: Meaning) {
        let steps = PathTrail(path).steps
        for (index, step) in steps.enumerated() {
            let isFile = index == steps.count - 1 && meaning != .everything
            let mask = isFile ? Self.names | Self.contents : Self.names
            let interest = Interest(name: step.name, meaning: meaning)
            let isWatched = add(step.folder, mask, interest, owner: owner, isNeeded: false)
            // A folder that may be passed through and not be listed: the file itself can be watched.
            if isFile, !isWatched {
                add("\(step.folder)/\(step.name)", mask, Interest(name: nil, meaning: meaning), owner: owner)
            }
        }
    }

    /// Gives an owner other interests; those that stay are kept throughout, so that no event of theirs is lost.
    private func renew(_ owner: String, _ body: () -> Void) {
        let before = claims.removeValue(forKey: owner) ?? []
        body()
        for claim in before where claims[owner]?.contains(claim) != true { drop(claim, of: owner) }
    }

    private func drop(_ claim: Claim, of owner: String) {
        guard watches[claim.watch]?[claim.interest]?.remove(owner) != nil else { return }
        if watches[claim.watch]?[claim.interest]?.isEmpty == true { watches[claim.watch]?[claim.interest] = nil }
        if watches[claim.watch]?.isEmpty == true {
            watches[claim.watch] = nil
            inotify_rm_watch(descriptor, claim.watch)
        }
    }

    @discardableResult
    private func add(
        _ path: String,
        _ mask: UInt32,
        _ interest: Interest,
        owner: String,
        isNeeded: Bool = true
    ) -> Bool {
        guard descriptor >= 0 else { return true }
        let watch = inotify_add_watch(descriptor, path, mask | UInt32(IN_MASK_ADD))
        guard watch >= 0 else {
            let code = errno
            // What is not there cannot change; whoever looks in the folder above is told when it comes.
            if code == ENOENT || code == ENOTDIR { return true }
            if code == ENOSPC || isNeeded { reasonToPoll = "\(path): \(Self.reason(code))" }
            return false
        }
        if watches[watch] == nil { pollOnNetworkFileSystem(path) }
        watches[watch, default: [:]][interest, default: []].insert(owner)
        claims[owner, default: []].insert(Claim(watch: watch, interest: interest))
        return true
    }

    private static func reason(_ code: Int32) -> String {
        code == ENOSPC
            ? "the limit of inotify watches is reached (fs.inotify.max_user_watches)" : String(cString: strerror(code))
    }

    /// File systems whose changes on another machine the kernel does not tell of: statfs(2) has their numbers.
    private static let networkFileSystems: [UInt32: String] = [
        0x6969: "NFS", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB", 0x517B: "SMB", 0x6573_5546: "FUSE", 0x0102_1997: "9P",
        0x00C3_6400: "Ceph", 0x5346_414F: "AFS", 0x0BD0_0BD0: "Lustre", 0x786F_4256: "VirtualBox",
        0xBACB_ACBC: "VMware", 0x4750_4653: "GPFS",
    ]

    private func pollOnNetworkFileSystem(_ path: String) {
        guard reasonToPoll == nil else { return }
        guard let name = Self.networkFileSystems[UInt32(truncatingIfNeeded: flowhook_file_system(path))] else { return }
        reasonToPoll = "\(path) is on \(name), which does not tell of changes made elsewhere"
    }

    // MARK: What has changed

    /// Notes that something was mounted or unmounted: on a folder that is watched the kernel does not tell of that.
    package func takeMounts() {
        haveMountsChanged = true
    }

    /// What has changed since the last call; does not wait.
    package func changes() -> LoadScope {
        var scope = LoadScope.nothing
        if haveMountsChanged { scope.isEverything = true }
        haveMountsChanged = false
        guard descriptor >= 0 else { return scope }
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return scope }
            buffer[..<count].withUnsafeBytes { bytes in
                var offset = 0
                while offset + MemoryLayout<inotify_event>.size <= bytes.count {
                    let event = bytes.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                    let start = offset + MemoryLayout<inotify_event>.size
                    offset = start + Int(event.len)
                    let name = bytes[start..<min(offset, bytes.count)].prefix { $0 != 0 }
                    take(event, String(decoding: name, as: UTF8.self), &scope)
                }
            }
        }
    }

    private func take(_ event: inotify_event, _ name: String, _ scope: inout LoadScope) {
        if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
            scope.isEverything = true
            return
        }
        guard let interests = watches[event.wd] else { return }
        // The folder is gone, or its file system: the number will not be used again.
        if event.mask & UInt32(IN_IGNORED) != 0 { watches[event.wd] = nil }
        let isOfItself = event.len == 0
        for interest in interests.keys where isOfItself || interest.name == nil || interest.name == name {
            if case .folder(let folder) = interest.meaning, !isOfItself {
                take(event, name, in: folder, &scope)
            } else {
                note(interest.meaning, &scope)
            }
        }
    }

    /// Takes an event of a name in a folder of the store.
    private func take(_ event: inotify_event, _ name: String, in folder: String, _ scope: inout LoadScope) {
        guard !StoreFiles.isPassedOver(name) else { return }
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        if event.mask & UInt32(IN_ISDIR) != 0 {
            if event.mask & Self.names != 0 { scope.folders.insert(folder) }
            scope.trees.insert(path)
        } else if StoreFiles.isRead(name) {
            if event.mask & Self.names != 0 { scope.folders.insert(folder) }
            scope.files.insert(path)
        } else if event.mask & Self.names != 0 {
            // A link to a folder looks like this, and a file that nobody reads.
            scope.folders.insert(folder)
            scope.trees.insert(path)
        }
    }

    private func note(_ meaning: Meaning, _ scope: inout LoadScope) {
        switch meaning {
        case .folder(let folder): scope.folders.insert(folder)
        case .file(let file): scope.files.insert(file)
        case .everything: scope.isEverything = true
        }
    }
}
