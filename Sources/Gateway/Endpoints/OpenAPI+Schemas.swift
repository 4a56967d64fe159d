internal import FlowAction

extension OpenAPI {
    /// What goes in and out: schemas of JSON Schema 2020-12, by name.
    static let schemas = #"""
        {
          "Scalar": {
            "description": "The value of a field or a token.",
            "type": ["string", "number", "boolean", "null"]
          },
          "Fields": {
            "description": "Values by the name of their field.",
            "type": "object",
            "additionalProperties": {"$ref": "#/components/schemas/Scalar"}
          },
          "ID": {"type": ["string", "number"]},
          "FlowActionRequest": {
            "description": "The smart campaign reached its Call Webhook step for this lead.",
            "type": "object",
            "required": ["webhook", "lead"],
            "additionalProperties": false,
            "properties": {
              "webhook": {"type": "string", "minLength": 1, "description": "The webhook's name; case does not matter."},
              "lead": {"$ref": "#/components/schemas/Fields"},
              "company": {"oneOf": [{"$ref": "#/components/schemas/Fields"}, {"type": "null"}]},
              "program": {
                "type": ["string", "number", "null"],
                "description": "A program's id, its path below marketing-activities, or its name."
              },
              "campaign": {
                "type": ["object", "null"],
                "additionalProperties": false,
                "properties": {
                  "id": {"$ref": "#/components/schemas/Scalar"},
                  "name": {"$ref": "#/components/schemas/Scalar"},
                  "description": {"$ref": "#/components/schemas/Scalar"},
                  "type": {"$ref": "#/components/schemas/Scalar", "description": "\"trigger\", or left out."}
                }
              },
              "trigger": {"oneOf": [{"$ref": "#/components/schemas/Fields"}, {"type": "null"}]},
              "member": {"oneOf": [{"$ref": "#/components/schemas/Fields"}, {"type": "null"}]},
              "tokens": {
                "description": "My Tokens that hold for this request alone.",
                "type": ["array", "null"],
                "maxItems": \#(FlowActionRequest.maximumTokens),
                "items": {
                  "type": "object",
                  "required": ["name", "value"],
                  "additionalProperties": false,
                  "properties": {
                    "name": {"type": "string", "examples": ["{{my.Seats}}", "Seats"]},
                    "value": {"$ref": "#/components/schemas/Scalar"}
                  }
                }
              }
            }
          },
          "FlowActionAnswer": {
            "type": "object",
            "required": [
              "requestId", "webhook", "outcome", "lead", "fields", "skipped", "unresolvedTokens", "activity", "timing",
              "error"
            ],
            "properties": {
              "requestId": {"$ref": "#/components/schemas/RequestID"},
              "webhook": {"type": "string"},
              "outcome": {"type": "string", "enum": \#(names(FlowActionAnswer.Outcome.self))},
              "lead": {"type": "object", "properties": {"id": {"$ref": "#/components/schemas/Scalar"}}},
              "fields": {
                "$ref": "#/components/schemas/Fields",
                "description": "The values to write, by SOAP API name; null clears a field."
              },
              "skipped": {"type": "array", "items": {
                "type": "object",
                "required": ["field", "attribute", "reason"],
                "properties": {
                  "field": {"type": "string"},
                  "attribute": {"type": "string"},
                  "reason": {"type": "string", "enum": \#(names(MappingResult.Reason.self))}
                }
              }},
              "truncated": {"type": "array", "minItems": 1, "items": {
                "type": "object",
                "required": ["field", "attribute"],
                "properties": {"field": {"type": "string"}, "attribute": {"type": "string"}}
              }},
              "unresolvedTokens": {"type": "array", "items": {"type": "string"}},
              "activity": {
                "type": "object",
                "required": ["type", "webhook", "responseCode", "errorType", "response"],
                "properties": {
                  "type": {"const": "Call Webhook"},
                  "webhook": {"type": "string"},
                  "responseCode": {"type": ["integer", "null"]},
                  "errorType": {"type": "string"},
                  "response": {"type": ["string", "null"]},
                  "responseTruncated": {"const": true}
                }
              },
              "timing": {
                "type": "object",
                "required": ["totalMilliseconds", "callMilliseconds", "attempts"],
                "properties": {
                  "totalMilliseconds": {"type": "number", "minimum": 0},
                  "callMilliseconds": {"type": "number", "minimum": 0},
                  "attempts": {"type": "integer", "minimum": 0}
                }
              },
              "error": {"oneOf": [{"$ref": "#/components/schemas/Error"}, {"type": "null"}]}
            }
          },
          "Error": {
            "type": "object",
            "required": ["type", "code", "detail", "sent"],
            "properties": {
              "type": {"type": "string", "enum": \#(names(CallFailure.Kind.self))},
              "code": {"type": ["integer", "null"]},
              "detail": {"type": "string"},
              "sent": {
                "type": "string", "enum": \#(names(CallFailure.Sent.self)),
                "description": "no: nothing left, safe to repeat. maybe: it may have arrived. yes: an answer came."
              }
            }
          },
          "RequestID": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
          "Problem": {
            "description": "RFC 9457. Nothing was sent.",
            "type": "object",
            "required": ["type", "title", "status", "detail"],
            "properties": {
              "type": {"type": "string", "enum": \#(problemTypes)},
              "title": {"type": "string"},
              "status": {"type": "integer", "minimum": 400, "maximum": 599},
              "detail": {"type": "string"},
              "code": {"type": "integer", "description": "The original's response code, where it has one."}
            }
          },
          "Preview": {
            "type": "object",
            "required": ["requestId", "webhook", "request", "tokens", "unresolvedTokens"],
            "properties": {
              "requestId": {"$ref": "#/components/schemas/RequestID"},
              "webhook": {"type": "string"},
              "request": {
                "type": ["object", "null"],
                "required": ["method", "url", "headers", "body"],
                "properties": {
                  "method": {"type": "string", "enum": ["GET", "POST", "PUT", "PATCH", "DELETE"]},
                  "url": {"type": "string"},
                  "headers": {"type": "array", "items": {
                    "type": "object",
                    "required": ["name", "value"],
                    "properties": {"name": {"type": "string"}, "value": {"type": "string"}}
                  }},
                  "body": {"type": ["string", "null"]}
                }
              },
              "tokens": {"type": "array", "items": {
                "type": "object",
                "required": ["token", "value", "source", "origin", "file", "place", "encoding"],
                "properties": {
                  "token": {"type": "string"},
                  "value": {"type": "string"},
                  "source": {"type": "string"},
                  "origin": {"enum": ["local", "inherited", "overridden", null]},
                  "file": {"type": ["string", "null"]},
                  "place": {"type": "string"},
                  "encoding": {"type": "string"}
                }
              }},
              "unresolvedTokens": {"type": "array", "items": {"type": "string"}},
              "error": {"$ref": "#/components/schemas/Error"}
            }
          },
          "Webhook": {
            "description": "A webhook; beside these members the file's own keys in camelCase.",
            "type": "object",
            "required": ["name", "description", "enabled", "file"],
            "additionalProperties": true,
            "properties": {
              "name": {"type": "string"},
              "description": {"type": ["string", "null"]},
              "enabled": {"type": "boolean"},
              "file": {"type": "string"}
            }
          },
          "Webhooks": {
            "type": "object",
            "required": ["webhooks"],
            "properties": {"webhooks": {"type": "array", "items": {"$ref": "#/components/schemas/Webhook"}}}
          },
          "Program": {
            "type": "object",
            "required": ["id", "name", "path", "description", "channel"],
            "properties": {
              "id": {"$ref": "#/components/schemas/ID"},
              "name": {"type": "string"},
              "path": {"type": "string"},
              "description": {"type": ["string", "null"]},
              "channel": {"type": ["string", "null"]}
            }
          },
          "Programs": {
            "type": "object",
            "required": ["programs"],
            "properties": {
              "programs": {"type": "array", "maxItems": 500, "items": {"$ref": "#/components/schemas/Program"}}
            }
          },
          "Tokens": {
            "type": "object",
            "required": ["program", "tokens"],
            "properties": {
              "program": {"oneOf": [{"$ref": "#/components/schemas/Program"}, {"type": "null"}]},
              "tokens": {"type": "array", "items": {
                "type": "object",
                "required": ["name", "type", "value", "secret", "origin", "file"],
                "properties": {
                  "name": {"type": "string"},
                  "type": {"type": "string", "enum": \#(names(MyToken.Kind.self))},
                  "value": {"type": "string"},
                  "secret": {"type": "boolean"},
                  "origin": {"enum": \#(names(ProgramTree.Origin.self))},
                  "file": {"type": "string"}
                }
              }}
            }
          },
          "Health": {
            "type": "object", "required": ["status"], "properties": {"status": {"const": "alive"}}
          },
          "Readiness": {
            "type": "object",
            "required": ["status", "store", "loadedAt"],
            "properties": {
              "status": {"enum": ["ready", "draining"]},
              "store": {"enum": ["current", "stale"]},
              "loadedAt": {"type": "string", "format": "date-time"}
            }
          }
        }
        """#

    private static var problemTypes: String {
        "[\(Problem.Name.allCases.map { "\"urn:flowhook:problem:\($0.rawValue)\"" }.joined(separator: ", "))]"
    }
}
