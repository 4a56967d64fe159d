/// The fields that a store knows, found by any of their names without regard to case.
///
/// A name is looked up as display name first, then as SOAP API name, then as REST API name, then as another name.
package struct FieldCatalog: Sendable {
    /// The fields, in the order they were given; a position is a field's identity within the catalog.
    package let fields: [LeadField]
    private let positions: NameTable

    /// Indexes fields by their names; of two fields that claim one name, the earlier kind of name wins,
    /// then the earlier field.
    package init(fields: [LeadField]) {
        self.fields = fields
        var names: [(name: String, position: Int)] = []
        names.reserveCapacity(fields.count * 4)
        for index in fields.indices { names.append((fields[index].displayName, index)) }
        for index in fields.indices { names.append((fields[index].soapName, index)) }
        for index in fields.indices { names.append((fields[index].restName, index)) }
        for index in fields.indices { names += fields[index].otherNames.map { ($0, index) } }
        positions = NameTable(names)
    }

    /// The position of the field that a name stands for, if there is one.
    package func position(of name: String) -> Int? {
        positions[name]
    }

    /// The field that a name stands for, if there is one.
    package func field(named name: String) -> LeadField? {
        position(of: name).map { fields[$0] }
    }
}
