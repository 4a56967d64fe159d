import JSON
import TestSupport
import Testing

extension EndToEnd {
    /// The listings over HTTP.
    @Suite(.serialized) final class ListingTests {
        private static let programs = 1_203
        private let installation: Installation

        init() {
            var files = [
                "marketing-activities/my-tokens.yaml":
                    "Speaker: Ada\nKey: {secret: true, value: marked-secret-value}\n",
                "marketing-activities/Odd/program.yaml": "id: \"a/b ö?#%\"\nname: Odd & Co\nchannel: Webinar\n",
                "marketing-activities/Odd/my-tokens.yaml": "Speaker: Grace\nSeats: 250\n",
                "marketing-activities/P1/my-tokens.yaml": "Base: https://ada:marked-secret-value@example.com\n",
                "webhooks/sub/one.yaml": "name: Eins/Zwei ö\nurl: https://example.com/?token=marked-secret-value\n",
                "webhooks/two.yaml": "url: https://example.com/{{my.Speaker}}\n",
            ]
            for number in 1..<Self.programs {
                files["marketing-activities/P\(number)/program.yaml"] = "id: \(number)\n"
            }
            installation = Installation(store: files)
        }

        deinit { installation.stop() }

        private func get(_ path: String, _ status: Int = 200) throws -> JSONValue {
            let response = installation.client.get("/flow\(path)")
            #expect(response.status == status, "\(path)")
            #expect(
                response.header("Content-Type") == (status == 200 ? "application/json" : "application/problem+json")
            )
            #expect(!response.body.contains("marked-secret-value"))
            return try JSONValue(parsing: Array(response.body.utf8))
        }

        @Test func listsWebhooks() throws {
            let all = try get("/webhooks")
            #expect(all["webhooks"]?[0]?["name"] == .string("Eins/Zwei ö"))
            #expect(all["webhooks"]?[0]?["url"] == .string("https://example.com/?token=••••••"))
            #expect(all["webhooks"]?[1]?["name"] == .string("two"))
            #expect(all["webhooks"]?[2] == nil)
            // Percent-decoded, without regard to case or to the folder.
            #expect(try get("/webhooks/eins%2Fzwei%20%C3%B6") == all["webhooks"]?[0])
            #expect(try get("/webhooks/TWO?x=1") == all["webhooks"]?[1])
            for unknown in ["/webhooks/sub/one", "/webhooks/twoo", "/webhooks/two/"] {
                #expect(try get(unknown, 404)["type"] == .string("urn:flowhook:problem:unknown-webhook"), "\(unknown)")
            }
            #expect(try get("/webhooks/", 404)["type"] == .string("urn:flowhook:problem:not-found"))
            #expect(installation.client.post("/flow/webhooks", "{}").header("Allow") == "GET, HEAD")
        }

        @Test func listsProgramsAPageAtATime() throws {
            var seen: [JSONValue] = []
            var after = ""
            var pages: [Int] = []
            repeat {
                guard case .array(let page) = try get("/programs\(after)")["programs"] else { break }
                pages.append(page.count)
                seen += page.compactMap { $0["id"] }
                guard let last = page.last?["id"] else { break }
                let id = if case .number(let text) = last { text } else { "a%2Fb%20%C3%B6%3F%23%25" }
                after = "?after=\(id)"
            } while pages.count < 10
            #expect(pages == [500, 500, 203, 0])
            #expect(seen.count == Self.programs)
            #expect(Set(seen).count == Self.programs)
            #expect(try get("/programs?after=nobody", 404)["type"] == .string("urn:flowhook:problem:unknown-program"))
        }

        @Test func masksACredentialInAToken() throws {
            guard case .array(let tokens) = try get("/programs/1/tokens")["tokens"] else {
                Issue.record("no tokens")
                return
            }
            #expect(tokens.first { $0["name"] == .string("Base") }?["value"] == .string("https://••••••@example.com"))
        }

        @Test func listsTheTokensOfAProgram() throws {
            for name in ["a%2Fb%20%C3%B6%3F%23%25", "Odd", "Odd%20%26%20Co"] {
                let listing = try get("/programs/\(name)/tokens")
                #expect(listing["program"]?["id"] == .string("a/b ö?#%"), "\(name)")
                #expect(listing["program"]?["channel"] == .string("Webinar"))
                let expected = #"""
                    [{"name": "Key", "type": "text", "value": "••••••", "secret": true, "origin": "inherited",
                      "file": "marketing-activities/my-tokens.yaml"},
                     {"name": "Seats", "type": "number", "value": "250", "secret": false, "origin": "local",
                      "file": "marketing-activities/Odd/my-tokens.yaml"},
                     {"name": "Speaker", "type": "text", "value": "Grace", "secret": false, "origin": "overridden",
                      "file": "marketing-activities/Odd/my-tokens.yaml"}]
                    """#
                #expect(listing["tokens"] == (try JSONValue(parsing: Array(expected.utf8))))
            }
            #expect(
                try get("/programs/nobody/tokens", 404)["type"] == .string("urn:flowhook:problem:unknown-program")
            )
            #expect(try get("/programs/1", 404)["type"] == .string("urn:flowhook:problem:not-found"))
        }
    }
}
