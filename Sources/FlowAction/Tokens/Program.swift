/// A program: a folder of the tree with a `program.yaml`.
///
/// An object, since every request looks at its own.
package final class Program: Sendable {
    /// The id, an integer or text; compared as text.
    package let id: Scalar
    /// The name; the folder's where the file gives none.
    package let name: String
    /// What people wrote about it.
    package let description: String?
    /// The channel.
    package let channel: String?
    /// The position of its folder in the tree.
    package let folder: Int

    /// Describes a program.
    package init(id: Scalar, name: String, description: String? = nil, channel: String? = nil, folder: Int) {
        self.id = id
        self.name = name
        self.description = description
        self.channel = channel
        self.folder = folder
    }
}
