internal import JSON

extension FlowActionAnswer {
    /// The answer as JSON, members in the documented order.
    ///
    /// Written straight to bytes: this is the last step of every call.
    package var serialized: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1024 + (activity.response?.utf8.count ?? 0))
        bytes.append(contentsOf: "{\"requestId\":".utf8)
        bytes.append(jsonString: requestID)
        bytes.append(contentsOf: ",\"webhook\":".utf8)
        bytes.append(jsonString: webhook)
        bytes.append(contentsOf: ",\"outcome\":\"\(outcome.rawValue)\",\"lead\":{".utf8)
        if let leadID {
            bytes.append(contentsOf: "\"id\":".utf8)
            bytes.append(json: leadID.json)
        }
        bytes.append(contentsOf: "},\"fields\":{".utf8)
        bytes.append(list: mapping.fields) { bytes, field in
            bytes.append(jsonString: field.field)
            bytes.append(UInt8(ascii: ":"))
            bytes.append(json: field.value)
        }
        bytes.append(contentsOf: "},\"skipped\":[".utf8)
        bytes.append(list: mapping.skipped) { bytes, skipped in
            bytes.append(field: skipped.field, attribute: skipped.attribute)
            bytes.append(contentsOf: ",\"reason\":\"\(skipped.reason.rawValue)\"}".utf8)
        }
        bytes.append(UInt8(ascii: "]"))
        if !mapping.truncated.isEmpty {
            bytes.append(contentsOf: ",\"truncated\":[".utf8)
            bytes.append(list: mapping.truncated) { bytes, truncated in
                bytes.append(field: truncated.field, attribute: truncated.attribute)
                bytes.append(UInt8(ascii: "}"))
            }
            bytes.append(UInt8(ascii: "]"))
        }
        bytes.append(contentsOf: ",\"unresolvedTokens\":[".utf8)
        bytes.append(list: unresolvedTokens) { bytes, token in bytes.append(jsonString: token) }
        bytes.append(contentsOf: "],\"activity\":".utf8)
        append(activityTo: &bytes)
        bytes.append(contentsOf: ",\"timing\":{\"totalMilliseconds\":".utf8)
        bytes.append(milliseconds: totalMicroseconds)
        bytes.append(contentsOf: ",\"callMilliseconds\":".utf8)
        bytes.append(milliseconds: timing.total)
        bytes.append(contentsOf: ",\"attempts\":\(timing.attempts)},\"error\":".utf8)
        bytes.append(error: error, code: errorCode)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private func append(activityTo bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        append(activityMembersTo: &bytes, includesResponse: true)
        bytes.append(UInt8(ascii: "}"))
    }

    /// Appends the members of `activity`, which the answer and the activity log share.
    func append(activityMembersTo bytes: inout [UInt8], includesResponse: Bool) {
        bytes.append(contentsOf: "\"type\":\"Call Webhook\",\"webhook\":".utf8)
        bytes.append(jsonString: webhook)
        bytes.append(contentsOf: ",\"responseCode\":\(activity.responseCode.map(String.init) ?? "null")".utf8)
        bytes.append(contentsOf: ",\"errorType\":".utf8)
        bytes.append(jsonString: activity.errorType)
        guard includesResponse else { return }
        bytes.append(contentsOf: ",\"response\":".utf8)
        if let response = activity.response {
            bytes.append(jsonString: response)
        } else {
            bytes.append(contentsOf: "null".utf8)
        }
        if activity.isResponseTruncated { bytes.append(contentsOf: ",\"responseTruncated\":true".utf8) }
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

extension [UInt8] {
    /// Appends elements with commas between them.
    mutating func append<Item>(
        list elements: [Item],
        _ appendElement: (inout [UInt8], Item) -> Void
    ) {
        for (index, element) in elements.enumerated() {
            if index > 0 { append(UInt8(ascii: ",")) }
            appendElement(&self, element)
        }
    }

    /// Appends a failure as the answer's `error`, or `null`.
    mutating func append(error failure: CallFailure?, code: Int?) {
        guard let failure else {
            append(contentsOf: "null".utf8)
            return
        }
        append(contentsOf: "{\"type\":\"\(failure.type.rawValue)\",\"code\":\(code.map(String.init) ?? "null")".utf8)
        append(contentsOf: ",\"detail\":".utf8)
        append(jsonString: failure.detail)
        append(contentsOf: ",\"sent\":\"\(failure.sent.rawValue)\"}".utf8)
    }

    /// Opens an object that names a field and its response attribute.
    fileprivate mutating func append(field: String, attribute: String) {
        append(contentsOf: "{\"field\":".utf8)
        append(jsonString: field)
        append(contentsOf: ",\"attribute\":".utf8)
        append(jsonString: attribute)
    }

    /// Appends a time in milliseconds with one decimal.
    fileprivate mutating func append(milliseconds microseconds: Int64) {
        let tenths = (microseconds + 50) / 100
        append(contentsOf: "\(tenths / 10).\(tenths % 10)".utf8)
    }
}
