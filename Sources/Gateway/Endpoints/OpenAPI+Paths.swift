extension OpenAPI {
    /// The operations, by path: a Paths Object.
    static let paths = #"""
        {
          "/call-webhook": {"post": {
            "operationId": "callWebhook",
            "summary": "Runs a flow action: resolves the webhook's tokens, calls its service, maps the answer.",
            "parameters": [
              {"name": "X-Request-Id", "in": "header",
               "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
               "description": "The request's id, where the web server sets none; else one is made."},
              {"name": "Idempotency-Key", "in": "header",
               "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]*$"},
               "description": "Goes out with a webhook that retries, in place of the request's id."},
              {"name": "traceparent", "in": "header", "schema": {"type": "string"},
               "description": "W3C Trace Context; a valid one is passed on with a new parent id."}
            ],
            "requestBody": {"required": true, "content": {"application/json": {
              "schema": {"$ref": "#/components/schemas/FlowActionRequest"}
            }}},
            "responses": {
              "200": {"description": "The flow action ran to an outcome.", "content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/FlowActionAnswer"}
              }}},
              "4XX": \#(problem("The request is wrong: nothing was sent. Mend it, do not repeat it.")),
              "500": \#(problem("The web server is misconfigured, or Flowhook has a defect.")),
              "503": \#(problem("Full or draining: nothing was sent. Try again after Retry-After.", isRetried: true))
            }
          }},
          "/preview": {"post": {
            "operationId": "preview",
            "summary": "Shows the request that a flow action would send, secrets masked, and sends nothing.",
            "requestBody": {"required": true, "content": {"application/json": {
              "schema": {"$ref": "#/components/schemas/FlowActionRequest"}
            }}},
            "responses": {
              "200": \#(json("Preview", "What would go out, or why the render fails.")),
              "4XX": \#(problem("The request is wrong.")),
              "5XX": \#(problem("The service cannot answer."))
            }
          }},
          "/webhooks": {"get": {
            "operationId": "listWebhooks",
            "summary": "Lists the webhooks of the store, templates as written.",
            "responses": {
              "200": \#(json("Webhooks", "The webhooks.")),
              "4XX": \#(problem("The request is wrong.")),
              "5XX": \#(problem("The service cannot answer."))
            }
          }},
          "/webhooks/{name}": {"get": {
            "operationId": "getWebhook",
            "summary": "Shows one webhook, templates as written.",
            "parameters": [\#(pathParameter("name", "The webhook's name; case does not matter."))],
            "responses": {
              "200": \#(json("Webhook", "The webhook.")),
              "4XX": \#(problem("There is none of the name.")),
              "5XX": \#(problem("The service cannot answer."))
            }
          }},
          "/programs": {"get": {
            "operationId": "listPrograms",
            "summary": "Lists programs, 500 a page.",
            "parameters": [{
              "name": "after", "in": "query", "schema": {"type": "string"},
              "description": "The id of the last program of the page before."
            }],
            "responses": {
              "200": \#(json("Programs", "A page of programs.")),
              "4XX": \#(problem("No program has the id in \"after\".")),
              "5XX": \#(problem("The service cannot answer."))
            }
          }},
          "/programs/{id}/tokens": {"get": {
            "operationId": "listTokens",
            "summary": "Lists the My Tokens that a program has, its own and those it inherits.",
            "parameters": [\#(pathParameter("id", "The program's id, path or name, or a folder's path."))],
            "responses": {
              "200": \#(json("Tokens", "The My Tokens, secrets masked.")),
              "4XX": \#(problem("There is no such program, or several have the name.")),
              "5XX": \#(problem("The service cannot answer."))
            }
          }},
          "/healthz": {"get": {
            "operationId": "health",
            "summary": "Says that the process is alive.",
            "responses": {"200": \#(json("Health", "It is."))}
          }},
          "/readyz": {"get": {
            "operationId": "readiness",
            "summary": "Says whether the process can serve, and from which store.",
            "responses": {
              "200": \#(json("Readiness", "It can.")),
              "503": \#(json("Readiness", "It is draining."))
            }
          }},
          "/metrics": {"get": {
            "operationId": "metrics",
            "summary": "Tells the metrics in the text format of Prometheus.",
            "responses": {"200": {"description": "The metrics.", "content": {"text/plain": {
              "schema": {"type": "string"}
            }}}}
          }},
          "/openapi.json": {"get": {
            "operationId": "describe",
            "summary": "Describes this interface.",
            "responses": {"200": {"description": "This document.", "content": {"application/json": {
              "schema": {"type": "object", "required": ["openapi", "info", "paths"], "additionalProperties": true}
            }}}}
          }}
        }
        """#

    /// The response with a JSON body of a schema.
    private static func json(_ schema: String, _ description: String) -> String {
        #"""
        {"description": "\#(description)", "content": {"application/json": {
          "schema": {"$ref": "#/components/schemas/\#(schema)"}
        }}}
        """#
    }

    /// The response with a problem.
    private static func problem(_ description: String, isRetried: Bool = false) -> String {
        let headers =
            isRetried
            ? #""headers": {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string"}}},"# : ""
        return #"""
            {"description": "\#(description.replacing("\"", with: "\\\""))", \#(headers)
             "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
            """#
    }

    private static func pathParameter(_ name: String, _ description: String) -> String {
        #"""
        {"name": "\#(name)", "in": "path", "required": true, "schema": {"type": "string"},
         "description": "\#(description)"}
        """#
    }
}
