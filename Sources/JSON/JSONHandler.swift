/// What becomes of a JSON text while it is read: a tree, a few values, or nothing at all.
///
/// ``JSONScanner/read(_:)`` is compiled for each handler by itself.
protocol JSONHandler {
    /// Where a value stands, as far as the handler has to know.
    associatedtype Place
    /// What a value becomes.
    associatedtype Value
    /// An array that is being read.
    associatedtype Elements
    /// An object that is being read.
    associatedtype Members

    /// Where the text's own value stands.
    var root: Place { get }
    /// Whether the value at a place, a container most of all, is of interest; otherwise it is checked alone.
    func wants(_ place: Place) -> Bool
    /// What a value that is not wanted becomes.
    func passedOver() -> Value

    /// Takes `null`.
    mutating func null(at place: Place) -> Value
    /// Takes `true` or `false`.
    mutating func boolean(_ flag: Bool, at place: Place) -> Value
    /// Takes a number.
    mutating func number(_ text: JSONText, at place: Place) -> Value
    /// Takes a string.
    mutating func string(_ text: JSONText, at place: Place) -> Value

    /// Begins an array.
    mutating func beginArray(at place: Place) -> Elements
    /// Tells where the next element stands.
    mutating func nextElement(of elements: inout Elements) -> Place
    /// Takes the element that was read.
    mutating func add(_ value: consuming Value, to elements: inout Elements)
    /// Ends an array.
    mutating func end(_ elements: consuming Elements) -> Value

    /// Begins an object.
    mutating func beginObject(at place: Place) -> Members
    /// Takes the name of a member and tells where its value stands.
    mutating func member(_ name: JSONText, of members: inout Members) -> Place
    /// Takes the value of the member.
    mutating func add(_ value: consuming Value, to members: inout Members)
    /// Ends an object.
    mutating func end(_ members: consuming Members) -> Value
}

extension JSONScanner {
    /// Reads a whole text: one value, nothing after it.
    ///
    /// - Throws: the first error, wherever it is, wanted or not.
    mutating func read<Handler: JSONHandler>(_ handler: inout Handler) throws(JSONError) -> Handler.Value {
        let value = try value(&handler, at: handler.root)
        try end()
        return value
    }

    /// Reads a value.
    mutating func value<Handler: JSONHandler>(
        _ handler: inout Handler,
        at place: Handler.Place
    ) throws(JSONError) -> Handler.Value {
        guard handler.wants(place) else {
            var checker = JSONChecker()
            try value(&checker, at: ())
            return handler.passedOver()
        }
        switch try next() {
        case .null: return handler.null(at: place)
        case .boolean(let flag): return handler.boolean(flag, at: place)
        case .number(let text): return handler.number(text, at: place)
        case .string(let text): return handler.string(text, at: place)
        case .array:
            var elements = handler.beginArray(at: place)
            while try nextElement() {
                let place = handler.nextElement(of: &elements)
                handler.add(try value(&handler, at: place), to: &elements)
            }
            return handler.end(elements)
        case .object:
            var members = handler.beginObject(at: place)
            while let name = try nextMember() {
                let place = handler.member(name, of: &members)
                handler.add(try value(&handler, at: place), to: &members)
            }
            return handler.end(members)
        }
    }
}

/// Makes nothing of a text: it is checked alone.
struct JSONChecker: JSONHandler {
    var root: Void { () }

    func wants(_ place: Void) -> Bool { true }
    func passedOver() {}

    func null(at place: Void) {}
    func boolean(_ flag: Bool, at place: Void) {}
    func number(_ text: JSONText, at place: Void) {}
    func string(_ text: JSONText, at place: Void) {}

    // Elements and members are told apart by their types.
    func beginArray(at place: Void) -> Array { Array() }
    func nextElement(of elements: inout Array) {}
    func add(_ value: Void, to elements: inout Array) {}
    func end(_ elements: consuming Array) {}

    func beginObject(at place: Void) -> Object { Object() }
    func member(_ name: JSONText, of members: inout Object) {}
    func add(_ value: Void, to members: inout Object) {}
    func end(_ members: consuming Object) {}

    /// An array, of which nothing is kept.
    struct Array {}
    /// An object, of which nothing is kept.
    struct Object {}
}
