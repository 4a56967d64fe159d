import Glibc
import JSON
import TestSupport
import Testing

extension EndToEnd {
    /// The description of the interface, held against what the service really answers.
    @Suite(.serialized) struct OpenAPITests {
        /// One answer, for the validator.
        private struct Observation {
            var method: String
            var path: String
            var request: String?
            var status: Int
            var type: String
            var body: String

            var json: JSONValue {
                .object([
                    "method": .string(method.lowercased()), "path": .string(path),
                    "request": request.map(JSONValue.string) ?? .null, "status": .number(String(status)),
                    "type": .string(type), "body": .string(body),
                ])
            }
        }

        /// Checks the description by itself, then every observation against it; nothing undocumented passes: where a
        /// schema names members, others are errors. Prints what was never observed.
        private static let validator = #"""
            import json, sys
            from jsonschema import Draft202012Validator, FormatChecker, RefResolver

            document, observations = [json.load(open(path)) for path in sys.argv[1:]]
            flaws = []

            def walk(node, visit):
                visit(node)
                for child in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else []):
                    walk(child, visit)

            def check_reference(node):
                if isinstance(node, dict) and isinstance(node.get("$ref"), str):
                    target = document
                    for part in node["$ref"].removeprefix("#/").split("/"):
                        target = target.get(part, {})
                    if not target: flaws.append("dangling " + node["$ref"])

            walk(document, check_reference)
            assert document["openapi"].startswith("3.1."), document["openapi"]
            assert document["info"]["title"] and document["info"]["version"]
            Draft202012Validator.check_schema({"$defs": document["components"]["schemas"]})

            identifiers = set()
            operations = set()
            for path, item in document["paths"].items():
                names = {part[1:-1] for part in path.split("/") if part.startswith("{")}
                for method, operation in item.items():
                    operations.add((method, path))
                    assert operation["summary"], path
                    assert operation["operationId"] not in identifiers
                    identifiers.add(operation["operationId"])
                    parameters = operation.get("parameters", [])
                    assert {p["name"] for p in parameters if p["in"] == "path"} == names, path
                    for parameter in parameters: Draft202012Validator.check_schema(parameter["schema"])
                    for response in operation["responses"].values():
                        assert response["description"]
                        for content in response["content"].values(): Draft202012Validator.check_schema(content["schema"])

            def close(node):
                if isinstance(node, dict) and isinstance(node.get("properties"), dict):
                    node.setdefault("additionalProperties", False)

            open_document = json.loads(json.dumps(document))
            walk(document, close)

            def errors(schema, value, root):
                resolver = RefResolver("", root)
                checker = Draft202012Validator(schema, resolver=resolver, format_checker=FormatChecker())
                return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in checker.iter_errors(value)]

            seen, problems = set(), set()
            for observation in observations:
                where = f"{observation['method']} {observation['path']} {observation['status']}"
                item = document["paths"].get(observation["path"])
                if item is None:
                    # A path that is not described has nothing but a problem to say.
                    operation = {"responses": {"4XX": document["paths"]["/preview"]["post"]["responses"]["4XX"]}}
                else:
                    operation = item.get(observation["method"]) or item[next(iter(item))]
                    if observation["status"] == 200: seen.add((observation["method"], observation["path"]))
                status = str(observation["status"])
                responses = operation["responses"]
                response = responses.get(status) or responses.get(status[0] + "XX")
                if response is None and observation["type"] == "application/problem+json":
                    response = document["paths"]["/preview"]["post"]["responses"].get(status[0] + "XX")
                if response is None:
                    flaws.append(where + ": the status is not described")
                    continue
                content = response["content"].get(observation["type"].split(";")[0])
                if content is None:
                    flaws.append(where + ": the type is not described: " + observation["type"])
                    continue
                if "json" in observation["type"]:
                    value = json.loads(observation["body"])
                    flaws += [where + ": " + error for error in errors(content["schema"], value, document)]
                    if "problem" in observation["type"]: problems.add(value["type"].split(":")[-1])
                    if "problem" in observation["type"] and value["status"] != observation["status"]:
                        flaws.append(where + ": another status in the body")
                if observation["request"] is not None and observation["status"] == 200:
                    schema = operation["requestBody"]["content"]["application/json"]["schema"]
                    flaws += [where + ": request: " + e for e in errors(schema, json.loads(observation["request"]), document)]
            for flaw in flaws: print("flaw:", flaw)
            for method, path in sorted(operations - seen): print("never seen:", method, path)
            described = document["components"]["schemas"]["Problem"]["properties"]["type"]["enum"]
            for name in sorted({d.split(":")[-1] for d in described} - problems): print("never seen: problem", name)
            """#

        @Test func describesWhatTheServiceAnswers() throws {
            let sample = Sample.withRoomForOne(heldFor: "3s")
            let installation = sample.installation
            let client = installation.client
            var observations: [Observation] = []

            func note(_ response: HTTPClient.Response, _ method: String, _ path: String, _ request: String? = nil) {
                observations.append(
                    Observation(
                        method: method,
                        path: path,
                        request: request,
                        status: response.status,
                        type: response.header("Content-Type") ?? "",
                        body: response.body
                    )
                )
            }
            func get(_ path: String, _ template: String? = nil) {
                note(client.get("/flow\(path)"), "GET", template ?? path)
            }
            func post(_ path: String, _ request: String, headers: [String] = ["Content-Type: application/json"]) {
                note(client.post("/flow\(path)", request, headers: headers), "POST", path, request)
            }

            // Every endpoint.
            for path in ["/healthz", "/readyz", "/metrics", "/openapi.json", "/programs", "/webhooks"] { get(path) }
            get("/webhooks/Enrich%20Lead", "/webhooks/{name}")
            get("/webhooks/none", "/webhooks/{name}")
            get("/programs?after=1", "/programs")
            get("/programs?after=none", "/programs")
            for program in ["1027", "Webinars", "none", "Twin"] {
                get("/programs/\(program)/tokens", "/programs/{id}/tokens")
            }
            // Every outcome, and most ways to fail.
            let full = #"""
                {"webhook": "Enrich Lead", "program": 1027, "lead": {"id": 1, "Email Address": null, "n": 1.5, "b": true},
                 "company": {"Company Name": "x"}, "campaign": {"id": 1, "name": "c", "description": "", "type": "trigger"},
                 "trigger": {"Trigger Name": "Fills Out Form"}, "member": {"webinar url": "https://example.com/"},
                 "tokens": [{"name": "{{my.Speaker}}", "value": 3}]}
                """#
            for request in [
                SampleStore.enrich, full, #"{"webhook": "plain", "lead": {}, "program": null, "company": null}"#,
            ] {
                post("/call-webhook", request)
                post("/preview", request)
            }
            for webhook in [
                "xml", "form", "500", "never", "reset", "close", "empty", "rubbish", "no-http", "cut", "huge",
                "refused",
                "strict",
            ] {
                post("/call-webhook", #"{"webhook": "\#(webhook)", "program": 1027, "lead": {"firstName": "x"}}"#)
            }
            post("/preview", #"{"webhook": "strict", "lead": {}}"#)
            // Every problem.
            for request in [
                "", "{", #"{"webhook": "plain", "lead": {}, "x": 1}"#, #"{"webhook": "none", "lead": {}}"#,
                #"{"webhook": "plain", "lead": {}, "program": 5}"#, #"{"webhook": "disabled", "lead": {}}"#,
                #"{"webhook": "plain", "lead": {}, "program": "Twin"}"#,
                #"{"webhook": "plain", "lead": {}, "campaign": {"type": "batch"}}"#,
                #"{"webhook": "plain", "lead": {"x": "\#(String(repeating: "x", count: 1 << 20))"}}"#,
            ] {
                // nginx itself refuses a body past its own bound.
                if request.utf8.count < 1 << 20 { post("/call-webhook", request) }
            }
            post("/call-webhook", "{}", headers: ["Content-Type: text/plain"])
            get("/call-webhook")
            get("/nothing-here")
            let held = client.begin(
                "POST",
                "/flow/call-webhook",
                #"{"webhook": "held", "lead": {}}"#,
                headers: ["Content-Type: application/json"]
            )
            #expect(Installation.waitUntil { client.get("/flow/metrics").body.contains("in_flight 1\n") })
            post("/call-webhook", #"{"webhook": "plain", "lead": {}}"#)
            #expect(client.finish(held).status == 200)
            // What a web server that works never makes it say, from the program itself.
            let directory = installation.directory
            let request = ["GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_URI": "/flow/call-webhook"]
            let mounted = ["FLOWHOOK_STORE": "\(directory)/store", "FLOWHOOK_MAX_REQUEST_BYTES": "1"]
            Files.write("url: 7\n", to: "\(directory)/broken/webhooks/x.yaml")
            for environment in [
                request.merging(["REQUEST_METHOD": "POST", "FLOWHOOK_STORE": "\(directory)/broken"]) { $1 },
                request.merging(mounted) { $1 },
                request.merging(mounted) { $1 }.merging(["REQUEST_METHOD": "POST", "BODY": full]) { $1 },
            ] {
                note(Self.runAsCGI(environment, directory), "POST", "/call-webhook")
            }

            let document = "\(directory)/openapi.json"
            Files.write(client.get("/flow/openapi.json").body, to: document)
            let list = JSONValue.array(observations.map(\.json))
            Files.write(String(decoding: list.serialized, as: UTF8.self), to: "\(directory)/observations.json")
            Files.write(Self.validator, to: "\(directory)/validate.py")
            let run = Child.run([
                "/usr/bin/python3", "-W", "ignore", "\(directory)/validate.py", document,
                "\(directory)/observations.json",
            ])
            #expect(run.status == 0)
            // A drain is told by its own test, and there is no way to bring about a defect.
            let unseen = run.output.split(separator: "\n").filter {
                !["never seen: problem draining", "never seen: problem internal-error"].contains($0)
            }
            #expect(unseen == [], "\(run.output)")
            // It says where the service is, too.
            let servers = try JSONValue(parsing: Array(Files.read(document).utf8))["servers"]
            #expect(servers == .array([.object(["url": .string("/flow")])]))
        }

        /// One request to the program as CGI.
        private static func runAsCGI(_ environment: [String: String], _ directory: String) -> HTTPClient.Response {
            let program = "printf '%s' \"$BODY\" | '\(Installation.program)' 2> /dev/null"
            let output = Child.run(["bash", "-c", program], environment: environment).output
            guard let end = output.firstRange(of: "\r\n\r\n") else {
                return HTTPClient.Response(status: 0, headers: [], body: output)
            }
            let headers = output[..<end.lowerBound].split(separator: "\r\n").map(String.init)
            let status = headers.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
            return HTTPClient.Response(status: status ?? 0, headers: headers, body: String(output[end.upperBound...]))
        }
    }
}
