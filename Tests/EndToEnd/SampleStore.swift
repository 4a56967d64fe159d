import TestSupport

/// A third-party service with an answer for every path, and a store whose webhooks call it.
enum SampleStore {
    static let json =
        #"{"company": {"employees": 250}, "person": {"title": "CTO"}, "scores": [{"grade": null}], "n": 12.750}"#

    /// The service: what it does depends on the path alone.
    static func service() -> RawServer {
        RawServer { request, _ in
            let path = request.split(separator: " ").dropFirst().first.map(String.init) ?? ""
            switch path.prefix(while: { $0 != "?" }) {
            case "/never": return [.waitForEver]
            case "/reset": return [.reset]
            case "/close": return [.close]
            case "/500": return [answer("boom", status: "500 Out Of Order", type: "text/plain")]
            case "/empty": return [.text("HTTP/1.1 204 No Content\r\n\r\n")]
            case "/rubbish": return [answer("<!DOCTYPE html><html>", status: "200 OK", type: "text/html")]
            case "/no-http": return [.text("220 smtp.example.com ESMTP\r\n\r\n"), .close]
            case "/cut": return [.text("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), .close]
            case "/huge":
                return [
                    .text("HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n"),
                    .send([UInt8](repeating: 32, count: 3_000_000)),
                ]
            case "/second":
                return [.wait(milliseconds: 1_000), answer(json, status: "200 OK", type: "application/json")]
            case "/xml":
                return [
                    answer(
                        #"<?xml version="1.0"?><a:r xmlns:a="u"><i g="A+">7</i><i>8</i><t><![CDATA[x<y]]></t></a:r>"#,
                        status: "200 OK",
                        type: "application/xml"
                    )
                ]
            default: return [answer(json, status: "200 OK", type: "application/json")]
            }
        }
    }

    private static func answer(_ body: String, status: String, type: String) -> RawServer.Step {
        .text("HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// The store's files.
    static func files(servicePort port: Int) -> [String: String] {
        var files = [
            "flowhook.yaml": "allow_networks: [127.0.0.0/8]\n",
            "marketing-activities/my-tokens.yaml": """
            Service URL: http://127.0.0.1:\(port)
            API Key: {secret: true, value: marked-secret-value}
            Speaker: Ada
            """,
            "marketing-activities/Webinars/my-tokens.yaml": "Campaign: 77\n",
            "marketing-activities/Webinars/Spring/program.yaml": "id: 1027\nname: Spring \"2026\"\n",
            "marketing-activities/Webinars/Spring/my-tokens.yaml": "Speaker: Grace\n",
            "marketing-activities/Twins/a/program.yaml": "{id: 1, name: Twin}\n",
            "marketing-activities/Twins/b/program.yaml": "{id: 2, name: Twin}\n",
            "webhooks/enrich.yaml": """
            name: Enrich Lead
            url: "{{my.Service URL}}/v1/people?campaign={{my.Campaign}}&name={{lead.First Name}}"
            request_token_encoding: JSON
            payload_template: |
              {"email": {{lead.Email Address}}, "hello": "Dear {{lead.First Name:default=friend}}",
               "program": {{program.id}}, "speaker": {{my.Speaker}}, "missing": {{lead.Shoe Size}}}
            custom_headers:
              Authorization: Bearer {{my.API Key}}
              X-Two: [one, two]
            response_type: JSON
            response_mappings:
              NumberOfEmployees: company.employees
              Title: person.title
              Rating: {attribute: "scores[0].grade", when_null: clear}
              AnnualRevenue: n
              Website: company.website
            """,
            "webhooks/form.yaml": """
            url: "{{my.Service URL}}/form"
            request_token_encoding: Form/Url
            payload_template: a={{lead.First Name}}&b={{program.name}}
            """,
            "webhooks/xml.yaml": """
            url: "{{my.Service URL}}/xml"
            request_token_encoding: XML
            payload_template: <p a="{{lead.First Name}}">{{lead.First Name}}</p>
            response_type: XML
            response_mappings: {NumberOfEmployees: "a:r.i[1]", Rating: "a:r.i.@g", Title: a:r.t}
            """,
            "webhooks/plain.yaml": """
            url: "{{my.Service URL}}/plain/é/{{lead.First Name}}?ü=é"
            request_token_encoding: None
            payload_template: "{{lead.First Name}}"
            """,
            "webhooks/disabled.yaml": "{url: \"http://127.0.0.1:1/\", enabled: false}\n",
            "webhooks/refused.yaml":
                "{url: \"http://127.0.0.1:1/\", response_type: JSON, response_mappings: {Title: a}}\n",
            "webhooks/strict.yaml": """
            url: "{{my.Service URL}}/strict"
            request_token_encoding: JSON
            payload_template: '{"a": {{lead.Shoe Size}}}'
            unresolved_tokens: fail
            """,
        ]
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            files["webhooks/methods/\(method).yaml"] = """
                url: "{{my.Service URL}}/methods?q={{lead.First Name}}"
                request_type: \(method)
                """
        }
        for path in ["never", "reset", "close", "500", "empty", "rubbish", "no-http", "cut", "huge", "second"] {
            files["webhooks/paths/\(path).yaml"] = """
                name: "\(path)"
                url: "{{my.Service URL}}/\(path)"
                request_token_encoding: JSON
                payload_template: '{"note": {{lead.Person Notes}}}'
                custom_headers: {Authorization: "Bearer {{my.API Key}}"}
                response_type: JSON
                response_mappings: {Title: person.title}
                timeout: \(path == "never" ? "400ms" : "20s")
                """
        }
        return files
    }

    static let enrich = #"""
        {"webhook": "enrich lead", "program": 1027, "lead": {"id": 318581, "Email Address": "jane@example.com",
         "firstName": "J\"\\\n& {{lead.Id}}"}}
        """#
}

/// A third-party service and an installation whose store calls it.
final class Sample: Sendable {
    let service: RawServer
    let installation: Installation

    init(
        start: Installation.Start = .listen,
        keepsConnections: Bool = true,
        server: String = "",
        adjust: (inout [String: String]) -> Void = { _ in }
    ) {
        service = SampleStore.service()
        var store = SampleStore.files(servicePort: service.port)
        adjust(&store)
        installation = Installation(store: store, start: start, keepsConnections: keepsConnections, server: server)
    }

    /// A service that takes one request at a time, and a webhook `held` that keeps it for as long as its timeout.
    static func withRoomForOne(heldFor timeout: String) -> Sample {
        Sample { store in
            store["flowhook.yaml"] = "allow_networks: [127.0.0.0/8]\nmax_in_flight: 1\n"
            store["webhooks/held.yaml"] = """
                url: "{{my.Service URL}}/never"
                timeout: \(timeout)
                """
        }
    }

    deinit {
        installation.stop()
        service.stop()
    }

    /// Asks for flow actions, many at once, and leaves the answers to `finish`.
    func begin(_ count: Int, _ request: String) -> [Int32] {
        (0..<count).map { _ in
            installation.client.begin(
                "POST",
                "/flow/call-webhook",
                request,
                headers: ["Content-Type: application/json"]
            )
        }
    }

    /// How many of the requests begun were answered with an update.
    func updated(_ begun: [Int32]) -> Int {
        begun.count { installation.client.finish($0).body.contains(#""outcome":"updated""#) }
    }
}
