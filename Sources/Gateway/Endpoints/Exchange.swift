internal import FlowAction

/// One request and what its answer needs: the checks that every endpoint shares, and the answer's headers.
///
/// An object, since it is handed on at every stage of a request and its parts are many.
final class Exchange: Sendable {
    /// The request as the web server passed it on.
    let request: WebRequest
    /// The store that it sees.
    let snapshot: Snapshot
    /// What the pipeline is handed with the request.
    let context: Pipeline.Context

    /// Takes a request in, now.
    ///
    /// - Parameter timeLeft: how long the service still runs, where it is stopping.
    init(_ request: consuming WebRequest, snapshot: Snapshot, timeLeft: Duration?) {
        self.snapshot = snapshot
        let key = request[.idempotencyKey].flatMap { $0.isEmpty ? nil : $0 }
        context = Pipeline.Context(
            requestID: RequestID.of(request),
            trace: Self.trace(of: request),
            idempotencyKey: key,
            timeLeft: timeLeft
        )
        self.request = request
    }

    /// The trace that the request says to be part of.
    private static func trace(of request: WebRequest) -> TraceContext? {
        guard let parent = request[.traceParent] else { return nil }
        return TraceContext(
            traceParent: parent,
            traceState: request[.traceState],
            parentID: String(RequestID.new().prefix(16))
        )
    }

    /// The endpoint that the request is for.
    ///
    /// - Throws: `server-misconfigured`, `not-found` or `method-not-allowed`.
    func endpoint() throws(Problem) -> Endpoint {
        guard request.has(.method), !request.has(.method, "") else {
            throw Problem(
                .serverMisconfigured,
                detail: """
                    REQUEST_METHOD is missing: include fastcgi_params in the same block as any other fastcgi_param.
                    """
            )
        }
        guard request.has(.uri) else {
            throw Problem(.serverMisconfigured, detail: "REQUEST_URI is missing: include fastcgi_params.")
        }
        guard let path = RequestPath.below(mount: snapshot.settings.mount, in: request),
            let endpoint = Endpoint(path: path)
        else {
            throw Problem(
                .notFound,
                detail: """
                    There is nothing at this path; the mount is \(mount.isEmpty ? "/" : mount), and below it \
                    are \(Endpoint.paths.joined(separator: ", ")).
                    """
            )
        }
        guard endpoint.methods.contains(where: { request.has(.method, $0) }) else {
            throw Problem(
                .methodNotAllowed,
                detail: "This path takes \(endpoint.methods.joined(separator: " and ")) alone."
            )
        }
        return endpoint
    }

    /// The body of a request that is to hold JSON.
    ///
    /// - Throws: `payload-too-large`, `malformed-request` for one that ended early, `unsupported-media-type`.
    func body() throws(Problem) -> [UInt8] {
        if request.isBodyTooLarge { throw .requestTooLarge(snapshot.settings) }
        if request.isBodyTruncated {
            throw Problem(.malformedRequest, detail: "The body ended before all of it had arrived.")
        }
        // What nearly every caller sends; the rest is taken apart.
        guard request.has(.contentType, "application/json") || Self.isJSON(request[.contentType] ?? "") else {
            throw Problem(
                .unsupportedMediaType,
                detail: "Send the body as \"Content-Type: application/json\", in UTF-8 and without another \"charset\"."
            )
        }
        return request.body
    }

    /// Whether a `Content-Type` says JSON in UTF-8; a missing one counts as JSON.
    private static func isJSON(_ contentType: String) -> Bool {
        let parts = contentType.lowercased().split(separator: ";", omittingEmptySubsequences: false)
        let type = parts[0].filter { $0 != " " && $0 != "\t" }
        guard type.isEmpty || type == "application/json" || type.hasSuffix("+json") else { return false }
        return parts.dropFirst().allSatisfy { parameter in
            let parameter = parameter.filter { $0 != " " && $0 != "\t" && $0 != "\"" }
            return !parameter.hasPrefix("charset=") || ["charset=utf-8", "charset=utf8"].contains(parameter)
        }
    }

    // MARK: Answers

    /// An answer of 200 whose body is written here.
    func answer(json: String) -> WebAnswer {
        answer(status: 200, json: Array(json.utf8))
    }

    /// An answer of JSON.
    func answer(status: Int, json: [UInt8]) -> WebAnswer {
        answer(status: status, text: json, type: "application/json")
    }

    /// An answer of any type.
    func answer(status: Int = 200, text: [UInt8], type: String) -> WebAnswer {
        WebAnswer(
            status: status,
            headers: [("Content-Type", type), ("Cache-Control", "no-store"), ("X-Request-Id", context.requestID)],
            body: text
        )
    }

    /// The description of this interface, below the mount that the request came in by.
    var description: [UInt8] {
        OpenAPI.description(mount: mount)
    }

    private var mount: String { RequestPath.mount(of: request, setting: snapshot.settings.mount) }

    /// The answer to a request that is refused.
    func answer(_ problem: Problem) -> WebAnswer {
        var answer = WebAnswer(problem)
        answer.headers.append(("X-Request-Id", context.requestID))
        if problem.name == .methodNotAllowed,
            let path = RequestPath.below(mount: snapshot.settings.mount, in: request),
            let endpoint = Endpoint(path: path)
        {
            answer.headers.append(("Allow", endpoint.methods.joined(separator: ", ")))
        }
        return answer
    }
}
