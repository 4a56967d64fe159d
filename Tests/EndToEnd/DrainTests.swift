import Glibc
import TestSupport
import Testing

extension Operation {
    /// What happens between the signal to stop and the end.
    @Suite(.serialized) struct DrainTests {
        private func request(_ path: String, method: String = "GET", body: String = "") -> [UInt8] {
            FastCGIBytes.request(
                [("REQUEST_METHOD", method), ("REQUEST_URI", path), ("FLOWHOOK_MOUNT", "/flow")],
                body: Array(body.utf8)
            )
        }

        @Test(arguments: [SIGTERM, SIGINT, SIGUSR1])
        func drains(signal: Int32) throws {
            let sample = Sample()
            let installation = sample.installation
            let socket = "\(installation.directory)/flowhook.sock"
            let kept = try (0..<3).map { _ in try FastCGIClient(path: socket) }
            for client in kept {
                client.send(request("/flow/readyz"))
                #expect(client.text()?.hasPrefix("Status: 200") == true)
            }
            // It is under way when the signal comes.
            kept[0].send(
                request("/flow/call-webhook", method: "POST", body: #"{"webhook": "second", "lead": {"id": 7}}"#)
            )
            Installation.waitUntil { sample.service.received.count == 1 }
            kill(installation.flowhook.pid, signal)
            Installation.waitUntil { access(socket, F_OK) != 0 }
            #expect(throws: (any Error).self) { try FastCGIClient(path: socket) }
            // A kept connection is served once more, within its four seconds, and closed.
            kept[1].send(request("/flow/readyz"))
            if let text = kept[1].text() {
                #expect(text.hasPrefix("Status: 503"))
                #expect(text.contains(#""status":"draining""#))
            }
            #expect(kept[1].isAtFarewell())
            // An idle one is closed; what is under way ends well.
            #expect(kept[2].isAtEnd())
            #expect(kept[0].text()?.contains(#""outcome":"updated""#) == true)
            #expect(kept[0].isAtFarewell())
            #expect(installation.flowhook.wait() == 0)
            #expect(installation.log.contains(#""message":"stopped""#))
        }
    }
}
