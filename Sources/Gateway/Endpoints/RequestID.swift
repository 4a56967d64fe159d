/// The id of a request, in its answer and in every log line.
enum RequestID {
    /// The web server's (`REQUEST_ID`), else the caller's `X-Request-Id`, else a new one.
    ///
    /// Either of the first two counts only where it is 1 to 64 characters of `[A-Za-z0-9._-]`: an id goes into logs.
    static func of(_ request: WebRequest) -> String {
        valid(.requestID, of: request) ?? valid(.callerRequestID, of: request) ?? new()
    }

    /// 128 random bits as 32 hexadecimal digits.
    static func new() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits: StaticString = "0123456789abcdef"
        return String(unsafeUninitializedCapacity: 32) { buffer in
            for half in 0..<2 {
                var bits = generator.next()
                for index in 0..<16 {
                    buffer[half * 16 + index] = digits.utf8Start[Int(bits & 15)]
                    bits >>= 4
                }
            }
            return 32
        }
    }

    private static func valid(_ variable: WebRequest.Variable, of request: WebRequest) -> String? {
        let id = request.withBytes(of: variable) { id in
            (1...64).contains(id.count) && id.allSatisfy(isAllowed) ? String(decoding: id, as: UTF8.self) : nil
        }
        return id ?? nil
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
