import FlowAction
import JSON
import Store
import TestSupport
import Testing

/// A store's own cases: how they are read, how they are run, and what is told of a difference.
@Suite struct CaseTests {
    private static let webhooks = [
        "marketing-activities/my-tokens.yaml": "API Key: {secret: true, value: marked-secret-value}\n",
        "webhooks/enrich.yaml": """
        url: https://api.example.com/people?on={{system.date}}
        request_token_encoding: JSON
        payload_template: '{"email": {{lead.Email Address}}, "score": {{lead.Lead Score}}, "key": {{my.API Key}}}'
        custom_headers: {Authorization: "Bearer {{my.API Key}}", X-Two: [one, two]}
        response_type: JSON
        response_mappings: {NumberOfEmployees: employees, Title: title, Rating: {attribute: grade, when_null: clear}}
        """,
        "webhooks/retry.yaml": """
        url: https://api.example.com/retry
        retry: {attempts: 3, "on": [connect, 429, 503, timeout], backoff: 100ms, try_timeout: 2s}
        timeout: 5s
        redirects: 1
        """,
        "webhooks/patient.yaml": """
        url: https://api.example.com/patient
        retry: {attempts: 2, "on": [503], backoff: 4s}
        timeout: 1s
        """,
        "webhooks/strict.yaml": """
        url: https://api.example.com/{{lead.Shoe Size}}
        unresolved_tokens: fail
        """,
    ]

    /// An object without a member is one: nothing is to be written, and nothing skipped.
    @Test func anEmptyObjectIsCompared() async throws {
        let found = try await run(Self.request + Self.answer + "expect: {fields: {}, skipped: {}}\n")
        #expect(
            found == [
                "fields.NumberOfEmployees: expected nothing, got 250", "fields.Rating: expected nothing, got null",
                #"skipped.Title: expected nothing, got "empty""#,
            ]
        )
        let (_, cases) = try load(["tests/case.yaml": Self.request + "answer: timeout\nexpect: {sent: {headers: {}}}"])
        #expect(cases.diagnostics.map(\.code) == ["expect-empty"])
    }

    /// A backoff that mostly leaves no time for another try leaves none here.
    @Test func countsHalfOfABackoff() async throws {
        let text = """
            request: {webhook: patient, lead: {}}
            answers: [{status: 503}, {status: 200}]
            expect: {outcome: rejected, attempts: 1}
            """
        #expect(try await run(text) == [])
    }

    /// Names that the store does not have are told of, unless the case is about that.
    @Test func warnsOfUnknownNames() throws {
        let (_, cases) = try load([
            "tests/a.yaml": """
            request: {webhook: Enrch, program: 7, lead: {Job Titel: CTO, Own Field: 1}}
            expect: {outcome: sent}
            """,
            "tests/b.yaml": "request: {webhook: nobody, lead: {}}\nexpect: {problem: unknown-webhook}\n",
        ])
        #expect(cases.broken == [])
        let found = cases.diagnostics.map { "\($0.file):\($0.line):\($0.column) \($0.code) \($0.suggestion ?? "")" }
        #expect(
            found == [
                "tests/a.yaml:1:20 unknown-webhook enrich", "tests/a.yaml:1:36 unknown-program ",
                "tests/a.yaml:1:46 unknown-field Job Title",
            ]
        )
    }

    /// A field that is not there because the call failed: the reason stands beside it.
    @Test func aFailureExplainsWhatIsMissing() async throws {
        let found = try await run(Self.request + "answer: connect-failure\nexpect: {fields: {Title: x}}\n")
        #expect(found.first?.contains("connect-failure") == true, "\(found)")
    }

    /// What a service repeats, of the store's secrets and of what the request puts in their place, is compared and shown masked.
    @Test func masksWhatTheServiceRepeats() async throws {
        let found = try await differences(
            key: "{secret: true, value: marked-secret-value}",
            mappings: "{Title: a, Rating: b}",
            """
            request: {webhook: enrich, lead: {}, tokens: [{name: Key, value: marked-override}]}
            answer: {json: {a: "marked-secret-value", b: "x marked-override"}}
            expect: {fields: {Title: ••••••, Rating: y}}
            """
        )
        #expect(found == [Difference(place: "fields.Rating", expected: "\"y\"", got: "\"x ••••••\"")])
    }

    /// A machine without the secrets masks nothing that only looks like one.
    @Test func aPlaceholderIsMaskedNowhereElse() async throws {
        let texts = ["100000", "443 placeholder"]
        for (key, text) in zip(["{type: number, secret: true, env: NOWHERE}", "{secret: true, env: NOWHERE}"], texts) {
            let found = try await differences(
                key: key,
                mappings: "{}",
                """
                request: {webhook: enrich, lead: {}}
                answer: {json: {n: "\(text)"}}
                expect: {activity: {response: '{"n":"\(text)"}'}, sent: {headers: {X-Key: ••••••}}}
                """
            )
            #expect(found == [])
        }
    }

    /// The differences of one case, of a webhook with a header that is a My Token; a secret that cannot be read has a
    /// placeholder.
    private func differences(key: String, mappings: String, _ text: String) async throws -> [Difference] {
        let store = TemporaryStore([
            "marketing-activities/my-tokens.yaml": "Key: \(key)\nSupport Port: \(key)\n",
            "webhooks/enrich.yaml": """
            url: https://api.example.com/
            custom_headers: {X-Key: "{{my.Key}}", X-Port: "{{my.Support Port}}"}
            response_type: JSON
            response_mappings: \(mappings)
            """,
            "tests/case.yaml": text,
        ])
        let snapshot = try #require(store.load(secrets: .placeholder).snapshot)
        let item = try #require(CaseLoader(directory: store.directory, snapshot: snapshot).load().cases.first)
        return await Pipeline(snapshot: snapshot).differences(of: item, now: Instant(seconds: 0))
    }

    private func load(_ cases: [String: String]) throws -> (Snapshot, CaseLoader.Result) {
        let store = TemporaryStore(Self.webhooks.merging(cases) { $1 })
        let loaded = store.load()
        let snapshot = try #require(loaded.snapshot, "\(loaded.diagnostics.map(\.text))")
        return (snapshot, CaseLoader(directory: store.directory, snapshot: snapshot).load())
    }

    /// The differences of one case, a line each.
    private func run(_ text: String) async throws -> [String] {
        let (snapshot, cases) = try load(["tests/case.yaml": text])
        #expect(cases.diagnostics.map(\.text) == [])
        let item = try #require(cases.cases.first)
        return await Pipeline(snapshot: snapshot).differences(of: item, now: Instant(seconds: 0))
            .map { "\($0.place): expected \($0.expected), got \($0.got)" }
    }

    private static let request = "request: {webhook: enrich, lead: {email: jane@example.com, leadScore: 42}}\n"
    private static let answer = """
        answer: {headers: {Content-Type: application/json}, body: '{"employees": 250, "title": "", "grade": null}'}

        """

    @Test(
        "a case that passes",
        arguments: [
            request + answer + """
                now: 2026-05-23T10:00:00Z
                expect:
                  sent:
                    method: POST
                    url: https://api.example.com/people?on=May%2023%2C%202026
                    headers: {authorization: Bearer ••••••, X-Two: "one, two", X-Other: null}
                    body: '{"email": "jane@example.com", "score": 42, "key": "••••••"}'
                    json: {score: 42, key: ••••••, email: jane@example.com}
                  outcome: updated
                  fields: {NumberOfEmployees: 250, Lead Rating: null}
                  skipped: {Job Title: empty}
                  truncated: []
                  unresolvedTokens: []
                  error: null
                  problem: null
                  activity: {responseCode: 200, errorType: OK}
                  attempts: 1
                """,
            request + "answer: timeout\nexpect: {outcome: failed, error: timeout, fields: {}, attempts: 1}",
            request + "answer: {json: [1, {a: null}]}\nexpect: {activity: {response: '[1,{\"a\":null}]'}}",
            request + "answer: {status: 204}\nexpect: {error: {type: empty-response, code: 1001, sent: yes}}",
            request + "answer: {status: 204, json: {title: x}}\nexpect: {error: {type: empty-response}}",
            request
                + "answer: {body: '\(String(repeating: "x", count: (1 << 20) + 1))'}\nexpect: {error: response-too-large}",
            request + "answer: rate-limited\nexpect: {sent: null, attempts: 0, error: rate-limited}",
            request + "answer: connect-failure\nexpect: {sent: {method: POST}, attempts: 1}",
            request + "answer: {status: 404, reason: Gone Fishing}\nexpect: {activity: {errorType: Gone Fishing}}",
            "request: {webhook: strict, lead: {}}\nexpect: {sent: null, error: {type: render-failure, sent: no}}",
            "request: {webhook: none, lead: {}}\nexpect: {problem: unknown-webhook, sent: null}",
            "request: {webhook: enrich, leed: {}}\nexpect: {problem: unknown-member}",
            "request: {webhook: retry, lead: {}}\nanswers: [timeout, {status: 503}, {status: 200}]\n"
                + "expect: {outcome: sent, attempts: 3}",
            "request: {webhook: retry, lead: {}}\nanswers: [connect-failure, connect-failure, connect-failure]\n"
                + "expect: {outcome: failed, error: {type: connect-failure, sent: no}, attempts: 3}",
            "request: {webhook: retry, lead: {}}\nanswers: [{status: 429, headers: {Retry-After: 60}}]\n"
                + "expect: {outcome: rejected, attempts: 1}",
            "request: {webhook: retry, lead: {}}\nanswer: {status: 302, headers: {Location: 'https://10.0.0.1/'}}\n"
                + "expect: {outcome: failed, error: {type: blocked-address, sent: yes}, attempts: 1}",
            "request: {webhook: retry, lead: {}}\nanswer: {status: 302, headers: {Location: 'https://10.0.0.1./'}}\n"
                + "expect: {error: blocked-address}",
            request + "answer: {status: 999}\nexpect: {outcome: rejected, activity: {responseCode: 999}}",
            "request: {webhook: retry, lead: {}}\nanswers: [{status: 302, headers: {Location: /b}}, {status: 200}]\n"
                + "expect: {outcome: sent, attempts: 1}",
        ]
    )
    func passes(text: String) async throws {
        #expect(try await run(text) == [])
    }

    @Test(
        "a case that fails, and what it says",
        arguments: [
            (
                request + answer + "expect: {outcome: sent, fields: {NumberOfEmployees: '250', Title: CTO}}",
                [
                    "outcome: expected \"sent\", got \"updated\"",
                    "fields.NumberOfEmployees: expected \"250\", got 250",
                    "fields.Title: expected \"CTO\", got nothing (skipped: title is empty)",
                ]
            ),
            (
                request + "answer: {body: <html>}\nexpect: {outcome: updated, fields: {Title: x}}",
                [
                    "outcome: expected \"updated\", got \"failed\" (unparsable-response: The response is not JSON: "
                        + "an HTML page came instead.)",
                    "fields.Title: expected \"x\", got nothing",
                ]
            ),
            (
                request + answer + "expect: {sent: {json: {email: jane@example.com, score: 42.0, more: [1]}}}",
                [
                    "sent.json.score: expected 42.0, got 42", "sent.json.more: expected [1], got nothing",
                    "sent.json.key: expected nothing, got \"••••••\"",
                ]
            ),
            (
                request + answer + "expect: {sent: {headers: {Authorization: Bearer marked-secret-value}}}",
                [
                    "sent.headers.Authorization: expected \"Bearer ••••••\", got \"Bearer ••••••\" "
                        + "(a secret: write •••••• for it)"
                ]
            ),
            (
                request + answer + "expect: {sent: null}",
                [
                    #"sent: expected null, got {"method":"POST","url":"https://api.example.com/people?on=Jan%2001%2C%201970","#
                        + #""headers":{},"body":"{\"email\": \"jane@example.com\", \"score\": 42, \"key\": \"••••••\"}","#
                        + #""json":{"email":"jane@example.com","score":42,"key":"••••••"}}"#
                ]
            ),
            (
                request + "expect: {outcome: updated}",
                [
                    "answer: expected an answer for request 1, got nothing",
                    "outcome: expected \"updated\", got \"failed\" (connect-failure: The case has no answer for it.)",
                ]
            ),
            (
                "request: {webhook: retry, lead: {}}\nanswers: [{status: 503}]\nexpect: {attempts: 2}",
                ["answers: expected an answer for request 2, got nothing", "attempts: expected 2, got 1"]
            ),
            (
                "request: {webhook: enrich, leed: {}}\nexpect: {outcome: updated}",
                [
                    "problem: expected nothing, got unknown-member: The request has an unknown member \"leed\"; it may "
                        + "have \"webhook\", \"lead\", \"company\", \"program\", \"campaign\", \"trigger\", \"member\" "
                        + "and \"tokens\"."
                ]
            ),
            (
                request + answer + "expect: {problem: unknown-webhook}",
                ["problem: expected \"unknown-webhook\", got null"]
            ),
            (
                "request: {webhook: strict, lead: {}}\nexpect: {unresolvedTokens: [lead.Shoe Size, lead.Hat], error: null}",
                ["unresolvedTokens[1]: expected \"lead.Hat\", got nothing"]
            ),
        ] as [(String, [String])]
    )
    func fails(text: String, lines: [String]) async throws {
        let differences = try await run(text)
        for line in lines { #expect(differences.contains(line), "\(differences)") }
        #expect(differences.allSatisfy { !$0.contains("marked") })
    }

    @Test func showsWhereLongTextsDiffer() async throws {
        let long = String(repeating: "x", count: 500)
        let lines = try await run(
            Self.request + "answer: {status: 400, body: \"a\\nb\(long)c\\nd\"}\n"
                + "expect: {activity: {response: \"a\\nb\(long)e\\nd\"}}"
        )
        let line = try #require(lines.first)
        #expect(line.hasPrefix("activity.response, line 2: expected …\"xxx"))
        #expect(line.contains("xe\", got …\"xxx"))
        #expect(line.count < 300)
        let short = try await run(
            Self.request + "answer: {status: 400, body: \"a\\nb\"}\nexpect: {activity: {response: \"a\"}}"
        )
        #expect(short == ["activity.response, line 2: expected the end, got \"b\""])
    }

    @Test(
        "what a case file may not say, with its place",
        arguments: [
            ("", "1:1: error: the file is empty"),
            ("request: {}\nexpects: {}\n", "2:1: error: a case has no key \"expects\""),
            ("request: {}\nexpect: {outcom: sent}\n", "2:10: error: \"expect\" has no key \"outcom\""),
            ("request: {}\nexpect: {outcome: send}\n", "2:19: error: \"outcome\" is one of updated, sent"),
            ("request: {}\nexpect: {error: tiemout}\n", "2:17: error: \"error\" is one of timeout"),
            ("request: {}\nexpect: {error: {typ: timeout}}\n", "2:18: error: \"error\" has no key \"typ\""),
            ("request: {}\nexpect: {fields: {Titel: x}}\n", "2:19: error: there is no lead field \"Titel\""),
            ("request: {}\nexpect: {truncated: [Titel]}\n", "2:22: error: there is no lead field \"Titel\""),
            ("request: {}\nexpect: {skipped: {Title: missing}}\n", "2:27: error: a reason is one of absent"),
            ("request: {}\nexpect: {sent: {metod: GET}}\n", "2:17: error: \"sent\" has no key \"metod\""),
            ("request: {}\nexpect: {sent: {method: get}}\n", "2:25: error: \"method\" is one of GET"),
            ("request: {}\nexpect: {outcome: null}\n", "2:19: error: \"outcome\" has no value to compare with"),
            ("request: {}\nexpect: {sent: perhaps}\n", "2:16: error: \"sent\" is to be a mapping"),
            ("request: {}\nexpect: {sent: {headers: {X: [a, b]}}}\n", "2:30: error: a header's value is to be text"),
            ("request: {}\nexpect: {unresolvedTokens: [{a: b}]}\n", "2:29: error: a token is to be text"),
            ("request: {}\nexpect: {error: {code: '500'}}\n", "2:24: error: \"code\" is a whole number"),
            ("request: {}\nexpect: {error: {sent: perhaps}}\n", "2:24: error: \"sent\" is one of no, maybe, yes"),
            ("request: {}\nexpect: {activity: {responseCode: abc}}\n", "2:35: error: \"responseCode\" is a whole"),
            ("request: {}\nexpect: {attempts: many}\n", "2:20: error: \"attempts\" is a whole number"),
            ("request: {}\nexpect: {problem: unknown-webhok}\n", "2:19: error: \"problem\" is one of"),
            ("request: {}\nexpect: {}\n", "2:9: error: \"expect\" names nothing"),
            ("request: {}\nanswer: tiemout\nexpect: {attempts: 1}\n", "2:9: error: an answer is a mapping of status"),
            ("request: {}\nanswer: http-status\nexpect: {attempts: 1}\n", "2:9: error: an answer is a mapping of"),
            ("request: {}\nanswer: {status: 99}\nexpect: {attempts: 1}\n", "2:18: error: \"status\" is a whole number"),
            ("request: {}\nanswer: {bdy: x}\nexpect: {attempts: 1}\n", "2:10: error: an answer has no key \"bdy\""),
            ("request: {}\nanswers: timeout\nexpect: {attempts: 1}\n", "2:10: error: \"answers\" is a list"),
            (
                "request: {}\nanswer: timeout\nanswers: [timeout]\nexpect: {attempts: 1}\n",
                "3:10: error: a case has an \"answer\" for every request, or \"answers\", not both"
            ),
            ("request: text\nexpect: {attempts: 1}\n", "1:10: error: \"request\" is to be a flow action request"),
            ("expect: {attempts: 1}\n", "1:1: error: a case has a \"request\""),
            ("request: {}\n", "1:1: error: a case has an \"expect\""),
            ("now: soon\nrequest: {}\nexpect: {attempts: 1}\n", "1:6: error: \"now\" is a moment"),
            ("request: [\n", "error"),
        ]
    )
    func refuses(text: String, finding: String) throws {
        let (_, cases) = try load(["tests/a/case.yaml": text])
        let lines = cases.diagnostics.map(\.text)
        #expect(lines.contains { $0.hasPrefix("tests/a/case.yaml:") && $0.contains(finding) }, "\(lines)")
        #expect(cases.cases.isEmpty)
        #expect(cases.broken == ["tests/a/case.yaml"])
    }

    @Test func readsSubFoldersAndSuggests() throws {
        let (_, cases) = try load([
            "tests/b.yaml": "request: {}\nexpect: {attempts: 0}\n",
            "tests/a/c.yaml": "request: {}\nexpect: {fields: {Titel: x}}\n",
            "tests/a/d.yml": "request: {}\nexpect: {attempts: 0}\n", "tests/readme.txt": "no case",
        ])
        #expect(cases.cases.map(\.file) == ["tests/a/d.yml", "tests/b.yaml"])
        #expect(cases.diagnostics.first?.suggestion == "Title")
        #expect(try load([:]).1.cases.isEmpty)
    }

    @Test func theDemosCasesPass() async throws {
        let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        let directory = "\(root)/nginx/demo-store"
        let loaded = StoreLoader(directory: directory, options: LoadOptions(secrets: .placeholder))
            .load(at: Instant(seconds: 0))
        let snapshot = try #require(loaded.snapshot)
        let cases = CaseLoader(directory: directory, snapshot: snapshot).load()
        #expect(cases.diagnostics.isEmpty)
        #expect(cases.cases.count >= 4)
        for item in cases.cases {
            let differences = await Pipeline(snapshot: snapshot).differences(of: item, now: Instant(seconds: 0))
            #expect(differences == [], "\(item.file)")
        }
    }

    /// The page's own case, and its lists of words.
    @Test func thePageIsRight() async throws {
        let page = DocumentationPage(named: "Cases")
        let store = TemporaryStore([
            "marketing-activities/my-tokens.yaml": "Key: {secret: true, value: marked-secret-value}\n",
            "marketing-activities/p/program.yaml": "id: 1027\n",
            "webhooks/enrich.yaml": """
            name: Enrich Lead
            url: https://api.example.com/v1/people?campaign=77
            request_token_encoding: JSON
            payload_template: |
              {"email": {{lead.Email Address}}, "greeting": "Dear {{lead.First Name}}", "program": {{program.id}}}
            custom_headers: {Authorization: "Bearer {{my.Key}}"}
            response_type: JSON
            response_mappings: {NumberOfEmployees: company.employees, Title: person.title}
            """,
            "tests/case.yaml": try #require(page.examples.first).text,
        ])
        let loaded = store.load()
        let snapshot = try #require(loaded.snapshot, "\(loaded.diagnostics.map(\.text))")
        let cases = CaseLoader(directory: store.directory, snapshot: snapshot).load()
        #expect(cases.diagnostics.map(\.text) == [])
        let item = try #require(cases.cases.first)
        #expect(await Pipeline(snapshot: snapshot).differences(of: item, now: Instant(seconds: 0)) == [])
        for kind in CallFailure.Kind.allCases where kind.canned != nil {
            #expect(page.lines.contains { $0.contains("`\(kind.rawValue)`") }, "\(kind.rawValue)")
        }
    }
}
