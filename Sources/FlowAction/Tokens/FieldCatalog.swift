/// The fields that a store knows, found by any of their names without regard to case.
///
/// A name is looked up as display name first, then as SOAP API name, then as REST API name, then as another name. Where
/// several fields claim it, one that spells it the same, capitals and all, comes before those that do not.
package struct FieldCatalog: Sendable {
    /// The fields, in the order they were given; a position is a field's identity within the catalog.
    package let fields: [LeadField]
    private let positions: NameTable
    /// Names that several fields claim, as they are spelt, and whose they are.
    private let contested: [String: Int]
    /// The SOAP API names that are another field's by the rule.
    private let lostSOAPNames: LostNames
    /// The same of REST API names.
    private let lostRESTNames: LostNames

    /// Names of one kind that are another field's by the rule, and the fields whose they are.
    private struct LostNames {
        /// By the name in lower case.
        let byName: [String: Int]
        /// By the spelling, with those of the fields that won them.
        let bySpelling: [String: Int]

        init(_ name: (LeadField) -> String, of fields: [LeadField], in positions: NameTable) {
            let lost = fields.indices.filter { positions[name(fields[$0])] != $0 }
            let byName = Dictionary(
                lost.map { (name(fields[$0]).lowercased(), $0) },
                uniquingKeysWith: { first, _ in first }
            )
            self.byName = byName
            let contested = byName.isEmpty ? [] : fields.indices.filter { byName[name(fields[$0]).lowercased()] != nil }
            bySpelling = Dictionary(contested.map { (name(fields[$0]), $0) }, uniquingKeysWith: { first, _ in first })
        }

        subscript(name: String) -> Int? {
            byName.isEmpty ? nil : bySpelling[name] ?? byName[name.lowercased()]
        }
    }

    /// Indexes fields by their names; of two fields that claim one name, the earlier kind of name wins,
    /// then the earlier field.
    package init(fields: [LeadField]) {
        self.fields = fields
        var names: [(name: String, position: Int)] = []
        names.reserveCapacity(fields.count * 4)
        for index in fields.indices { names.append((fields[index].displayName, index)) }
        for index in fields.indices { names.append((fields[index].soapName, index)) }
        for index in fields.indices { names.append((fields[index].restName, index)) }
        let own = names
        for index in fields.indices { names += fields[index].otherNames.map { ($0, index) } }
        let positions = NameTable(names)
        self.positions = positions
        let soap = LostNames(\.soapName, of: fields, in: positions)
        let rest = LostNames(\.restName, of: fields, in: positions)
        let lostNames = Set(soap.byName.keys).union(rest.byName.keys)
        (lostSOAPNames, lostRESTNames) = (soap, rest)
        contested = Dictionary(
            lostNames.isEmpty ? [] : own.filter { lostNames.contains($0.name.lowercased()) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The position of the field that a name stands for, if there is one.
    package func position(of name: String) -> Int? {
        contested.isEmpty ? positions[name] : contested[name] ?? positions[name]
    }

    /// The position of the field of a REST API name, whoever else claims it.
    package func position(ofRESTName name: String) -> Int? {
        lostRESTNames[name] ?? positions[name]
    }

    /// The field that a name stands for, if there is one.
    package func field(named name: String) -> LeadField? {
        position(of: name).map { fields[$0] }
    }

    /// The field that a response mapping names: the SOAP API name comes before every other.
    package func field(mappedAs name: String) -> LeadField? {
        (lostSOAPNames[name] ?? position(of: name)).map { fields[$0] }
    }
}
