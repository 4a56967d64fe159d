import Glibc
import JSON
import TestSupport
import Testing

extension EndToEnd {
    /// Bodies that are made to cost time or memory, or that are not what they say: each gives its error, in bounds, and
    /// the next request is unharmed.
    @Suite(.serialized) final class BadBodyTests {
        /// A body, and what is to come of it.
        private struct Body: Sendable {
            var name: String
            var type = "JSON"
            var headers = "Content-Type: application/json\r\n"
            var bytes: [UInt8]
            var error: String
            var detail: String
        }

        private static func text(_ text: String, times: Int = 1) -> [UInt8] {
            Array(String(repeating: text, count: times).utf8)
        }

        private static let xml = "Content-Type: application/xml\r\n"

        private static let bodies: [Body] = [
            Body(
                name: "deep arrays",
                bytes: text("[", times: 1_000_000),
                error: "unparsable-response",
                detail: "too many nested containers"
            ),
            Body(
                name: "deep objects",
                bytes: text("{\"v\":", times: 200_000),
                error: "unparsable-response",
                detail: "too many nested containers"
            ),
            Body(
                name: "deep elements",
                type: "XML",
                headers: xml,
                bytes: text("<v>", times: 300_000),
                error: "unparsable-response",
                detail: "too many nested elements"
            ),
            Body(
                name: "billion laughs",
                type: "XML",
                headers: xml,
                bytes: text(
                    "<!DOCTYPE r [<!ENTITY a 'lol'>"
                        + zip("abcdefghi", "bcdefghij").map {
                            "<!ENTITY \($1) '\(String(repeating: "&\($0);", count: 10))'>"
                        }
                        .joined() + "]><r><v>&j;</v></r>"
                ),
                error: "unparsable-response",
                detail: "document type declaration"
            ),
            Body(
                name: "quadratic entities",
                type: "XML",
                headers: xml,
                bytes: text("<!DOCTYPE r [<!ENTITY a '") + text("x", times: 400_000) + text("'>]><r><v>")
                    + text("&a;", times: 100_000) + text("</v></r>"),
                error: "unparsable-response",
                detail: "document type declaration"
            ),
            Body(
                name: "quadratic attributes",
                type: "XML",
                headers: xml,
                bytes: text("<r " + (0..<80_000).map { "k\($0)='' " }.joined() + "/>"),
                error: "unparsable-response",
                detail: "too many attributes"
            ),
            Body(
                name: "ten megabytes of numbers",
                bytes: text("[") + text("1234567,", times: 1_250_000) + text("1]"),
                error: "response-too-large",
                detail: ""
            ),
            Body(
                name: "gzip bomb",
                headers: "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
                bytes: gzipBomb(),
                error: "response-too-large",
                detail: ""
            ),
            Body(
                name: "cut JSON",
                bytes: text("{\"v\": \"CTO\", \"w\": [1, 2"),
                error: "unparsable-response",
                detail: "the text ends too early"
            ),
            Body(
                name: "cut XML",
                type: "XML",
                headers: xml,
                bytes: text("<r><v>CTO</v>"),
                error: "unparsable-response",
                detail: "not valid XML"
            ),
            Body(
                name: "latin1 that says it is UTF-8",
                headers: "Content-Type: application/json; charset=utf-8\r\n",
                bytes: text("{\"v\": \"K") + [0xF6] + text("ln\"}"),
                error: "unparsable-response",
                detail: "not UTF-8"
            ),
            Body(
                name: "UTF-16 that says it is UTF-8",
                headers: "Content-Type: application/json; charset=utf-8\r\n",
                bytes: "{\"v\": \"CTO\"}".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] },
                error: "unparsable-response",
                detail: "binary data came instead"
            ),
            Body(
                name: "an unknown charset",
                headers: "Content-Type: application/json; charset=ebcdic\r\n",
                bytes: text("{\"v\": 1}"),
                error: "unparsable-response",
                detail: "text in an unknown charset came instead"
            ),
            Body(
                name: "NULs in JSON",
                bytes: text("{\"v\": \"a\0b\"}"),
                error: "unparsable-response",
                detail: "binary data came instead"
            ),
            Body(
                name: "NULs in XML",
                type: "XML",
                headers: xml,
                bytes: text("<r><v>a\0b</v></r>"),
                error: "unparsable-response",
                detail: "binary data came instead"
            ),
            Body(
                name: "nothing but NULs",
                bytes: [UInt8](repeating: 0, count: 1_000_000),
                error: "unparsable-response",
                detail: "binary data came instead"
            ),
            Body(
                name: "a login page",
                bytes: text("<!DOCTYPE html><html><title>Log in</title></html>"),
                error: "unparsable-response",
                detail: "an HTML page came instead"
            ),
            Body(
                name: "half a surrogate pair",
                bytes: text("{\"w\": \"\\ud83d\", \"v\": \"CTO\"}"),
                error: "unparsable-response",
                detail: "a lone surrogate"
            ),
        ]

        /// 512 MiB of zeros in half a megabyte: one block, sent again and again.
        private static func gzipBomb() -> [UInt8] {
            let file = "/tmp/flowhook-bomb-\(getpid())"
            defer { unlink(file) }
            let program = """
                import sys, zlib
                z = zlib.compressobj(9, zlib.DEFLATED, 31); zeros = bytes(1 << 20)
                first = z.compress(zeros) + z.flush(zlib.Z_FULL_FLUSH)
                again = z.compress(zeros) + z.flush(zlib.Z_FULL_FLUSH)
                open(sys.argv[1], "wb").write(first + again * 511)
                """
            _ = Child.run(["python3", "-c", program, file])
            return Files.bytes(file)
        }

        private let service: RawServer
        private let installation: Installation

        init() {
            let bodies = Self.bodies
            service = RawServer { request, _ in
                let path = request.split(separator: " ").dropFirst().first ?? ""
                guard let index = Int(path.dropFirst()) else {
                    return [.text("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"v\": \"CTO\"}")]
                }
                let body = bodies[index]
                let head = "HTTP/1.1 200 OK\r\n\(body.headers)Content-Length: \(body.bytes.count)\r\n\r\n"
                return [.text(head), .send(body.bytes)]
            }
            var files = ["flowhook.yaml": "allow_networks: [127.0.0.0/8]\n"]
            for (name, path, type) in bodies.enumerated().map({ ("bad \($0)", "\($0)", $1.type) }) + [
                ("good", "good", "JSON")
            ] {
                files["webhooks/\(name).yaml"] = """
                    url: http://127.0.0.1:\(service.port)/\(path)
                    response_type: \(type)
                    response_mappings: {Title: \(type == "JSON" ? "v" : "r.v")}
                    """
            }
            installation = Installation(store: files)
        }

        deinit {
            installation.stop()
            service.stop()
        }

        @Test func endsInItsErrorAndHarmsNothing() throws {
            #expect(Self.bodies.first { $0.name == "gzip bomb" }.map { $0.bytes.count > 400_000 } == true)
            for (index, body) in Self.bodies.enumerated() {
                let response = installation.call(#"{"webhook": "bad \#(index)", "lead": {"id": 7}}"#)
                #expect(response.status == 200, "\(body.name)")
                let answer = try JSONValue(parsing: Array(response.body.utf8))
                #expect(answer["outcome"] == .string("failed"), "\(body.name)")
                #expect(answer["error"]?["type"] == .string(body.error), "\(body.name)")
                #expect(answer["error"]?["sent"] == .string("yes"), "\(body.name)")
                let detail = answer["error"]?["detail"]?.stringValue ?? ""
                #expect(detail.contains(body.detail), "\(body.name): \(detail)")
                #expect(answer["fields"] == .object([:]), "\(body.name)")
                let good = try JSONValue(
                    parsing: Array(installation.call(#"{"webhook": "good", "lead": {}}"#).body.utf8)
                )
                #expect(good["fields"] == .object(["Title": .string("CTO")]), "after \(body.name)")
            }
            // A bomb of 512 MiB was never held.
            let status = Files.read("/proc/\(installation.flowhook.pid)/status")
            let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?
                .split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }
            #expect(try #require(peak) < 500_000)
        }
    }
}
