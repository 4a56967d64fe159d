/// The fields that a store knows, found by any of their names without regard to case.
///
/// A name is looked up as display name first, then as SOAP API name, then as REST API name, then as another name.
package struct FieldCatalog: Sendable {
    /// The fields, in the order they were given; a position is a field's identity within the catalog.
    package let fields: [LeadField]
    private let positions: [String: Int]
    /// The names as they are spelt, for a look at the first.
    private let spelt: NameTable

    /// Indexes fields by their names; of two fields that claim one name, the earlier kind of name wins,
    /// then the earlier field.
    package init(fields: [LeadField]) {
        self.fields = fields
        var positions: [String: Int] = [:]
        positions.reserveCapacity(fields.count * 3)
        var spellings: [(name: String, lowercased: String)] = []
        spellings.reserveCapacity(fields.count * 3)
        func add(_ name: String, at position: Int) {
            let lowercased = name.lowercased()
            if positions[lowercased] == nil { positions[lowercased] = position }
            spellings.append((name, lowercased))
        }
        for (position, field) in fields.enumerated() { add(field.displayName, at: position) }
        for (position, field) in fields.enumerated() { add(field.soapName, at: position) }
        for (position, field) in fields.enumerated() { add(field.restName, at: position) }
        for (position, field) in fields.enumerated() {
            for name in field.otherNames { add(name, at: position) }
        }
        self.positions = positions
        // As it is spelt too, so that a request that spells a name like the store is served without a change of case.
        spelt = NameTable(
            spellings.compactMap { spelling in positions[spelling.lowercased].map { (spelling.name, $0) } }
        )
    }

    /// The position of the field that a name stands for, if there is one.
    package func position(of name: String) -> Int? {
        spelt[name] ?? positions[name.lowercased()]
    }

    /// The field that a name stands for, if there is one.
    package func field(named name: String) -> LeadField? {
        position(of: name).map { fields[$0] }
    }
}
