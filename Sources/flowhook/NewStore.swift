/// The store that `flowhook init` writes.
enum NewStore {
    /// One file of it.
    struct File {
        /// Where it lies in the store.
        var path: String
        /// What it says.
        var text: String
        /// Whether its owner alone may read it.
        var isSecret = false
    }

    /// A flow action request to try it with.
    static let request = "requests/enrich-lead.json"

    /// The files, in the order in which they are best read.
    static let files = [
        File(
            path: "flowhook.yaml",
            text: """
                # Settings of the service; all are optional. What stands here may be overridden by the environment
                # (FLOWHOOK_LOG_LEVEL=debug) and by the command line (--set log_level=debug).

                time_zone: UTC                  # of {{system.date}} and of datetimes without an offset

                # Services on networks that are not globally reachable are refused unless they are listed:
                # allow_networks: [10.1.0.0/16]

                # A line for every call, without the answers that came. It is data about people.
                # activity_log: /var/log/flowhook/activity.jsonl

                """
        ),
        File(
            path: "webhooks/enrich-lead.yaml",
            text: """
                name: Enrich Lead
                description: Looks the lead's company up and keeps its size and the person's title.

                url: "{{my.Service URL}}/v1/people?campaign={{my.Enrichment Campaign ID}}"
                request_type: POST

                # Under JSON a token in a value's place becomes a whole literal, quotes included.
                request_token_encoding: JSON
                payload_template: |
                  {
                    "email": {{lead.Email Address}},
                    "greeting": "Dear {{lead.First Name:default=friend}}",
                    "program": {{program.id}}
                  }
                custom_headers:
                  Authorization: Bearer {{my.Enrichment API Key}}

                # Lead field: where its value stands in the response.
                response_type: JSON
                response_mappings:
                  NumberOfEmployees: company.employees
                  Title: person.title
                  Rating: {attribute: "scores[0].grade", when_null: clear}

                timeout: 5s

                """
        ),
        File(
            path: "marketing-activities/my-tokens.yaml",
            text: """
                # My Tokens that every program inherits. A plain number is a number, yyyy-MM-dd a date; all else is text.

                Service URL: https://api.example.com
                Enrichment API Key: {secret: true, file: secrets/enrichment-api-key}

                """
        ),
        File(
            path: "marketing-activities/Webinars/Spring Webinar/program.yaml",
            text: """
                # This file makes the folder a program.
                id: 1027
                name: Spring Webinar
                channel: Webinar

                """
        ),
        File(
            path: "marketing-activities/Webinars/Spring Webinar/my-tokens.yaml",
            text: """
                # The program's own My Tokens; one that a folder above defines too wins here.
                Enrichment Campaign ID: 77

                """
        ),
        File(
            path: "tests/enrich-lead.yaml",
            text: """
                # flowhook test runs this case: no network, the answer is the one below.
                request:
                  webhook: Enrich Lead
                  program: 1027
                  lead: {id: 318581, Email Address: jane@example.com, First Name: Jane}
                answer:
                  status: 200
                  headers: {Content-Type: application/json}
                  body: '{"company": {"employees": 250}, "person": {"title": "CTO"}, "scores": [{"grade": null}]}'
                expect:
                  sent:
                    method: POST
                    url: https://api.example.com/v1/people?campaign=77
                    json: {email: jane@example.com, greeting: Dear Jane, program: 1027}
                  outcome: updated
                  fields: {NumberOfEmployees: 250, Title: CTO, Rating: null}

                """
        ),
        File(
            path: request,
            text: """
                {
                  "webhook": "Enrich Lead",
                  "program": 1027,
                  "lead": {"id": 318581, "Email Address": "jane@example.com", "First Name": "Jane"},
                  "campaign": {"id": 3044, "name": "01 Registered", "type": "trigger"}
                }

                """
        ),
        File(path: "secrets/enrichment-api-key", text: "put-the-real-key-here\n", isSecret: true),
        File(
            path: ".gitignore",
            text: """
                # Secrets stay out of git.
                /secrets/

                """
        ),
    ]
}
