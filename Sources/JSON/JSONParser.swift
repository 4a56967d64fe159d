extension JSONValue {
    /// Reads one JSON text, strictly by RFC 8259: UTF-8 without a byte order mark, one value, nothing after it.
    ///
    /// - Parameters:
    ///   - bytes: the text.
    ///   - maximumDepth: how many arrays and objects may stand inside one another.
    /// - Throws: the first error, with its offset.
    package init(parsing bytes: [UInt8], maximumDepth: Int = 64) throws(JSONError) {
        let result = bytes.withUnsafeBufferPointer { buffer in
            Result { () throws(JSONError) -> JSONValue in
                var scanner = JSONScanner(buffer, maximumDepth: maximumDepth)
                var builder = JSONTreeBuilder()
                return try scanner.read(&builder)
            }
        }
        self = try result.get()
    }
}

extension JSONScanner {
    /// Reads a value with all that is in it.
    package mutating func tree() throws(JSONError) -> JSONValue {
        var builder = JSONTreeBuilder()
        return try value(&builder, at: ())
    }
}

/// Makes a tree of a text.
private struct JSONTreeBuilder: JSONHandler {
    /// An object that is being read.
    struct Members {
        var list: [JSONObject.Member] = []
        var name = ""
    }

    var root: Void { () }

    func wants(_ place: Void) -> Bool { true }
    func passedOver() -> JSONValue { .null }

    func null(at place: Void) -> JSONValue { .null }
    func boolean(_ flag: Bool, at place: Void) -> JSONValue { .boolean(flag) }
    func number(_ text: JSONText, at place: Void) -> JSONValue { .number(text.string) }
    func string(_ text: JSONText, at place: Void) -> JSONValue { .string(text.string) }

    func beginArray(at place: Void) -> [JSONValue] { [] }
    func nextElement(of elements: inout [JSONValue]) {}
    func add(_ value: consuming JSONValue, to elements: inout [JSONValue]) { elements.append(value) }
    func end(_ elements: consuming [JSONValue]) -> JSONValue { .array(elements) }

    func beginObject(at place: Void) -> Members { Members() }

    func member(_ name: JSONText, of members: inout Members) {
        members.name = name.string
        // Eight at once: most objects have no more, and growing from one costs several allocations more.
        if members.list.isEmpty { members.list.reserveCapacity(8) }
    }

    func add(_ value: consuming JSONValue, to members: inout Members) {
        members.list.append(JSONObject.Member(name: members.name, value: value))
    }

    func end(_ members: consuming Members) -> JSONValue { .object(JSONObject(members.list)) }
}
