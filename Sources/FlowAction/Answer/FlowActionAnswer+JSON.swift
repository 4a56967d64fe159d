package import JSON

extension FlowActionAnswer {
    /// The answer as JSON, members in the documented order.
    ///
    /// Written straight to bytes: this is the last step of every call.
    package var serialized: [UInt8] {
        // Up to a kilobyte memory is cheap to get: the usual answer stays below it.
        var bytes = ByteBuffer(capacity: 1_024)
        bytes.append("{\"requestId\":")
        bytes.append(jsonString: requestID)
        bytes.append(",\"webhook\":")
        bytes.append(jsonString: webhook)
        bytes.append(",\"outcome\":\"")
        bytes.append(text: outcome.rawValue)
        bytes.append("\",\"lead\":{")
        if let leadID {
            bytes.append("\"id\":")
            bytes.append(json: leadID.json)
        }
        bytes.append("},\"fields\":{")
        bytes.append(list: mapping.fields) { bytes, field in
            bytes.append(jsonString: field.field)
            bytes.append(UInt8(ascii: ":"))
            bytes.append(json: field.value)
        }
        bytes.append("},\"skipped\":[")
        bytes.append(list: mapping.skipped) { bytes, skipped in
            bytes.append(field: skipped.field, attribute: skipped.attribute)
            bytes.append(",\"reason\":\"")
            bytes.append(text: skipped.reason.rawValue)
            bytes.append("\"}")
        }
        bytes.append(UInt8(ascii: "]"))
        if !mapping.truncated.isEmpty {
            bytes.append(",\"truncated\":[")
            bytes.append(list: mapping.truncated) { bytes, truncated in
                bytes.append(field: truncated.field, attribute: truncated.attribute)
                bytes.append(UInt8(ascii: "}"))
            }
            bytes.append(UInt8(ascii: "]"))
        }
        bytes.append(",\"unresolvedTokens\":[")
        bytes.append(list: unresolvedTokens) { bytes, token in bytes.append(jsonString: token) }
        bytes.append("],\"activity\":")
        append(activityTo: &bytes)
        bytes.append(",\"timing\":{\"totalMilliseconds\":")
        bytes.append(milliseconds: totalMicroseconds)
        bytes.append(",\"callMilliseconds\":")
        bytes.append(milliseconds: timing.total)
        bytes.append(",\"attempts\":")
        bytes.append(decimal: Int64(timing.attempts))
        bytes.append("},\"error\":")
        bytes.append(error: error, code: errorCode)
        bytes.append(UInt8(ascii: "}"))
        return bytes.bytes
    }

    private func append(activityTo bytes: inout ByteBuffer) {
        bytes.append(UInt8(ascii: "{"))
        append(activityMembersTo: &bytes, includesResponse: true)
        bytes.append(UInt8(ascii: "}"))
    }

    /// Appends the members of `activity`, which the answer and the activity log share.
    func append(activityMembersTo bytes: inout ByteBuffer, includesResponse: Bool) {
        bytes.append("\"type\":\"Call Webhook\",\"webhook\":")
        bytes.append(jsonString: webhook)
        bytes.append(",\"responseCode\":")
        if let code = activity.responseCode { bytes.append(decimal: Int64(code)) } else { bytes.append("null") }
        bytes.append(",\"errorType\":")
        bytes.append(jsonString: activity.errorType)
        guard includesResponse else { return }
        bytes.append(",\"response\":")
        if let response = activity.response {
            bytes.append(jsonString: response)
        } else {
            bytes.append("null")
        }
        if activity.isResponseTruncated { bytes.append(",\"responseTruncated\":true") }
    }
}

extension Scalar {
    /// The value as JSON.
    var json: JSONValue {
        switch self {
        case .null: .null
        case .boolean(let value): .boolean(value)
        case .number(let literal): .number(literal)
        case .text(let text): .string(text)
        }
    }
}

extension ByteBuffer {
    /// Appends elements with commas between them.
    mutating func append<Item>(
        list elements: [Item],
        _ appendElement: (inout ByteBuffer, Item) -> Void
    ) {
        for (index, element) in elements.enumerated() {
            if index > 0 { append(UInt8(ascii: ",")) }
            appendElement(&self, element)
        }
    }

    /// Appends a failure as the answer's `error`, or `null`.
    mutating func append(error failure: CallFailure?, code: Int?) {
        guard let failure else {
            append("null")
            return
        }
        append("{\"type\":\"")
        append(text: failure.type.rawValue)
        append("\",\"code\":")
        if let code { append(decimal: Int64(code)) } else { append("null") }
        append(",\"detail\":")
        append(jsonString: failure.detail)
        append(",\"sent\":\"")
        append(text: failure.sent.rawValue)
        append("\"}")
    }

    /// Opens an object that names a field and its response attribute.
    fileprivate mutating func append(field: String, attribute: String) {
        append("{\"field\":")
        append(jsonString: field)
        append(",\"attribute\":")
        append(jsonString: attribute)
    }

    /// Appends a time in milliseconds with one decimal.
    package mutating func append(milliseconds microseconds: Int64) {
        // What has not taken place: no connection, no queue.
        if microseconds == 0 { return append("0.0") }
        let tenths = (microseconds + 50) / 100
        append(decimal: tenths / 10)
        append(UInt8(ascii: "."))
        append(decimal: tenths % 10)
    }
}
