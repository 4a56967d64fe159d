/// The fields that a store knows, found by any of their names without regard to case.
///
/// A name is looked up as display name first, then as SOAP API name, then as REST API name, then as another name.
package struct FieldCatalog: Sendable {
    /// The fields, in the order they were given; a position is a field's identity within the catalog.
    package let fields: [LeadField]
    private let positions: [String: Int]

    /// Indexes fields by their names; of two fields that claim one name, the earlier kind of name wins,
    /// then the earlier field.
    package init(fields: [LeadField]) {
        self.fields = fields
        var positions: [String: Int] = [:]
        positions.reserveCapacity(fields.count * 3)
        let kinds: [(LeadField) -> [String]] = [
            { [$0.displayName] }, { [$0.soapName] }, { [$0.restName] }, { $0.otherNames },
        ]
        for names in kinds {
            for (position, field) in fields.enumerated() {
                for name in names(field) where positions[name.lowercased()] == nil {
                    positions[name.lowercased()] = position
                }
            }
        }
        // As it is spelt too, so that a request that spells a name like the store is served without a change of case.
        for field in fields {
            for name in kinds.flatMap({ $0(field) }) where positions[name] == nil {
                positions[name] = positions[name.lowercased()]
            }
        }
        self.positions = positions
    }

    /// The position of the field that a name stands for, if there is one.
    package func position(of name: String) -> Int? {
        positions[name] ?? positions[name.lowercased()]
    }

    /// The field that a name stands for, if there is one.
    package func field(named name: String) -> LeadField? {
        position(of: name).map { fields[$0] }
    }
}
