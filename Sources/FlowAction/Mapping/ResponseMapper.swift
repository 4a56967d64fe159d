internal import JSON
internal import XML

/// Maps answers of the third-party service to lead fields; compiled once from a webhook's response mappings.
package final class ResponseMapper: Sendable {
    /// How a body is read.
    package let responseType: ResponseType
    /// What goes where, in the webhook file's order.
    package let mappings: [ResponseMapping]
    /// The attributes as paths into JSON; empty under another response type.
    private let jsonPaths: JSONPaths

    /// Compiles mappings.
    package init(responseType: ResponseType, mappings: [ResponseMapping]) {
        self.responseType = responseType
        self.mappings = mappings
        jsonPaths = JSONPaths(responseType == .json ? mappings.map(\.attribute.jsonSteps) : [])
    }

    /// Whether nothing is mapped, so that no body is read.
    package var isEmpty: Bool { mappings.isEmpty || responseType == .none }

    /// Reads the body as the response type says and converts each mapped value to its field's type.
    ///
    /// `Content-Type` gives the charset alone; the parse decides whether the body is what the response type says. A
    /// byte order mark is skipped, in front of JSON too. Of a webhook that maps nothing, no body is read.
    ///
    /// - Throws: `empty-response` where the body has no byte, `unparsable-response` where it is not what the response
    ///   type says; an answer came, so that a repeat may act twice.
    package func map(_ answer: ServiceAnswer) throws(CallFailure) -> MappingResult {
        if isEmpty { return MappingResult() }
        if answer.body.isEmpty {
            throw CallFailure(.emptyResponse, detail: "The answer has no body, and the webhook maps one.", sent: .yes)
        }
        guard let body = answer.utf8Body() else {
            throw unparsable(answer, "it is no text of its charset")
        }
        var result = MappingResult()
        result.fields.reserveCapacity(mappings.count)
        switch responseType {
        case .json:
            let found: [JSONPaths.Found]
            do throws(JSONError) { found = try jsonPaths.find(in: body) } catch {
                throw unparsable(answer, "\(error.code.rawValue), at byte \(error.offset + 1)")
            }
            for index in mappings.indices { result.add(FoundValue(found[index]), for: mappings[index]) }
        case .xml:
            let root: XMLElement
            do throws(XMLError) { root = try XMLElement(parsing: body) } catch {
                throw unparsable(answer, "\(error.code.rawValue), in line \(error.line)")
            }
            for mapping in mappings { result.add(mapping.attribute.find(in: root), for: mapping) }
        case .none: break
        }
        return result
    }

    /// The failure of a body that is not what the response type says; it tells what came and quotes none of it.
    private func unparsable(_ answer: ServiceAnswer, _ reason: String) -> CallFailure {
        let kind = BodyKind(of: answer)
        let detail =
            kind.responseType == responseType
            ? "The response is not valid \(responseType.rawValue): \(reason)."
            : "The response is not \(responseType.rawValue): \(kind.rawValue) came instead."
        return CallFailure(.unparsableResponse, detail: detail, sent: .yes)
    }
}

extension MappingResult {
    /// Takes a value that was found, or the reason why it is not written.
    fileprivate mutating func add(_ found: FoundValue, for mapping: ResponseMapping) {
        let field = mapping.field.soapName
        do throws(Reason) {
            let conversion = try FieldConversion(found, for: mapping)
            fields.append((field, conversion.value))
            if conversion.isTruncated { truncated.append(Truncated(field: field, attribute: mapping.attribute.source)) }
        } catch {
            skipped.append(Skipped(field: field, attribute: mapping.attribute.source, reason: error))
        }
    }
}
