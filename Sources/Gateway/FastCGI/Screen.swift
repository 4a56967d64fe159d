/// Looks at the bytes of a FastCGI connection before libfcgi does, and lets well-formed requests through alone.
///
/// libfcgi 2.4.2 aborts the process on some short sequences of bytes and blocks on partial ones, so nothing reaches it
/// unseen. A pure state machine: bytes in, verdict out. One request is BEGIN_REQUEST, PARAMS up to an empty record,
/// STDIN up to an empty record, all of one request id (FastCGI 1.0, sections 3.3, 5 and 6); management records, aborts
/// and multiplexed requests are refused.
package struct Screen {
    /// What is known of the bytes so far.
    package enum Verdict: Equatable {
        /// Well-formed, and not yet whole.
        case incomplete
        /// A whole request of so many bytes.
        case whole(byteCount: Int)
        /// Not to be let through, for this reason.
        case refused(String)
    }

    /// How many bytes of PARAMS content a request may have.
    package static let maximumParameterBytes = 65_536

    /// How many bytes of STDIN content are kept in ``body``; none by default: the caller has them already.
    package var maximumKeptBodyBytes = 0
    /// The STDIN content so far; empty once it has passed ``maximumKeptBodyBytes``.
    package private(set) var body: [UInt8] = []
    /// How many bytes of STDIN content have been seen.
    package private(set) var bodyBytes = 0
    /// Where STDIN begins, in bytes from the start of the request; `nil` before all of PARAMS has been seen.
    package private(set) var bodyStart: Int?
    /// Whether all of PARAMS has been seen.
    var hasParameters: Bool { bodyStart != nil }
    /// How many bytes have been looked at.
    private(set) var byteCount = 0
    /// Whether all of the request has been seen.
    var isWhole: Bool { if case .whole = verdict { true } else { false } }

    private var header: [UInt8] = []
    private var content: Content?
    private var contentLeft = 0
    private var paddingLeft = 0
    private var requestID: UInt16 = 0
    private var beginBody: [UInt8] = []
    private var parameters: [UInt8] = []
    private var verdict = Verdict.incomplete

    /// Makes a screen for one request.
    package init() {}

    /// What the content of the current record is.
    private enum Content {
        case begin
        case parameters
        case body
    }

    /// Looks at the next bytes of the connection.
    ///
    /// Bytes past the end of a whole request are not looked at.
    package mutating func consume(_ bytes: UnsafeBufferPointer<UInt8>) -> Verdict {
        var position = 0
        while position < bytes.count, verdict == .incomplete {
            if header.count < 8 {
                header.append(bytes[position])
                position += 1
                if header.count == 8 { openRecord() }
            } else if contentLeft > 0 {
                let count = min(contentLeft, bytes.count - position)
                take(UnsafeBufferPointer(rebasing: bytes[position..<position + count]))
                contentLeft -= count
                position += count
            } else {
                let count = min(paddingLeft, bytes.count - position)
                paddingLeft -= count
                position += count
            }
            if header.count == 8, contentLeft == 0, paddingLeft == 0, verdict == .incomplete {
                closeRecord(at: byteCount + position)
            }
        }
        byteCount += position
        return verdict
    }

    private mutating func openRecord() {
        guard header[0] == 1 else { return refuse("a record of another version than 1") }
        let id = UInt16(header[2]) << 8 | UInt16(header[3])
        contentLeft = Int(header[4]) << 8 | Int(header[5])
        paddingLeft = Int(header[6])
        switch (content, header[1]) {
        case (nil, 1):
            guard id != 0 else { return refuse("a request of id 0") }
            guard contentLeft == 8 else { return refuse("a BEGIN_REQUEST record of another length than 8") }
            requestID = id
            content = .begin
        case (.begin, 4): content = .parameters
        case (.parameters, 4) where !hasParameters: break
        case (.parameters, 5) where hasParameters: content = .body
        case (.body, 5): break
        default:
            return refuse("a record of type \(header[1]) out of turn")
        }
        guard id == requestID else { return refuse("a record of another request") }
        // libfcgi 2.4.2 does not pass over the padding of the record that ends a stream: it takes it, and what follows,
        // for records that were never screened. No web server pads an empty record.
        guard contentLeft > 0 || paddingLeft == 0 else { return refuse("padding behind the end of a stream") }
    }

    private mutating func take(_ bytes: UnsafeBufferPointer<UInt8>) {
        switch content {
        case .begin: beginBody.append(contentsOf: bytes)
        case .parameters:
            guard parameters.count + bytes.count <= Self.maximumParameterBytes else {
                return refuse("more than \(Self.maximumParameterBytes) bytes of parameters")
            }
            parameters.append(contentsOf: bytes)
        case .body:
            bodyBytes += bytes.count
            if bodyBytes <= maximumKeptBodyBytes { body.append(contentsOf: bytes) } else { body = [] }
        case nil: break
        }
    }

    private mutating func closeRecord(at end: Int) {
        let isEmpty = header[4] == 0 && header[5] == 0
        switch content {
        case .begin:
            guard beginBody[0] == 0, beginBody[1] == 1 else {
                return refuse("a request for another role than responder")
            }
        case .parameters where isEmpty:
            guard areParametersWellFormed else { return refuse("parameters whose lengths do not fit") }
            bodyStart = end
            parameters = []
        case .body where isEmpty:
            verdict = .whole(byteCount: end)
        default: break
        }
        header.removeAll(keepingCapacity: true)
    }

    /// Whether names and values fill the parameters exactly (FastCGI 1.0, section 3.4).
    private var areParametersWellFormed: Bool {
        var position = 0
        while position < parameters.count {
            guard let name = length(at: &position), let value = length(at: &position) else { return false }
            guard name > 0, name + value <= parameters.count - position else { return false }
            position += name + value
        }
        return true
    }

    private func length(at position: inout Int) -> Int? {
        guard position < parameters.count else { return nil }
        guard parameters[position] & 0x80 != 0 else {
            defer { position += 1 }
            return Int(parameters[position])
        }
        guard position + 4 <= parameters.count else { return nil }
        defer { position += 4 }
        return Int(parameters[position] & 0x7F) << 24 | Int(parameters[position + 1]) << 16
            | Int(parameters[position + 2]) << 8 | Int(parameters[position + 3])
    }

    private mutating func refuse(_ reason: String) {
        verdict = .refused(reason)
    }
}
