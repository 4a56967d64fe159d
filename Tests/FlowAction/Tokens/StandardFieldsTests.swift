import FlowAction
import Testing

@Suite struct StandardFieldsTests {
    private let lead = FieldCatalog(fields: StandardFields.lead)
    private let company = FieldCatalog(fields: StandardFields.company)

    @Test(arguments: [
        "Acquisition Date", "Acquisition Program", "Acquisition Program Name", "Address", "Anonymous IP",
        "Black Listed",
        "City", "Country", "Created At", "Date of Birth", "Department", "Do Not Call", "Do Not Call Reason",
        "Email Address", "Email Invalid", "Email Invalid Cause", "Fax Number", "First Name", "Full Name", "Id",
        "Inferred City", "Inferred Company", "Inferred Country", "Inferred Metropolitan Area",
        "Inferred Phone Area Code", "Inferred Postal Code", "Inferred State Region", "Is Customer", "Is Employee",
        "Is Partner", "Job Title", "Last Name", "Lead Source", "Marketing Suspended", "Middle Name",
        "Mobile Phone Number", "Original Referrer", "Original Search Engine", "Original Search Phrase",
        "Original Source Info", "Original Source Type", "Person Notes", "Phone Number", "Registration Source Info",
        "Registration Source Type", "Salutation", "SFDC Created Date", "SFDC Is Deleted", "SFDC Type", "Unsubscribed",
        "Unsubscribed Reason", "Updated At", "Lead Owner First Name", "Lead Owner Last Name",
        "Lead Owner Email Address", "Lead Owner Job Title", "Lead Owner Phone Number", "Lead Score", "Lead Status",
        "Lead Rating", "Postal Code", "State", "Person Time Zone", "Priority", "Urgency", "Relative Score",
        "Relative Urgency", "Role", "Email Suspended", "Email Suspended At", "Email Suspended Cause",
        "Last Interesting Moment Date", "Last Interesting Moment Desc", "Last Interesting Moment Source",
        "Last Interesting Moment Type", "Number of Optys", "Total Opty Amount", "Total Opty Expected Revenue",
        "Is Anonymous", "Company Name", "Annual Revenue", "Billing Address", "Website", "Marketo Social Gender",
        "Marketo Social Facebook Id", "Marketo Social LinkedIn Photo URL",
        "Marketo Social Twitter Referred Enrollments",
        "Marketo Social Total Referred Visits",
    ])
    func everyLeadTokenHasAField(name: String) {
        #expect(lead.field(named: name)?.displayName == name)
    }

    @Test(arguments: [
        ("Account Owner Email Address", "accountOwnerEmailAddress"), ("Address", "billingStreet"),
        ("Annual Revenue", "annualRevenue"), ("City", "billingCity"), ("Company Name", "company"),
        ("Company Notes", "mktoCompanyNotes"), ("Country", "billingCountry"), ("Industry", "industry"),
        ("Main Phone", "mainPhone"), ("Num Employees", "numberOfEmployees"),
        ("Parent Company Name", "parentCompanyName"), ("Postal Code", "billingPostalCode"),
        ("SFDC Account Num", "sfdcAccountNum"), ("SFDC Created Date", "sfdcCreatedDate"), ("SFDC Type", "sfdcType"),
        ("SIC Code", "sicCode"), ("Site", "site"), ("State", "billingState"), ("Website", "website"),
        ("Billing Address", "billingStreet"), ("Billing City", "billingCity"), ("Billing Country", "billingCountry"),
        ("Billing Postal Code", "billingPostalCode"), ("Billing State", "billingState"),
        ("Account Owner First Name", "accountOwnerFirstName"), ("Account Owner Last Name", "accountOwnerLastName"),
    ])
    func everyCompanyTokenHasAField(name: String, restName: String) {
        #expect(company.field(named: name)?.restName == restName)
    }

    @Test(
        arguments: [
            ("Email Address", "Email", "email", .email), ("Job Title", "Title", "title", .string),
            ("Date of Birth", "DateofBirth", "dateOfBirth", .date), ("SIC Code", "SICCode", "sicCode", .string),
            ("Num Employees", "NumberOfEmployees", "numberOfEmployees", .integer),
            ("Billing Address", "BillingStreet", "billingStreet", .text), ("Lead Rating", "Rating", "rating", .string),
            ("Lead Score", "LeadScore", "leadScore", .score), ("Anonymous IP", "AnonymousIP", "anonymousIP", .string),
            ("Marketo Data.com ID", "Marketo Jigsaw Contact Id", "jigsawContactId", .string),
            ("Marketo Social LinkedIn Photo URL", "MarketoSocialLinkedInPhotoURL", "linkedInPhotoURL", .url),
            ("Annual Revenue", "AnnualRevenue", "annualRevenue", .currency),
        ] as [(String, String, String, FieldType)]
    )
    func threeNamesAndAType(displayName: String, soapName: String, restName: String, type: FieldType) {
        for name in [displayName, soapName, restName] {
            let field = lead.field(named: name)
            #expect(field?.displayName == displayName)
            #expect(field?.soapName == soapName)
            #expect(field?.restName == restName)
            #expect(field?.type == type)
            #expect(field?.isWritable == (displayName != "Anonymous IP"))
        }
    }

    @Test func whatTheSystemManagesIsReadOnly() {
        let managed = [
            "id", "createdAt", "updatedAt", "isAnonymous", "priority", "relativeScore", "urgency", "anonymousIP",
            "originalSourceType", "originalSourceInfo", "originalSearchEngine", "originalSearchPhrase",
            "originalReferrer", "registrationSourceType", "registrationSourceInfo", "inferredCompany", "inferredCity",
        ]
        for name in managed { #expect(lead.field(named: name)?.isWritable == false, "\(name)") }
        #expect(StandardFields.lead.filter { $0.displayName.hasPrefix("Inferred ") }.allSatisfy { !$0.isWritable })
        for name in ["firstName", "email", "title", "rating", "leadScore", "company", "numberOfEmployees"] {
            #expect(lead.field(named: name)?.isWritable == true, "\(name)")
        }
    }

    /// No two fields of a catalog claim one name, of whatever kind.
    @Test func namesDoNotClash() {
        for fields in [StandardFields.lead, StandardFields.company] {
            var owners: [String: Int] = [:]
            for (position, field) in fields.enumerated() {
                for name in [field.displayName, field.soapName, field.restName] + field.otherNames {
                    let owner = owners.updateValue(position, forKey: name.lowercased())
                    #expect(owner == nil || owner == position, "\(name)")
                }
            }
        }
    }
}
