internal import FlowAction
internal import Glibc

/// What has come of a response, as libcurl hands it over: what its head says, and the body, decoded and within its bound.
struct IncomingResponse {
    /// Whether the service has begun to answer.
    private(set) var hasBegun = false
    /// Whether all of a head has come, to the empty line at its end.
    private(set) var hasHead = false
    /// Which bound the response passed, in words; `nil` where it is within them all.
    private(set) var excess: String?
    /// Why the body could not be decoded, where it ended the transfer.
    private(set) var decodingFailure: ContentDecoder.Failure?

    /// Whether a whole head has come, and a body that is too large or cannot be decoded.
    private(set) var isBodyUnusable = false

    private let maximumBodyBytes: Int
    private var headerBytes = 0
    private var headerLines = 0
    private var reasonPhrase = ""
    private var location: String?
    private var retryAfter: String?
    private var contentLength: String?
    /// Whether the head says a type itself: libcurl keeps that of an interim response too.
    private var hasContentType = false
    /// What `Content-Encoding` says, in all its lines.
    private var contentEncodings = ""
    private var decoder: ContentDecoder?
    private var body: [UInt8] = []

    /// How many bytes of headers a response may have.
    private static let maximumHeaderBytes = 65_536

    /// How many lines they may be, below the 5,000 of libcurl 8.
    private static let maximumHeaderLines = 4_096

    /// What a response with more headers than that has too much of.
    static let headExcess = "its headers have more than \(maximumHeaderBytes) bytes"

    private static let lineExcess = "its headers have more than \(maximumHeaderLines) lines"

    private var bodyExcess: String { "its body has more than \(maximumBodyBytes) bytes (max_response_bytes)" }

    /// Expects a response.
    ///
    /// - Parameter maximumBodyBytes: how large its body may be, as it comes and decoded.
    init(maximumBodyBytes: Int) {
        self.maximumBodyBytes = maximumBodyBytes
    }

    /// Takes a line of the head (CURLOPT_HEADERFUNCTION).
    ///
    /// - Returns: how many bytes were taken; libcurl ends the transfer where these are not all.
    mutating func take(header bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        headerBytes += count
        headerLines += 1
        guard let bytes, count > 0, headerBytes <= Self.maximumHeaderBytes, headerLines <= Self.maximumHeaderLines
        else {
            excess = headerLines > Self.maximumHeaderLines ? Self.lineExcess : Self.headExcess
            return 0
        }
        switch UInt8(bitPattern: bytes[0]) | 0x20 {
        case UInt8(ascii: "h") where count > 5 && memcmp(bytes, "HTTP/", 5) == 0:
            // An interim response is no answer: "HTTP/1.1 1xx".
            hasBegun = count <= 9 || bytes[9] != CChar(bitPattern: UInt8(ascii: "1"))
            // Nobody has asked for another protocol (RFC 9110, section 15.2.2): no answer comes in this one.
            if count >= 12, memcmp(bytes + 9, "101", 3) == 0 { return 0 }
            hasHead = false
            contentLength = nil
            hasContentType = false
            reasonPhrase = HeaderLine.reasonPhrase(UnsafeRawBufferPointer(start: bytes, count: count))
            location = nil
            retryAfter = nil
            contentEncodings = ""
        case UInt8(ascii: "l"):
            if location == nil, !hasHead { location = HeaderLine.value(of: "location", bytes, count) }
        case UInt8(ascii: "r"):
            if retryAfter == nil, !hasHead { retryAfter = HeaderLine.value(of: "retry-after", bytes, count) }
        case UInt8(ascii: "c"):
            if !hasHead, let value = HeaderLine.value(of: "content-length", bytes, count), !takeLength(value) {
                return 0
            }
            if !hasContentType, !hasHead { hasContentType = HeaderLine.has("content-type", bytes, count) }
            // A trailer comes too late to say it.
            if decoder == nil, body.isEmpty, let value = HeaderLine.value(of: "content-encoding", bytes, count) {
                contentEncodings += contentEncodings.isEmpty ? value : ",\(value)"
            }
        case UInt8(ascii: "t"):
            if !hasHead, let value = HeaderLine.value(of: "transfer-encoding", bytes, count), !takeCoding(value) {
                return 0
            }
        // With the bit for small letters: CR LF, or LF alone; a header's name may begin with what else that makes of them.
        case 0x2D where bytes[0] == 0x0D, 0x2A where bytes[0] == 0x0A: hasHead = true
        default: break
        }
        return count
    }

    /// Takes a `Content-Length`: digits, also several times where all are the same (RFC 9112, section 6.3), and below 2⁶³: a
    /// larger one libcurl would pass over.
    private mutating func takeLength(_ value: String) -> Bool {
        if contentLength == nil, Int64(value) != nil, value.utf8.allSatisfy(Self.isDigit) {
            contentLength = value
            return true
        }
        for part in value.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let blank = UInt8(ascii: " ")
            let digits = part.drop { $0 == blank }.prefix { $0 != blank }
            guard Int64(Substring(digits)) != nil, digits.allSatisfy(Self.isDigit),
                contentLength.map({ $0.utf8.elementsEqual(digits) }) ?? true
            else { return false }
            contentLength = contentLength ?? String(Substring(digits))
        }
        return true
    }

    /// Takes a `Transfer-Encoding`: chunks, which libcurl takes apart, and what means nothing. One that goes on in the next
    /// line (RFC 9112, section 5.2) is empty here, and libcurl does not read on.
    private mutating func takeCoding(_ value: String) -> Bool {
        if ["chunked", "identity"].contains(value.lowercased()) { return true }
        decodingFailure = .unknown
        return false
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    /// Takes bytes of the body as they come (CURLOPT_WRITEFUNCTION).
    ///
    /// - Returns: how many bytes were taken; libcurl ends the transfer where these are not all.
    mutating func take(body bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        let bytes = UnsafeRawBufferPointer(start: bytes, count: count)
        guard contentEncodings.isEmpty else { return decode(bytes) }
        guard body.count + count <= maximumBodyBytes else {
            excess = bodyExcess
            isBodyUnusable = true
            return 0
        }
        body.append(contentsOf: bytes)
        return count
    }

    private mutating func decode(_ bytes: UnsafeRawBufferPointer) -> Int {
        do throws(ContentDecoder.Failure) {
            if decoder == nil { decoder = try ContentDecoder(contentEncodings, maximumBytes: maximumBodyBytes) }
            try decoder?.take(bytes, into: &body)
            return bytes.count
        } catch {
            if error == .tooLarge { excess = bodyExcess } else { decodingFailure = error }
            isBodyUnusable = true
            return 0
        }
    }

    /// Takes it that nothing more comes, of which a decoder may have been in want.
    mutating func end() {
        if decoder?.isComplete == false {
            decodingFailure = .broken
            isBodyUnusable = true
        }
    }

    /// Takes the head alone for the answer.
    mutating func dropBody() {
        body = []
        (excess, decodingFailure) = (nil, nil)
    }

    /// Takes the answer out.
    ///
    /// - Parameters:
    ///   - status: the response code (CURLINFO_RESPONSE_CODE).
    ///   - contentType: what the response says of its body (CURLINFO_CONTENT_TYPE); NULL where it says nothing.
    mutating func takeAnswer(status: Int, contentType: UnsafePointer<CChar>?) -> ServiceAnswer {
        defer { body = [] }
        return ServiceAnswer(
            status: status,
            reasonPhrase: reasonPhrase,
            contentType: hasContentType ? contentType.map(Self.text) : nil,
            body: body,
            retryAfter: retryAfter,
            location: location
        )
    }

    /// The common type costs no memory.
    private static func text(_ type: UnsafePointer<CChar>) -> String {
        strcmp(type, "application/json") == 0 ? "application/json" : String(cString: type)
    }
}
