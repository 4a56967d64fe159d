internal import FlowAction

/// A walk down through folders, kept from going round where links lead up again, and from going one way after another
/// into the same folder where links lie side by side: it takes a time linear in the tree.
struct FolderWalk {
    /// What tells a folder from every other, however it is reached (inode(7)).
    struct Identity: Hashable {
        /// The file system.
        var device: UInt64
        /// The folder in it.
        var inode: UInt64
    }

    /// How deep folders may lie below the first.
    static let maximumDepth = 64
    /// How many ways may lead to one folder: folders shared through links are few, and those in circles without number.
    static let maximumWays = 1_000

    private struct Place {
        var path: String
        var identity: Identity
        var above: Int?
        var depth: Int
    }

    private let files: StoreFiles
    private var places: [Place] = []
    private var ways: [Identity: Int] = [:]
    /// Whether a loop was found: from there on each folder is read once.
    private var isLooped = false

    /// Begins a walk through folders of a store.
    init(_ files: StoreFiles) {
        self.files = files
    }

    /// Takes a folder that has been listed; those that lie in it come before any beside it.
    ///
    /// - Parameters:
    ///   - path: relative to the store.
    ///   - identity: `nil` for a folder that could not be listed, which is passed over.
    ///   - above: the number of the folder that it lies in; `nil` for the first.
    ///   - refuse: gets the reason where the folder may not be read.
    /// - Returns: the folder's number, counted from 0, for those that lie in it; `nil` where it is not to be read: it is
    ///   refused, or has been read under another name in a walk that has an error already.
    mutating func enter(
        _ path: String,
        _ identity: Identity?,
        above: Int?,
        orRefuse refuse: (Findings) -> Void
    ) -> Int? {
        guard let identity else { return nil }
        let depth = above.map { places[$0].depth + 1 } ?? 0
        guard depth < Self.maximumDepth else {
            refuse(Findings(path, "folder-depth", "folders lie at most \(Self.maximumDepth) deep"))
            return nil
        }
        var next = above
        while let number = next {
            if places[number].identity == identity {
                isLooped = true
                let message = "this link leads back to \(places[number].path), the folder that it lies in; remove it"
                refuse(Findings(link(on: path), "link-loop", message))
                return nil
            }
            next = places[number].above
        }
        let ways = ways[identity, default: 0]
        if ways > 0, isLooped { return nil }
        guard ways < Self.maximumWays else {
            isLooped = true
            let message = "this is a folder that more than \(Self.maximumWays) ways lead to, over links; remove some"
            refuse(Findings(link(on: path), "link-loop", message))
            return nil
        }
        self.ways[identity] = ways + 1
        places.append(Place(path: path, identity: identity, above: above, depth: depth))
        return places.count - 1
    }

    /// The last link on the way to a folder; the folder itself where there is none.
    private func link(on path: String) -> String {
        var link = path[...]
        while !files.isLink(String(link)) {
            guard let end = link.lastIndex(of: "/") else { return path }
            link = link[..<end]
        }
        return String(link)
    }
}

extension Findings {
    /// One error about a folder as a whole.
    fileprivate init(_ folder: String, _ code: String, _ message: String) {
        self.init(file: folder)
        add(.error, code, message)
    }
}
