/// A program: a folder of the tree with a `program.yaml`.
package struct Program: Sendable {
    /// The id, an integer or text; compared as text.
    package var id: Scalar
    /// The name; the folder's where the file gives none.
    package var name: String
    /// What people wrote about it.
    package var description: String?
    /// The channel.
    package var channel: String?
    /// The position of its folder in the tree.
    package var folder: Int

    /// Describes a program.
    package init(id: Scalar, name: String, description: String? = nil, channel: String? = nil, folder: Int) {
        self.id = id
        self.name = name
        self.description = description
        self.channel = channel
        self.folder = folder
    }
}
