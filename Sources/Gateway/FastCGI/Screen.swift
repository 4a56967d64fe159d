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

    /// The bytes of the present record's header so far, the first one most significant, and how many they are.
    private var header: UInt64 = 0
    private var headerCount = 0
    private var content: Content?
    private var contentLeft = 0
    private var paddingLeft = 0
    private var requestID: UInt16 = 0
    /// The first two bytes of BEGIN_REQUEST's content are the role.
    private var role: UInt16 = 0
    private var roleBytesLeft = 2
    private var parameterBytes = 0
    private var parameters = ParameterLengths()
    private var verdict = Verdict.incomplete
    /// Whether the verdict is not known yet; kept apart, since verdicts are slow to compare.
    private var isUndecided = true

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
        while position < bytes.count, isUndecided {
            if headerCount == 0, bytes.count - position >= 8 {
                let raw = UnsafeRawBufferPointer(bytes)
                header = UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
                headerCount = 8
                position += 8
                openRecord()
            } else if headerCount < 8 {
                header = header << 8 | UInt64(bytes[position])
                headerCount += 1
                position += 1
                if headerCount == 8 { openRecord() }
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
            if headerCount == 8, contentLeft == 0, paddingLeft == 0, isUndecided {
                closeRecord(at: byteCount + position)
            }
        }
        byteCount += position
        return verdict
    }

    /// How many bytes of content the present record announces.
    private var announced: UInt16 { UInt16(truncatingIfNeeded: header >> 16) }

    private mutating func openRecord() {
        guard header >> 56 == 1 else {
            return refuse("a record of another version than 1, as of a web server that speaks HTTP (proxy_pass)")
        }
        let type = UInt8(truncatingIfNeeded: header >> 48)
        let id = UInt16(truncatingIfNeeded: header >> 32)
        contentLeft = Int(announced)
        paddingLeft = Int(UInt8(truncatingIfNeeded: header >> 8))
        switch (content, type) {
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
            return refuse("a record of type \(type) out of turn")
        }
        guard id == requestID else { return refuse("a record of another request") }
        // libfcgi 2.4.2 does not pass over the padding of the record that ends a stream: it takes it, and what follows,
        // for records that were never screened. No web server pads an empty record.
        guard contentLeft > 0 || paddingLeft == 0 else { return refuse("padding behind the end of a stream") }
    }

    private mutating func take(_ bytes: UnsafeBufferPointer<UInt8>) {
        switch content {
        case .begin:
            for byte in bytes.prefix(roleBytesLeft) {
                role = role << 8 | UInt16(byte)
                roleBytesLeft -= 1
            }
        case .parameters:
            parameterBytes += bytes.count
            guard parameterBytes <= Self.maximumParameterBytes else {
                return refuse("more than \(Self.maximumParameterBytes) bytes of parameters")
            }
            parameters.consume(bytes)
        case .body:
            bodyBytes += bytes.count
            if bodyBytes <= maximumKeptBodyBytes { body.append(contentsOf: bytes) } else { body = [] }
        case nil: break
        }
    }

    private mutating func closeRecord(at end: Int) {
        let isEmpty = announced == 0
        switch content {
        case .begin:
            guard role == 1 else { return refuse("a request for another role than responder") }
        case .parameters where isEmpty:
            guard parameters.areWellFormed else { return refuse("parameters whose lengths do not fit") }
            bodyStart = end
        case .body where isEmpty:
            verdict = .whole(byteCount: end)
            isUndecided = false
        default: break
        }
        headerCount = 0
    }

    private mutating func refuse(_ reason: String) {
        verdict = .refused(reason)
        isUndecided = false
    }
}

/// Whether names and values fill a stream of parameters exactly (FastCGI 1.0, section 3.4), told while it goes by.
private struct ParameterLengths {
    /// What comes next.
    private enum Next {
        case nameLength
        case valueLength
        case content
    }

    private var next = Next.nameLength
    /// The bits of a length so far, and how many bytes of it are still to come.
    private var length = 0
    private var lengthBytesLeft = 0
    /// How many bytes of a name and its value are still to come.
    private var contentLeft = 0
    private var hasEmptyName = false

    /// Whether what has gone by is whole pairs with a name each.
    var areWellFormed: Bool { next == .nameLength && lengthBytesLeft == 0 && !hasEmptyName }

    /// Takes the next bytes of the stream.
    mutating func consume(_ bytes: UnsafeBufferPointer<UInt8>) {
        var position = 0
        while position < bytes.count {
            if next == .content {
                let count = min(contentLeft, bytes.count - position)
                contentLeft -= count
                position += count
                if contentLeft == 0 { next = .nameLength }
                continue
            }
            if next == .nameLength, lengthBytesLeft == 0, let pair = shortPair(bytes, position) {
                position += pair
                continue
            }
            let byte = bytes[position]
            position += 1
            if lengthBytesLeft > 0 {
                length = length << 8 | Int(byte)
                lengthBytesLeft -= 1
            } else if byte & 0x80 != 0 {
                length = Int(byte & 0x7F)
                lengthBytesLeft = 3
            } else {
                length = Int(byte)
            }
            if lengthBytesLeft == 0 { takeLength() }
        }
    }

    /// The bytes of a pair that stands whole at a position, both lengths short: nearly every one; `nil` for any other.
    @inline(__always)
    private func shortPair(_ bytes: UnsafeBufferPointer<UInt8>, _ position: Int) -> Int? {
        guard bytes.count - position >= 2 else { return nil }
        let (name, value) = (bytes[position], bytes[position + 1])
        let count = 2 + Int(name) + Int(value)
        return name &- 1 < 0x7F && value < 0x80 && bytes.count - position >= count ? count : nil
    }

    private mutating func takeLength() {
        contentLeft += length
        if next == .nameLength {
            hasEmptyName = hasEmptyName || length == 0
            next = .valueLength
        } else {
            next = contentLeft > 0 ? .content : .nameLength
        }
    }
}
