/// The fields of a company under one count: those of the company's catalog, then those that the lead's alone has, as a
/// subscription's own are listed there.
///
/// The two catalogs share a field's REST name; display names differ ("Address" is the lead's own).
struct CompanyFields {
    private let company: FieldCatalog
    private let lead: FieldCatalog

    /// The fields of a store.
    init(_ snapshot: Snapshot) {
        company = snapshot.companyFields
        lead = snapshot.leadFields
    }

    /// The position of the field that a name stands for, if there is one.
    subscript(name: String) -> Int? {
        company.position(of: name) ?? lead.position(of: name).map(position(ofLeadField:))
    }

    /// The field at a position.
    subscript(position: Int) -> LeadField {
        position < company.fields.count ? company.fields[position] : lead.fields[position - company.fields.count]
    }

    /// The position of a field of the lead's catalog.
    func position(ofLeadField position: Int) -> Int {
        let name = lead.fields[position].restName
        if let shared = company.position(of: name), company.fields[shared].restName == name { return shared }
        return company.fields.count + position
    }

    /// The position in the lead's catalog of the field at a position; `nil` where it is not listed there.
    func leadPosition(of position: Int) -> Int? {
        position < company.fields.count
            ? lead.position(ofRESTName: company.fields[position].restName) : position - company.fields.count
    }
}
