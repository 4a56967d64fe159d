/// Where a request stands in a distributed trace (W3C Trace Context), and what the call is told of it.
package struct TraceContext: Sendable, Hashable {
    /// The trace's id: 32 hexadecimal digits in lower case, not all of them 0.
    package let traceID: String
    /// The id that the call gets as its parent: 16 hexadecimal digits.
    package let parentID: String
    private let flags: UInt8
    private let state: String?

    /// The most members that a `tracestate` may have (section 3.3.1.1).
    private static let maximumStateMembers = 32
    /// The longest `tracestate` that is passed on; the standard asks for 512 bytes at least.
    private static let maximumStateBytes = 4096
    /// Sampled, and the trace id is random: the flags that keep their meaning where the trace's id is kept.
    private static let knownFlags: UInt8 = 0x03

    /// Reads a `traceparent` (section 3.2); `nil` where it is none: a trace is never made up.
    ///
    /// A version that is not known yet is read as version 00, as far as its fields go (section 4.3).
    ///
    /// - Parameters:
    ///   - traceParent: the header's value.
    ///   - traceState: the `tracestate` that came with it; one that is malformed is left out.
    ///   - parentID: a new id of 16 hexadecimal digits in lower case.
    package init?(traceParent: String, traceState: String?, parentID: String) {
        let bytes = Array(traceParent.utf8)
        let length = 55
        guard bytes.count >= length, bytes[2] == Self.dash, bytes[35] == Self.dash, bytes[52] == Self.dash,
            let version = Self.byte(bytes[0..<2]), version != 0xFF,
            bytes.count == length || version != 0 && bytes[length] == Self.dash,
            Self.isID(bytes[3..<35]), Self.isID(bytes[36..<52]),
            let flags = Self.byte(bytes[53..<55])
        else { return nil }
        traceID = String(decoding: bytes[3..<35], as: UTF8.self)
        self.parentID = parentID
        self.flags = flags & Self.knownFlags
        state = traceState.flatMap { Self.isState($0) ? $0 : nil }
    }

    /// The headers of the call.
    var headers: [OutgoingRequest.HeaderField] {
        let parent = OutgoingRequest.HeaderField(name: "traceparent", value: "00-\(traceID)-\(parentID)-0\(flags)")
        return [parent] + (state.map { [OutgoingRequest.HeaderField(name: "tracestate", value: $0)] } ?? [])
    }

    private static let dash = UInt8(ascii: "-")

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    private static func byte(_ digits: ArraySlice<UInt8>) -> UInt8? {
        guard let high = digits.first.flatMap(digit), let low = digits.last.flatMap(digit) else { return nil }
        return high << 4 | low
    }

    private static func isID(_ digits: ArraySlice<UInt8>) -> Bool {
        digits.allSatisfy { digit($0) != nil } && digits.contains { $0 != UInt8(ascii: "0") }
    }

    /// Whether a text is a list of `key=value` (section 3.3.1), which may have empty members.
    private static func isState(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.count <= maximumStateBytes else { return false }
        var keys: Set<[UInt8]> = []
        for member in text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let entry = Array(member.trimming(while: \.isBlankInLine))
            if entry.isEmpty { continue }
            guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { return false }
            let (key, value) = (entry[..<equals], entry[(equals + 1)...])
            guard (1...256).contains(key.count), key.allSatisfy(isKeyByte), keys.insert(Array(key)).inserted,
                (1...256).contains(value.count),
                value.allSatisfy({ (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "=") })
            else { return false }
        }
        return (1...maximumStateMembers).contains(keys.count)
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), dash,
            UInt8(ascii: "*"), UInt8(ascii: "/"), UInt8(ascii: "@"):
            true
        default: false
        }
    }
}

extension OutgoingRequest {
    /// Puts the trace's headers in, unless the webhook has headers of these names itself.
    ///
    /// A `traceparent` of the webhook's own keeps out the `tracestate` too, which would belong to another parent.
    package mutating func join(_ trace: TraceContext?) {
        guard let trace, !hasHeader("traceparent") else { return }
        for header in trace.headers where !hasHeader(header.name) { headers.append(header) }
    }

    private func hasHeader(_ name: String) -> Bool {
        headers.contains { $0.name.utf8.count == name.utf8.count && $0.name.lowercased() == name }
    }
}
