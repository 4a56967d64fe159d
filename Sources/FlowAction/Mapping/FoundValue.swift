package import JSON
package import XML

/// What a response has at the path of a response attribute.
package enum FoundValue: Sendable, Hashable {
    /// Nothing at all.
    case nothing
    /// JSON's `null`.
    case null
    /// A JSON boolean.
    case boolean(Bool)
    /// A JSON number, its literal text.
    case number(String)
    /// A JSON string.
    case string(String)
    /// The text of an XML element or attribute, without white space at both ends.
    case xmlText(String)
    /// An object, an array, or an element with children: no single value.
    case container
}

extension FoundValue {
    /// What a JSON text has at the path.
    package init(_ found: JSONPaths.Found) {
        self =
            switch found {
            case .nothing: .nothing
            case .null: .null
            case .boolean(let flag): .boolean(flag)
            case .number(let literal): .number(literal)
            case .string(let text): .string(text)
            case .container: .container
            }
    }
}

extension ResponseAttribute {
    /// The path as JSON knows it.
    package var jsonSteps: [JSONPaths.Step] {
        steps.compactMap { step in
            switch step {
            case .member(let name): .member(name)
            case .index(let index): .index(index)
            case .element, .attribute: nil
            }
        }
    }

    /// What an XML document has at the path, from its root element on.
    package func find(in root: XMLElement) -> FoundValue {
        guard case .element(let name, 0) = steps.first, root.name.hasSameBytes(as: name) else { return .nothing }
        var element = root
        for step in steps.dropFirst() {
            switch step {
            case .element(let name, let index):
                guard let child = element.child(name, at: index) else { return .nothing }
                element = child
            case .attribute(let name):
                let attribute = element.attributes.first { $0.name.hasSameBytes(as: name) }
                return attribute.map { .xmlText($0.value.trimmingBlanks()) } ?? .nothing
            case .member, .index:
                return .nothing
            }
        }
        return element.children.isEmpty ? .xmlText(element.text.trimmingBlanks()) : .container
    }
}

extension XMLElement {
    /// The n-th child element of a name, from 0.
    fileprivate func child(_ name: String, at index: Int) -> XMLElement? {
        var left = index
        for child in children where child.name.hasSameBytes(as: name) {
            if left == 0 { return child }
            left -= 1
        }
        return nil
    }
}

extension String {
    /// The text without XML's white space at both ends.
    fileprivate func trimmingBlanks() -> String {
        guard utf8.first?.isBlank == true || utf8.last?.isBlank == true else { return self }
        return String(Substring(utf8.trimming(while: \.isBlank)))
    }
}
