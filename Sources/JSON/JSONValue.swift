/// A JSON value (RFC 8259) whose members keep their order and whose numbers keep their text.
package enum JSONValue: Sendable, Hashable {
    /// `null`.
    case null
    /// `true` or `false`.
    case boolean(Bool)
    /// A number as its literal text, always valid by RFC 8259, section 6.
    case number(String)
    /// Text, its escapes resolved.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object.
    case object(JSONObject)

    /// The member of an object under a name, the last of duplicates; `nil` for anything else.
    package subscript(name: String) -> JSONValue? {
        if case .object(let object) = self { object[name] } else { nil }
    }

    /// The element of an array; `nil` for anything else or past its end.
    package subscript(index: Int) -> JSONValue? {
        if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { nil }
    }

    /// The text of a string; `nil` for anything else.
    package var stringValue: String? {
        if case .string(let text) = self { text } else { nil }
    }
}

/// The members of a JSON object in their order, duplicates included.
package struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// One member.
    package struct Member: Sendable, Hashable {
        /// The name, its escapes resolved.
        package var name: String
        /// The value.
        package var value: JSONValue

        /// Makes a member.
        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The members in order.
    package var members: [Member]

    /// Makes an object of members.
    package init(_ members: [Member] = []) {
        self.members = members
    }

    /// Makes an object of a literal's members.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        members = elements.map { Member(name: $0, value: $1) }
    }

    /// The value under a name, the last of duplicates.
    package subscript(name: String) -> JSONValue? {
        members.last { $0.name.hasSameBytes(as: name) }?.value
    }
}
