/// An element of an XML document, names as written.
package struct XMLElement: Sendable, Hashable {
    /// The name, its prefix included.
    package var name: String
    /// The attributes in order, names as written; declarations of namespaces are attributes too.
    package var attributes: [Attribute]
    /// The child elements in order; empty for an element that holds text alone.
    package var children: [XMLElement]
    /// The element's own character data in order, CDATA included, children's left out.
    package var text: String

    /// An attribute.
    package struct Attribute: Sendable, Hashable {
        /// The name, its prefix included.
        package var name: String
        /// The value, normalised as XML 1.0, section 3.3.3, says.
        package var value: String

        /// Makes an attribute.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Makes an element.
    package init(name: String, attributes: [Attribute] = [], children: [XMLElement] = [], text: String = "") {
        self.name = name
        self.attributes = attributes
        self.children = children
        self.text = text
    }
}
