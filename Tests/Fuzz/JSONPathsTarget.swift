import JSON

extension FuzzTarget {
    /// The search for paths and the tree come to one verdict on every text, and to one value at every path.
    static let jsonPaths = FuzzTarget(name: "json-paths") { bytes in
        let tree: JSONValue
        do throws(JSONError) { tree = try JSONValue(parsing: bytes) } catch let expected {
            do throws(JSONError) {
                _ = try JSONPaths(fixed).find(in: bytes)
                preconditionFailure("the search takes what the tree refuses")
            } catch {
                precondition(error == expected, "the search refuses for another reason")
            }
            return
        }
        var paths = fixed
        collect(from: tree, at: [], into: &paths)
        let found = try? JSONPaths(paths).find(in: bytes)
        precondition(found == paths.map { value(of: tree, at: $0) }, "the search finds other values than the tree has")
    }

    private static let fixed: [[JSONPaths.Step]] = [
        [], [.member("a")], [.member("a"), .index(0)], [.index(1)], [.member("a"), .member("b")], [.member("")],
        [.index(0), .member("a")],
    ]

    /// The paths to the first values of a tree, containers included.
    private static func collect(from value: JSONValue, at path: [JSONPaths.Step], into paths: inout [[JSONPaths.Step]])
    {
        guard paths.count < 64 else { return }
        paths.append(path)
        switch value {
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                collect(from: element, at: path + [.index(index)], into: &paths)
            }
        case .object(let object):
            for member in object.members {
                collect(from: member.value, at: path + [.member(member.name)], into: &paths)
            }
        default: break
        }
    }

    private static func value(of tree: JSONValue, at path: [JSONPaths.Step]) -> JSONPaths.Found {
        var value = tree
        for step in path {
            let next: JSONValue? =
                switch step {
                case .member(let name): value[name]
                case .index(let index): value[index]
                }
            guard let next else { return .nothing }
            value = next
        }
        return switch value {
        case .null: .null
        case .boolean(let flag): .boolean(flag)
        case .number(let literal): .number(literal)
        case .string(let text): .string(text)
        case .array, .object: .container
        }
    }
}
