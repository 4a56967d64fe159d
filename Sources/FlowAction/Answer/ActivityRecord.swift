package import JSON

extension FlowActionAnswer {
    /// The flow action as a line of the activity log: one JSON object without a line feed.
    ///
    /// - Parameters:
    ///   - instant: when the flow action ended.
    ///   - includesResponse: whether the service's answer is told (the setting `activity_response`).
    package func activityRecord(at instant: Instant, includesResponse: Bool) -> [UInt8] {
        var bytes = ByteBuffer(capacity: 1_024)
        bytes.append("{\"time\":\"")
        bytes.append(timestamp: instant)
        bytes.append("\",\"requestId\":")
        bytes.append(jsonString: requestID)
        bytes.append(",\"lead\":")
        bytes.append(json: .object(["id": leadID?.json ?? .null]))
        bytes.append(",\"campaign\":")
        bytes.append(
            json: .object(["id": subject.campaignID?.json ?? .null, "name": subject.campaignName?.json ?? .null])
        )
        bytes.append(",\"program\":")
        bytes.append(
            json: .object(["id": programID?.json ?? .null, "name": subject.programName.map(JSONValue.string) ?? .null])
        )
        bytes.append(UInt8(ascii: ","))
        append(activityMembersTo: &bytes, includesResponse: includesResponse)
        bytes.append(UInt8(ascii: "}"))
        return bytes.bytes
    }
}

extension ByteBuffer {
    /// Appends `2026-05-23T10:00:00.123Z` (RFC 3339).
    package mutating func append(timestamp instant: Instant) {
        let civil = CivilDateTime(secondsSinceEpoch: instant.seconds)
        append(number: civil.year, digits: 4, then: "-")
        append(number: civil.month, digits: 2, then: "-")
        append(number: civil.day, digits: 2, then: "T")
        append(number: civil.hour, digits: 2, then: ":")
        append(number: civil.minute, digits: 2, then: ":")
        append(number: civil.second, digits: 2, then: ".")
        append(number: Int(instant.nanoseconds / 1_000_000), digits: 3, then: "Z")
    }

    private mutating func append(number: Int, digits: Int, then separator: Unicode.Scalar) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
        append(UInt8(ascii: separator))
    }
}
