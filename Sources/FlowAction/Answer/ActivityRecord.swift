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
        withRoom(for: 24) { room in
            func put(_ number: Int, digits: Int, at position: Int, then separator: Unicode.Scalar) {
                var rest = number
                for place in stride(from: position + digits - 1, through: position, by: -1) {
                    room[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                    rest /= 10
                }
                room[position + digits] = UInt8(ascii: separator)
            }
            put(civil.year, digits: 4, at: 0, then: "-")
            put(civil.month, digits: 2, at: 5, then: "-")
            put(civil.day, digits: 2, at: 8, then: "T")
            put(civil.hour, digits: 2, at: 11, then: ":")
            put(civil.minute, digits: 2, at: 14, then: ":")
            put(civil.second, digits: 2, at: 17, then: ".")
            put(Int(instant.nanoseconds / 1_000_000), digits: 3, at: 20, then: "Z")
            return 24
        }
    }
}
