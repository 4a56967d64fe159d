import JSON
import TestSupport
import Testing

extension EndToEnd {
    /// What a preview shows is what a call sends, byte for byte, but for masks.
    @Suite struct PreviewTests {
        private static let webhooks = [
            "enrich lead", "form", "xml", "plain", "strict", "GET", "POST", "PUT", "PATCH", "DELETE", "empty",
            "rubbish",
        ]

        /// What the connection adds to the request itself, and what makes one call tell from another.
        private static let added: Set = ["host", "content-length", "traceparent", "tracestate", "idempotency-key"]

        @Test func showsEveryRequestByteForByte() throws {
            let sample = Sample()
            let service = sample.service
            for (index, webhook) in Self.webhooks.enumerated() {
                let request = JSONValue.object([
                    "webhook": .string(webhook), "program": .number("1027"),
                    "lead": .object([
                        "id": .number("7"), "firstName": .string("J\"&<é>\t'%41+ 👩‍👩‍👧"),
                        "Email Address": .string("jane@example.com"), "Shoe Size": .number("43"),
                        "Person Notes": .string("a\nb"),
                    ]),
                ])
                let text = String(decoding: request.serialized, as: UTF8.self)
                let previewed = sample.installation.client.post("/flow/preview", text)
                #expect(previewed.status == 200)
                #expect(!previewed.body.contains("marked-secret-value"))
                let shown = try #require(try JSONValue(parsing: Array(previewed.body.utf8))["request"])
                #expect(sample.installation.call(text).status == 200)
                #expect(service.received.count == index + 1)
                let sent = Array((service.received.last ?? "").replacing("marked-secret-value", with: "••••••").utf8)
                let end = try #require(sent.firstRange(of: Array("\r\n\r\n".utf8)))
                let head = String(decoding: sent[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
                let method = try #require(shown["method"]?.stringValue)
                let url = try #require(shown["url"]?.stringValue)
                let origin = "http://127.0.0.1:\(service.port)"
                #expect(url.hasPrefix(origin))
                #expect(head[0] == "\(method) \(url.dropFirst(origin.count)) HTTP/1.1")
                guard case .array(let headers) = shown["headers"] else {
                    Issue.record("the preview has no headers")
                    return
                }
                let lines = headers.map { "\($0["name"]?.stringValue ?? "-"): \($0["value"]?.stringValue ?? "-")" }
                #expect(lines == head.dropFirst().map(String.init).filter { !Self.isAdded($0) })
                #expect(sent[end.upperBound...].elementsEqual((shown["body"]?.stringValue ?? "").utf8))
            }
        }

        private static func isAdded(_ line: String) -> Bool {
            added.contains(line.prefix { $0 != ":" }.lowercased())
        }

        /// A request that cannot be rendered shows why, and what each token stands for all the same.
        @Test func showsTheTokensOfWhatCannotBeRendered() throws {
            let sample = Sample()
            let response = sample.installation.client.post("/flow/preview", #"{"webhook": "strict", "lead": {}}"#)
            #expect(response.status == 200)
            let preview = try JSONValue(parsing: Array(response.body.utf8))
            #expect(preview["request"] == .null)
            #expect(preview["error"]?["type"] == .string("render-failure"))
            #expect(preview["unresolvedTokens"] == .array([.string("lead.Shoe Size")]))
            #expect(preview["tokens"]?[0]?["token"] == .string("my.Service URL"))
            #expect(preview["tokens"]?[0]?["file"] == .string("marketing-activities/my-tokens.yaml"))
            #expect(preview["tokens"]?[1]?["source"] == .string("none"))
            #expect(sample.service.received.isEmpty)
        }
    }
}
