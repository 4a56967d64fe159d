import Gateway
import Glibc
import Testing

/// What is taken of the variables that a web server passes on.
@Suite struct WebRequestTests {
    private func request(_ entries: String...) -> WebRequest { request(entries) }

    private func request(_ entries: [String]) -> WebRequest {
        var variables = entries.map { strdup($0) } + [nil]
        defer { for variable in variables { free(variable) } }
        return variables.withUnsafeMutableBufferPointer { WebRequest(environment: $0.baseAddress) }
    }

    @Test func knowsEachVariableByItsWholeName() {
        let expected: [(variable: WebRequest.Variable, name: String, value: String)] = [
            (.method, "REQUEST_METHOD", "POST"),
            (.uri, "REQUEST_URI", "/a?b=c=d"),
            (.scriptName, "SCRIPT_NAME", "/s"),
            (.pathInfo, "PATH_INFO", ""),
            (.contentType, "CONTENT_TYPE", "t"),
            (.contentLength, "CONTENT_LENGTH", "12"),
            (.mount, "FLOWHOOK_MOUNT", "/m"),
            (.requestID, "REQUEST_ID", "r"),
            (.callerRequestID, "HTTP_X_REQUEST_ID", "x"),
            (.idempotencyKey, "HTTP_IDEMPOTENCY_KEY", "k"),
            (.traceParent, "HTTP_TRACEPARENT", "p"),
            (.traceState, "HTTP_TRACESTATE", "s"),
        ]
        // Others around them, each like one of them.
        let others = expected.flatMap { ["\($0.name)S=no", "X\($0.name)=no", "HTTP_\($0.name)=no", $0.name] }
        let request = request(others + expected.map { "\($0.name)=\($0.value)" } + ["HTTP_=no", "H=no", "=no"])
        #expect(expected.count == WebRequest.Variable.allCases.count)
        for (variable, _, value) in expected {
            #expect(request[variable] == value)
            #expect(request.has(variable, value))
            #expect(!request.has(variable, value + "x"))
        }
    }

    /// A second one may be somebody else's: what the web server's configuration sets comes first.
    @Test func takesTheFirstOfSeveral() {
        let request = request("REQUEST_ID=first", "CONTENT_TYPE=", "REQUEST_ID=second", "CONTENT_TYPE=text/html")
        #expect(request[.requestID] == "first")
        #expect(request[.contentType] == "")
        #expect(request.has(.contentType, ""))
    }

    @Test func tellsWhatIsMissingFromWhatIsEmpty() {
        var request = request("PATH_INFO=")
        #expect(request.has(.pathInfo))
        #expect(!request.has(.scriptName))
        #expect(request[.scriptName] == nil)
        #expect(!request.has(.scriptName, ""))
        request[.pathInfo] = nil
        #expect(!request.has(.pathInfo))
    }

    @Test(arguments: [
        ("0", 0), ("12", 12), ("999999999999999999", 999_999_999_999_999_999), ("", nil), ("-1", nil), ("+5", nil),
        (" 5", nil), ("5x", nil), ("9999999999999999999", nil),
    ])
    func readsALengthOfDigitsAlone(_ text: String, _ length: Int?) {
        #expect(request("CONTENT_LENGTH=\(text)").contentLength == length)
    }

    @Test func replacesWhatIsNoUTF8() {
        var bytes: [CChar] = Array("REQUEST_URI=/".utf8).map(CChar.init) + [-1, 0]
        let request = bytes.withUnsafeMutableBufferPointer { bytes in
            var variables = [bytes.baseAddress, nil]
            return variables.withUnsafeMutableBufferPointer { WebRequest(environment: $0.baseAddress) }
        }
        #expect(request[.uri] == "/\u{FFFD}")
    }
}
