/// The fields that every subscription has, before `fields.json` adds its own.
///
/// Display names are those that tokens use. Where the original gives a field no SOAP API name, the REST API name with a
/// capital stands in for it; where it gives no API name at all, both are formed from the display name. Fields that the
/// marketing system or its CRM connection keeps up to date are read-only.
package enum StandardFields {
    /// A lead's fields, with the fields of its company, which *Describe Lead* lists among them.
    package static let lead: [LeadField] = person + systemManaged + ownedByCRM + social + companyFields

    /// A company's fields, as `{{company.…}}` names them.
    ///
    /// The parts of the billing address go by their bare names too: `Address`, `City`.
    package static let company: [LeadField] =
        companyFields.map { field in
            var field = field
            let prefix = "Billing "
            if field.displayName.hasPrefix(prefix) {
                field.otherNames = [String(field.displayName.dropFirst(prefix.count))]
            }
            return field
        } + companyOwnedByCRM

    private static let person: [LeadField] = [
        field("Salutation", "salutation", .string),
        field("First Name", "firstName", .string),
        field("Middle Name", "middleName", .string),
        field("Last Name", "lastName", .string),
        field("Email Address", "email", .email),
        field("Email Invalid", "emailInvalid", .boolean),
        field("Email Invalid Cause", "emailInvalidCause", .string),
        field("Phone Number", "phone", .phone),
        field("Mobile Phone Number", "mobilePhone", .phone),
        field("Fax Number", "fax", .phone),
        field("Job Title", "title", .string),
        field("Department", "department", .string),
        field("Role", "leadRole", .string, length: 50),
        field("Date of Birth", "dateOfBirth", .date, soap: "DateofBirth"),
        field("Address", "address", .text),
        field("City", "city", .string),
        field("State", "state", .string),
        field("Country", "country", .string),
        field("Postal Code", "postalCode", .string),
        field("Person Time Zone", "personTimeZone", .string),
        field("Person Notes", "mktoPersonNotes", .text),
        field("Person Type", "personType", .string),
        field("Is Customer", "mktoIsCustomer", .boolean),
        field("Is Employee", "isEmployee", .boolean),
        field("Is Partner", "mktoIsPartner", .boolean),
        field("Lead Rating", "rating", .string),
        field("Lead Score", "leadScore", .score),
        field("Lead Source", "leadSource", .string),
        field("Lead Status", "leadStatus", .string),
        field("Acquisition Date", "mktoAcquisitionDate", .datetime),
        field("Acquisition Program", "acquisitionProgramId", .integer),
        field("Black Listed", "blackListed", .boolean),
        field("Do Not Call", "doNotCall", .boolean),
        field("Do Not Call Reason", "doNotCallReason", .text, length: 2000),
        field("Marketing Suspended", "marketingSuspended", .boolean),
        field("Marketing Suspended Cause", "marketingSuspendedCause", .string),
        field("Unsubscribed", "unsubscribed", .boolean),
        field("Unsubscribed Reason", "unsubscribedReason", .text, length: 2000),
        field("Marketo Data.com ID", "jigsawContactId", .string, soap: "Marketo Jigsaw Contact Id"),
        field("Marketo Data.com Status", "jigsawContactStatus", .string, soap: "Marketo Jigsaw Contact Status"),
    ]

    private static let systemManaged: [LeadField] = readOnly([
        field("Id", "id", .integer),
        field("Full Name", "mktoName", .string),
        field("Created At", "createdAt", .datetime),
        field("Updated At", "updatedAt", .datetime),
        field("Is Anonymous", "isAnonymous", .boolean),
        field("Anonymous IP", "anonymousIP", .string),
        field("Acquisition Program Name", "acquisitionProgramName", .string),
        field("Original Source Type", "originalSourceType", .string),
        field("Original Source Info", "originalSourceInfo", .string, length: 2000),
        field("Original Search Engine", "originalSearchEngine", .string),
        field("Original Search Phrase", "originalSearchPhrase", .string),
        field("Original Referrer", "originalReferrer", .string),
        field("Registration Source Type", "registrationSourceType", .string),
        field("Registration Source Info", "registrationSourceInfo", .string, length: 2000),
        field("Inferred Company", "inferredCompany", .string),
        field("Inferred City", "inferredCity", .string),
        field("Inferred State Region", "inferredStateRegion", .string),
        field("Inferred Country", "inferredCountry", .string),
        field("Inferred Postal Code", "inferredPostalCode", .string),
        field("Inferred Metropolitan Area", "inferredMetropolitanArea", .string),
        field("Inferred Phone Area Code", "inferredPhoneAreaCode", .string),
        field("Email Suspended", "emailSuspended", .boolean),
        field("Email Suspended At", "emailSuspendedAt", .datetime),
        field("Email Suspended Cause", "emailSuspendedCause", .string),
        field("Priority", "priority", .integer),
        field("Urgency", "urgency", .float),
        field("Relative Score", "relativeScore", .integer),
        field("Relative Urgency", "relativeUrgency", .integer),
        field("Last Interesting Moment Date", "lastInterestingMomentDate", .datetime),
        field("Last Interesting Moment Desc", "lastInterestingMomentDesc", .string),
        field("Last Interesting Moment Source", "lastInterestingMomentSource", .string),
        field("Last Interesting Moment Type", "lastInterestingMomentType", .string),
    ])

    private static let ownedByCRM: [LeadField] = readOnly([
        field("Lead Owner First Name", "leadOwnerFirstName", .string),
        field("Lead Owner Last Name", "leadOwnerLastName", .string),
        field("Lead Owner Email Address", "leadOwnerEmailAddress", .email),
        field("Lead Owner Job Title", "leadOwnerJobTitle", .string),
        field("Lead Owner Phone Number", "leadOwnerPhoneNumber", .phone),
        field("Number of Optys", "numberOfOptys", .integer),
        field("Total Opty Amount", "totalOptyAmount", .currency),
        field("Total Opty Expected Revenue", "totalOptyExpectedRevenue", .currency),
        field("SFDC Created Date", "sfdcCreatedDate", .datetime),
        field("SFDC Is Deleted", "sfdcIsDeleted", .boolean),
        field("SFDC Type", "sfdcType", .string),
    ])

    private static let companyFields: [LeadField] = [
        field("Company Name", "company", .string),
        field("Annual Revenue", "annualRevenue", .currency),
        field("Num Employees", "numberOfEmployees", .integer),
        field("Industry", "industry", .string),
        field("SIC Code", "sicCode", .string, soap: "SICCode"),
        field("Site", "site", .string),
        field("Website", "website", .url),
        field("Main Phone", "mainPhone", .phone),
        field("Company Notes", "mktoCompanyNotes", .text),
        field("Billing Address", "billingStreet", .text),
        field("Billing City", "billingCity", .string),
        field("Billing State", "billingState", .string),
        field("Billing Country", "billingCountry", .string),
        field("Billing Postal Code", "billingPostalCode", .string),
    ]

    private static let companyOwnedByCRM: [LeadField] = readOnly([
        field("Parent Company Name", "parentCompanyName", .string),
        field("Account Owner First Name", "accountOwnerFirstName", .string),
        field("Account Owner Last Name", "accountOwnerLastName", .string),
        field("Account Owner Email Address", "accountOwnerEmailAddress", .email),
        field("SFDC Account Num", "sfdcAccountNum", .string),
        field("SFDC Created Date", "sfdcCreatedDate", .datetime),
        field("SFDC Type", "sfdcType", .string),
    ])

    private static let social: [LeadField] =
        [
            field("Marketo Social Gender", "gender", .string, soap: "MarketoSocialGender"),
            field("Marketo Social Syndication Id", "syndicationId", .string, soap: "MarketoSocialSyndicationId"),
            field(
                "Marketo Social Last Referred Visit",
                "lastReferredVisit",
                .datetime,
                soap: "MarketoSocialLastReferredVisit"
            ),
            field(
                "Marketo Social Last Referred Enrollment",
                "lastReferredEnrollment",
                .datetime,
                soap: "MarketoSocialLastReferredEnrollment"
            ),
        ]
        + readOnly([
            field(
                "Marketo Social Total Referred Visits",
                "totalReferredVisits",
                .integer,
                soap: "MarketoSocialTotalReferredVisits"
            ),
            field(
                "Marketo Social Total Referred Enrollments",
                "totalReferredEnrollments",
                .integer,
                soap: "MarketoSocialTotalReferredEnrollments"
            ),
        ])
        + network("Facebook", "facebook") + network("LinkedIn", "linkedIn") + network("Twitter", "twitter")

    /// What is kept of a profile in a social network.
    private static func network(_ name: String, _ restPrefix: String) -> [LeadField] {
        let parts: [(name: String, type: FieldType, length: Int?)] = [
            ("Display Name", .string, nil), ("Id", .string, 2000), ("Photo URL", .url, 2000),
            ("Profile URL", .url, 2000),
            ("Reach", .integer, nil), ("Referred Visits", .integer, nil), ("Referred Enrollments", .integer, nil),
        ]
        return parts.map { part in
            let suffix = String(decoding: part.name.utf8.filter { $0 != UInt8(ascii: " ") }, as: UTF8.self)
            return LeadField(
                displayName: "Marketo Social \(name) \(part.name)",
                soapName: "MarketoSocial\(name)\(suffix)",
                restName: restPrefix + suffix,
                type: part.type,
                length: part.length
            )
        }
    }

    private static func field(
        _ displayName: String,
        _ restName: String,
        _ type: FieldType,
        soap soapName: String? = nil,
        length: Int? = nil
    ) -> LeadField {
        LeadField(
            displayName: displayName,
            soapName: soapName ?? capitalized(restName),
            restName: restName,
            type: type,
            length: length
        )
    }

    private static func capitalized(_ name: String) -> String {
        var bytes = Array(name.utf8)
        if let first = bytes.first, first >= UInt8(ascii: "a"), first <= UInt8(ascii: "z") { bytes[0] = first & 0xDF }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func readOnly(_ fields: [LeadField]) -> [LeadField] {
        fields.map { field in
            var field = field
            field.isWritable = false
            return field
        }
    }
}
