import FlowAction
import Store
import Testing

/// What tokens give, from real files to the request that would go out.
@Suite struct ContractRowTests {
    private func preview(
        _ files: [String: String],
        _ request: String = #"{"webhook": "w", "lead": {}}"#,
        at seconds: Int64 = 0
    ) throws -> Preview {
        let result = TemporaryStore(files).load()
        #expect(result.diagnostics.filter { $0.severity == .error }.map(\.text) == [])
        let context = Pipeline.Context(requestID: "r", instant: Instant(seconds: seconds), elapsed: { 0 })
        return try Pipeline(snapshot: try #require(result.snapshot)).preview(Array(request.utf8), context)
    }

    private func body(_ preview: Preview) -> String {
        String(decoding: preview.request?.body ?? [], as: UTF8.self)
    }

    /// A moment, a zone, and what the clock's tokens show: offset, daylight saving, and the day of the zone.
    @Test(arguments: [
        ("America/Los_Angeles", 1_376_005_000, "Aug 08, 2013|04:36 PM (GMT -0700)|2013-08-08 16:36:40"),
        ("America/Los_Angeles", 1_767_225_600, "Dec 31, 2025|04:00 PM (GMT -0800)|2025-12-31 16:00:00"),
        ("Europe/Berlin", 1_774_745_999, "Mar 29, 2026|01:59 AM (GMT +0100)|2026-03-29 01:59:59"),
        ("Europe/Berlin", 1_774_746_000, "Mar 29, 2026|03:00 AM (GMT +0200)|2026-03-29 03:00:00"),
        ("Europe/Berlin", 1_792_889_999, "Oct 25, 2026|02:59 AM (GMT +0200)|2026-10-25 02:59:59"),
        ("Europe/Berlin", 1_792_890_000, "Oct 25, 2026|02:00 AM (GMT +0100)|2026-10-25 02:00:00"),
        ("Asia/Kathmandu", 0, "Jan 01, 1970|05:30 AM (GMT +0530)|1970-01-01 05:30:00"),
        ("UTC", 43_200, "Jan 01, 1970|12:00 PM (GMT +0000)|1970-01-01 12:00:00"),
        ("UTC", 0, "Jan 01, 1970|12:00 AM (GMT +0000)|1970-01-01 00:00:00"),
    ])
    func theClockShowsTheZone(zone: String, seconds: Int64, text: String) throws {
        let preview = try preview(
            [
                "flowhook.yaml": "time_zone: \(zone)\n",
                "webhooks/w.yaml": """
                url: https://example.com/
                request_token_encoding: None
                payload_template: "{{system.date}}|{{system.time}}|{{System.DateTime}}"
                """,
            ],
            at: seconds
        )
        #expect(body(preview) == text)
    }

    /// A datetime field in the service's zone, across the change to daylight saving.
    @Test(arguments: [
        ("2026-03-29T00:59:59Z", "2026-03-29 01:59:59"), ("2026-03-29T01:00:00Z", "2026-03-29 03:00:00"),
        ("2026-07-01T12:00:00-07:00", "2026-07-01 21:00:00"), ("2026-07-01T12:00:00", "2026-07-01 12:00:00"),
        ("2026-07-01", "2026-07-01 00:00:00"), ("tomorrow", "tomorrow"),
    ])
    func aDatetimeIsShownInTheZone(value: String, text: String) throws {
        let files = [
            "flowhook.yaml": "time_zone: Europe/Berlin\n",
            "fields.json": #"{"result": [{"displayName": "Seen", "dataType": "datetime", "rest": {"name": "seen"}}]}"#,
            "webhooks/w.yaml":
                "url: https://example.com/\nrequest_token_encoding: None\npayload_template: '{{lead.Seen}}'\n",
        ]
        #expect(body(try preview(files, #"{"webhook": "w", "lead": {"seen": "\#(value)"}}"#)) == text)
    }

    private static let tree = [
        "marketing-activities/my-tokens.yaml": "A: root\nB: root\nN: 0012\nS: {secret: true, value: long-secret}\n",
        "marketing-activities/F/my-tokens.yaml": "B: folder\nC: 250\n",
        "marketing-activities/F/P/program.yaml": "id: '07'\nname: Spring\n",
        "marketing-activities/F/P/my-tokens.yaml": "c: 2.50\nD: 2026-05-23\nE: '5'\nF: '{{my.A}}'\nG: '{{'\n",
        "webhooks/w.yaml": """
        url: https://example.com/
        request_token_encoding: JSON
        payload_template: '[{{my.A}}, {{my.B}}, {{my.C}}, {{my.D}}, {{my.E}}, {{my.F}}, "{{my.G}}my.A}}", {{program.id}}]'
        custom_headers: {X-S: "{{my.S}}"}
        """,
    ]

    /// The nearest folder's token, its type by its spelling, no second expansion, and where each came from.
    @Test func theNearestFolderWins() throws {
        let preview = try preview(Self.tree, #"{"webhook": "w", "lead": {}, "program": "07"}"#)
        #expect(
            body(preview) == #"["root", "folder", 2.50, "2026-05-23", "5", "{{my.A}}", "{{my.A}}", "07"]"#
        )
        #expect(preview.unresolvedTokens.isEmpty)
        let origins = preview.tokens.map { "\($0.token) \($0.source) \($0.origin ?? "-") \($0.file ?? "-")" }
        #expect(
            origins == [
                "my.A store inherited marketing-activities/my-tokens.yaml",
                "my.B store inherited marketing-activities/F/my-tokens.yaml",
                "my.C store overridden marketing-activities/F/P/my-tokens.yaml",
                "my.D store local marketing-activities/F/P/my-tokens.yaml",
                "my.E store local marketing-activities/F/P/my-tokens.yaml",
                "my.F store local marketing-activities/F/P/my-tokens.yaml",
                "my.G store local marketing-activities/F/P/my-tokens.yaml",
                "program.id program - marketing-activities/F/P/program.yaml",
                "my.S store inherited marketing-activities/my-tokens.yaml",
            ]
        )
        #expect(preview.tokens.last?.value == "••••••")
    }

    /// A folder's path stands for its tokens, without a program; no program stands for the root's.
    @Test(arguments: [
        (#""F""#, #"["root", "folder", 250, "", "", "", "my.A}}", ""]"#),
        ("null", #"["root", "root", "", "", "", "", "my.A}}", ""]"#),
        (#""F/P""#, #"["root", "folder", 2.50, "2026-05-23", "5", "{{my.A}}", "{{my.A}}", "07"]"#),
        (#""Spring""#, #"["root", "folder", 2.50, "2026-05-23", "5", "{{my.A}}", "{{my.A}}", "07"]"#),
    ])
    func aProgramIsAnIdAPathOrAName(program: String, text: String) throws {
        let preview = try preview(Self.tree, #"{"webhook": "w", "lead": {}, "program": \#(program)}"#)
        #expect(body(preview) == text)
        #expect(preview.unresolvedTokens.contains("program.id") == text.hasSuffix(#", ""]"#))
    }

    /// A token of the URL's host and port comes from the store alone.
    @Test(arguments: ["{{my.Host}}", "my.host", "HOST", "User"])
    func aRequestDoesNotChooseTheHost(name: String) throws {
        let files = [
            "marketing-activities/my-tokens.yaml": "Host: example.com\nUser: u\n",
            "webhooks/w.yaml": "url: https://{{my.User}}:pw@{{my.Host}}/\n",
        ]
        #expect(try preview(files).request?.url == "https://example.com/")
        let request = #"{"webhook": "w", "lead": {}, "tokens": [{"name": "\#(name)", "value": "evil.example"}]}"#
        #expect {
            try preview(files, request)
        } throws: { ($0 as? Problem)?.name == .malformedRequest }
    }
}
