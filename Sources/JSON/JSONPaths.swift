/// Paths into a JSON text, joined into one tree, so that one pass over the text finds the values of all.
///
/// Nothing else of the text is built, but all of it is checked as strictly as by ``JSONValue/init(parsing:maximumDepth:)``.
///
/// An object, since whoever searches a text looks at it all the time.
package final class JSONPaths: Sendable {
    /// One step of a path.
    package enum Step: Sendable, Hashable {
        /// The member of an object under a name, compared code point by code point; the last of duplicates.
        case member(String)
        /// The element of an array, from 0.
        case index(Int)
    }

    /// What a text has at the end of a path.
    package enum Found: Sendable, Hashable {
        /// Nothing at all.
        case nothing
        /// `null`.
        case null
        /// `true` or `false`.
        case boolean(Bool)
        /// A number, its literal text.
        case number(String)
        /// A string, its escapes resolved.
        case string(String)
        /// An object or an array.
        case container
    }

    /// A place that some path leads to or through: ranges of the lists below.
    fileprivate struct Node {
        /// The names that lead on.
        var members: Range<Int>
        /// The indexes that lead on, in rising order.
        var elements: Range<Int>
        /// The paths that end here.
        var ending: Range<Int>
        /// The paths that end here or further on.
        var leading: Range<Int>
    }

    // Flat lists: to look at a list inside another one would be to hold on to it each time.
    fileprivate let nodes: [Node]
    /// The names of members, as ranges of ``names``, and the nodes that they lead to.
    fileprivate let members: [(name: Range<Int>, node: Int)]
    /// The names in UTF-8.
    fileprivate let names: [UInt8]
    /// The indexes of elements and the nodes that they lead to.
    fileprivate let elements: [(index: Int, node: Int)]
    /// Positions of paths.
    fileprivate let paths: [Int]
    /// How many paths there are.
    package let count: Int

    /// Joins paths; the order of what is found is theirs.
    package init(_ paths: [[Step]]) {
        var nodes: [Node] = []
        var members: [(name: Range<Int>, node: Int)] = []
        var names: [UInt8] = []
        var elements: [(index: Int, node: Int)] = []
        var positions: [Int] = []
        func list<Items: Sequence>(_ items: Items) -> Range<Int> where Items.Element == Int {
            let start = positions.count
            positions.append(contentsOf: items)
            return start..<positions.count
        }
        let trees = Tree.all(of: paths)
        for tree in trees {
            let (firstMember, firstElement) = (members.count, elements.count)
            for (name, node) in tree.members {
                members.append((names.count..<names.count + name.count, node))
                names += name
            }
            elements += tree.elements.sorted { $0.index < $1.index }
            nodes.append(
                Node(
                    members: firstMember..<members.count,
                    elements: firstElement..<elements.count,
                    ending: list(tree.ending),
                    leading: list(tree.leading)
                )
            )
        }
        (self.nodes, self.members, self.names, self.elements) = (nodes, members, names, elements)
        self.paths = positions
        count = paths.count
    }

    /// A place and the steps that lead on from it, while paths are joined.
    private struct Tree {
        var members: [(name: [UInt8], node: Int)] = []
        var elements: [(index: Int, node: Int)] = []
        var ending: [Int] = []
        var leading: [Int] = []

        /// The places of paths; the first is the root.
        static func all(of paths: [[Step]]) -> [Tree] {
            var trees = [Tree()]
            for (index, path) in paths.enumerated() {
                var position = 0
                trees[position].leading.append(index)
                for step in path {
                    let next = trees[position].next(step, new: trees.count)
                    if next == trees.count { trees.append(Tree()) }
                    trees[next].leading.append(index)
                    position = next
                }
                trees[position].ending.append(index)
            }
            return trees
        }

        /// Where a step leads, to a new place if to none so far.
        private mutating func next(_ step: Step, new: Int) -> Int {
            switch step {
            case .member(let name):
                let name = Array(name.utf8)
                if let known = members.first(where: { $0.name == name }) { return known.node }
                members.append((name, new))
            case .index(let index):
                if let known = elements.first(where: { $0.index == index }) { return known.node }
                elements.append((index, new))
            }
            return new
        }
    }

    /// Reads a text and gives what it has at the end of each path.
    ///
    /// - Parameters:
    ///   - bytes: the text, UTF-8 without a byte order mark.
    ///   - maximumDepth: how many arrays and objects may stand inside one another.
    /// - Throws: the first error of the text, wherever it is.
    package func find(in bytes: [UInt8], maximumDepth: Int = 64) throws(JSONError) -> [Found] {
        var finder = JSONFinder(paths: self)
        let result = bytes.withUnsafeBufferPointer { buffer in
            Result { () throws(JSONError) -> Void in
                var scanner = JSONScanner(buffer, maximumDepth: maximumDepth)
                try scanner.read(&finder)
            }
        }
        try result.get()
        return finder.found
    }
}

/// Finds the values of paths while a text is read.
private struct JSONFinder: JSONHandler {
    let paths: JSONPaths
    var found: [JSONPaths.Found] = []

    init(paths: JSONPaths) {
        self.paths = paths
        found.reserveCapacity(paths.count)
        for _ in 0..<paths.count { found.append(.nothing) }
    }

    /// A place that no path leads through.
    private static let nowhere = -1

    /// An array that is being read, and how far.
    struct Elements {
        var index = 0
        /// Those of the node's elements that have not been passed.
        var wanted: Range<Int>
    }

    /// An object that is being read.
    struct Members {
        let node: Int
    }

    var root: Int { 0 }

    func wants(_ place: Int) -> Bool { place >= 0 }
    func passedOver() {}

    mutating func null(at place: Int) { take(.null, at: place) }
    mutating func boolean(_ flag: Bool, at place: Int) { take(.boolean(flag), at: place) }

    mutating func number(_ text: JSONText, at place: Int) {
        if !paths.nodes[place].ending.isEmpty { take(.number(text.string), at: place) }
    }

    mutating func string(_ text: JSONText, at place: Int) {
        if !paths.nodes[place].ending.isEmpty { take(.string(text.string), at: place) }
    }

    private mutating func take(_ value: JSONPaths.Found, at place: Int) {
        for position in paths.nodes[place].ending { found[paths.paths[position]] = value }
    }

    mutating func beginArray(at place: Int) -> Elements {
        take(.container, at: place)
        return Elements(wanted: paths.nodes[place].elements)
    }

    func nextElement(of elements: inout Elements) -> Int {
        let index = elements.index
        elements.index += 1
        guard let first = elements.wanted.first, paths.elements[first].index == index else { return Self.nowhere }
        elements.wanted = first + 1..<elements.wanted.upperBound
        return paths.elements[first].node
    }

    func add(_ value: Void, to elements: inout Elements) {}
    func end(_ elements: consuming Elements) {}

    mutating func beginObject(at place: Int) -> Members {
        take(.container, at: place)
        return Members(node: place)
    }

    mutating func member(_ name: JSONText, of members: inout Members) -> Int {
        for position in paths.nodes[members.node].members {
            guard name.isSame(as: paths.names, in: paths.members[position].name) else { continue }
            let node = paths.members[position].node
            // Of duplicates the last counts, with all that is in it: what an earlier one held is forgotten.
            for position in paths.nodes[node].leading { found[paths.paths[position]] = .nothing }
            return node
        }
        return Self.nowhere
    }

    func add(_ value: Void, to members: inout Members) {}
    func end(_ members: consuming Members) {}
}
