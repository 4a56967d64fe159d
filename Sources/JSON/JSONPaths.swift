/// Paths into a JSON text, joined into one tree, so that one pass over the text finds the values of all.
///
/// Nothing else of the text is built, but all of it is checked as strictly as by ``JSONValue/init(parsing:maximumDepth:)``.
package struct JSONPaths: Sendable {
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

    /// A place that some path leads to or through.
    fileprivate struct Node {
        /// The names that lead on, in UTF-8.
        var members: [(name: [UInt8], node: Int)] = []
        /// The indexes that lead on, in rising order.
        var elements: [(index: Int, node: Int)] = []
        /// The paths that end here.
        var ending: [Int] = []
        /// The paths that end here or further on.
        var leading: [Int] = []
    }

    private var nodes = [Node()]
    /// How many paths there are.
    package let count: Int

    /// Joins paths; the order of what is found is theirs.
    package init(_ paths: [[Step]]) {
        count = paths.count
        for (index, path) in paths.enumerated() {
            var node = 0
            nodes[node].leading.append(index)
            for step in path {
                node = next(step, from: node)
                nodes[node].leading.append(index)
            }
            nodes[node].ending.append(index)
        }
        for node in nodes.indices { nodes[node].elements.sort { $0.index < $1.index } }
    }

    private mutating func next(_ step: Step, from node: Int) -> Int {
        let new = nodes.count
        switch step {
        case .member(let name):
            let name = Array(name.utf8)
            if let known = nodes[node].members.first(where: { $0.name == name }) { return known.node }
            nodes[node].members.append((name, new))
        case .index(let index):
            if let known = nodes[node].elements.first(where: { $0.index == index }) { return known.node }
            nodes[node].elements.append((index, new))
        }
        nodes.append(Node())
        return new
    }

    /// Reads a text and gives what it has at the end of each path.
    ///
    /// - Parameters:
    ///   - bytes: the text, UTF-8 without a byte order mark.
    ///   - maximumDepth: how many arrays and objects may stand inside one another.
    /// - Throws: the first error of the text, wherever it is.
    package func find(in bytes: [UInt8], maximumDepth: Int = 64) throws(JSONError) -> [Found] {
        var finder = JSONFinder(nodes: nodes, found: [Found](repeating: .nothing, count: count))
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
    let nodes: [JSONPaths.Node]
    var found: [JSONPaths.Found]

    /// A place that no path leads through.
    private static let nowhere = -1

    /// An array that is being read, and how far.
    struct Elements {
        let node: Int
        var index = 0
        /// The first of the node's elements that has not been passed.
        var cursor = 0
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
        if !nodes[place].ending.isEmpty { take(.number(text.string), at: place) }
    }

    mutating func string(_ text: JSONText, at place: Int) {
        if !nodes[place].ending.isEmpty { take(.string(text.string), at: place) }
    }

    private mutating func take(_ value: JSONPaths.Found, at place: Int) {
        for path in nodes[place].ending { found[path] = value }
    }

    mutating func beginArray(at place: Int) -> Elements {
        take(.container, at: place)
        return Elements(node: place)
    }

    func nextElement(of elements: inout Elements) -> Int {
        let index = elements.index
        elements.index += 1
        guard elements.cursor < nodes[elements.node].elements.count else { return Self.nowhere }
        let wanted = nodes[elements.node].elements[elements.cursor]
        guard wanted.index == index else { return Self.nowhere }
        elements.cursor += 1
        return wanted.node
    }

    func add(_ value: Void, to elements: inout Elements) {}
    func end(_ elements: consuming Elements) {}

    mutating func beginObject(at place: Int) -> Members {
        take(.container, at: place)
        return Members(node: place)
    }

    mutating func member(_ name: JSONText, of members: inout Members) -> Int {
        for (wanted, node) in nodes[members.node].members where name.isSame(as: wanted) {
            // Of duplicates the last counts, with all that is in it: what an earlier one held is forgotten.
            for path in nodes[node].leading { found[path] = .nothing }
            return node
        }
        return Self.nowhere
    }

    func add(_ value: Void, to members: inout Members) {}
    func end(_ members: consuming Members) {}
}
