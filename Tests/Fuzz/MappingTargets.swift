import FlowAction
import JSON
import XML

extension FuzzTarget {
    /// Whatever a service answers, every mapping ends in one of the two lists, and what is written is JSON.
    static let mapping = FuzzTarget(name: "mapping") { bytes in
        guard let first = bytes.first else { return }
        let types = [
            nil, "application/json", "text/xml; charset=utf-16", "a/b; charset=windows-1252", "a/b;charset=\"latin1",
        ]
        let answer = ServiceAnswer(
            status: 200,
            reasonPhrase: "",
            contentType: types[Int(first >> 1) % types.count],
            body: Array(bytes.dropFirst())
        )
        let mapper = first & 1 == 0 ? jsonMapper : xmlMapper
        do throws(CallFailure) {
            let result = try mapper.map(answer)
            precondition(result.fields.count + result.skipped.count == mapper.mappings.count, "a mapping is lost")
            for (_, value) in result.fields {
                precondition((try? JSONValue(parsing: value.serialized)) != nil, "a value is no JSON")
            }
        } catch {
            precondition(error.type == .emptyResponse || error.type == .unparsableResponse, "another failure")
        }
    }

    /// The text of a document's root, written and read again, is the same text.
    static let xml = FuzzTarget(name: "xml") { bytes in
        guard let root = try? XMLElement(parsing: bytes) else { return }
        precondition(depth(of: root) <= 64, "elements stand too deep")
        let written = Array("<\(root.name)>\(escaped(root.text))</\(root.name)>".utf8)
        let again = try? XMLElement(parsing: written)
        precondition(again?.text == root.text, "a text changes on its way")
    }

    /// Strict decoding, where it takes the bytes, gives what lossy decoding gives; what people read stays in its bound.
    static let charset = FuzzTarget(name: "charset") { bytes in
        guard let first = bytes.first else { return }
        let body = Array(bytes.dropFirst())
        let charset = Charset.allCases[Int(first) % Charset.allCases.count]
        if let text = charset.decode(body) {
            precondition(charset.decodeLossily(body[...]).utf8.elementsEqual(text), "two readings of one text")
        }
        let answer = ServiceAnswer(status: 200, reasonPhrase: "", contentType: nil, body: body)
        for limit in [0, 1, 7, 64] {
            let (text, isTruncated) = answer.text(maximumBytes: limit)
            precondition(text.utf8.count <= limit, "a text is longer than its bound")
            precondition(isTruncated || text == answer.text(maximumBytes: .max / 4).text, "a text lost its end unseen")
        }
    }

    /// A response attribute compiles, or is refused with a place inside it.
    static let attribute = FuzzTarget(name: "attribute") { bytes in
        let source = String(decoding: bytes, as: UTF8.self)
        for type in [ResponseType.json, .xml] {
            do throws(TemplateFinding) {
                let attribute = try ResponseAttribute(source, responseType: type)
                precondition(attribute.source == source, "a path is not kept as written")
            } catch {
                precondition((0...source.utf8.count).contains(error.offset), "a finding points outside the path")
                precondition(!error.message.isEmpty && error.severity == .error, "a finding says nothing")
            }
        }
    }

    private static let jsonMapper = mapper(.json, "v", "v[0]", "v.v")
    private static let xmlMapper = mapper(.xml, "r.v", "r.v[1]", "r.@v")

    /// Every type of field from a few paths.
    private static func mapper(_ type: ResponseType, _ paths: String...) -> ResponseMapper {
        let mappings = paths.flatMap { path in
            FieldType.allCases.compactMap { field in
                (try? ResponseAttribute(path, responseType: type)).map { attribute in
                    ResponseMapping(
                        field: LeadField(displayName: "F", soapName: "F", restName: "f", type: field, length: 9),
                        attribute: attribute,
                        clearsOnNull: path.count == 1,
                        writesEmpty: path.count > 3
                    )
                }
            }
        }
        return ResponseMapper(responseType: type, mappings: mappings)
    }

    private static func depth(of element: XMLElement) -> Int {
        1 + (element.children.map(depth).max() ?? 0)
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\r", with: "&#13;")
    }
}
