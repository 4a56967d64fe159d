internal import CXML

extension XMLElement {
    /// Reads one XML 1.0 document and keeps its elements, attributes and text; comments and instructions are left out.
    ///
    /// Names stay as written and prefixes need no declaration. No document type declaration, no file and no network is
    /// touched, so `&lt;` and its four siblings and character references are the only references there are.
    ///
    /// - Parameters:
    ///   - bytes: the document in UTF-8; what its declaration says of the encoding is ignored.
    ///   - maximumDepth: how many elements may stand inside one another.
    /// - Throws: the first error, with its line and column.
    package init(parsing bytes: [UInt8], maximumDepth: Int = 64) throws(XMLError) {
        let result = bytes.withUnsafeBufferPointer { buffer in
            Result { () throws(XMLError) -> XMLElement in
                var screen = XMLScreen(buffer)
                try screen.check()
                return try XMLTreeBuilder(maximumDepth: maximumDepth).parse(buffer)
            }
        }
        self = try result.get()
    }
}

/// Puts a tree together from what libxml2 reports, and stops it at the first thing that is refused.
private final class XMLTreeBuilder {
    private let maximumDepth: Int
    private var open: [XMLElement] = []
    private var root: XMLElement?
    private var failure: XMLError?
    private var context: xmlParserCtxtPtr?

    /// Has libxml2 set up its tables, once, before the first document.
    private static let isInitialized: Void = xmlInitParser()

    init(maximumDepth: Int) {
        self.maximumDepth = maximumDepth
    }

    func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws(XMLError) -> XMLElement {
        Self.isInitialized
        guard let start = bytes.baseAddress, !bytes.isEmpty, let count = Int32(exactly: bytes.count),
            let context = start.withMemoryRebound(
                to: CChar.self,
                capacity: bytes.count,
                { xmlCreateMemoryParserCtxt($0, count) }
            )
        else { throw XMLError(.noElement, line: 1, column: 1) }
        defer { xmlFreeParserCtxt(context) }
        self.context = context
        defer { self.context = nil }

        // NOENT: without it libxml2 hands `&amp;` in an attribute on as `&#38;`. HUGE: the bounds are our own, and
        // libxml2's would depend on its version.
        let options = XML_PARSE_NOENT.rawValue | XML_PARSE_NONET.rawValue | XML_PARSE_IGNORE_ENC.rawValue
        _ = xmlCtxtUseOptions(context, Int32(options | XML_PARSE_HUGE.rawValue))
        context.pointee.sax.pointee = makeHandler()
        context.pointee._private = Unmanaged.passUnretained(self).toOpaque()
        _ = xmlParseDocument(context)

        if let failure { throw failure }
        guard context.pointee.wellFormed == 1, let root else { throw XMLError(.malformed, line: 1, column: 0) }
        return root
    }

    // MARK: What libxml2 reports

    func startElement(_ name: String, _ attributes: [XMLElement.Attribute]) {
        guard open.count < maximumDepth else { return refuse(.tooDeep) }
        open.append(XMLElement(name: name, attributes: attributes))
    }

    func endElement() {
        guard let element = open.popLast() else { return }
        if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
    }

    func characters(_ text: UnsafePointer<xmlChar>?, _ count: Int32) {
        guard !open.isEmpty, let text, count > 0 else { return }
        open[open.count - 1].text += String(
            decoding: UnsafeBufferPointer(start: text, count: Int(count)),
            as: UTF8.self
        )
    }

    func refuse(_ code: XMLError.Code) {
        guard let input = context?.pointee.input else { return }
        stop(XMLError(code, line: Int(input.pointee.line), column: Int(input.pointee.col)))
    }

    /// Ends the parse, which libxml2 would carry on with; the first reason counts.
    func stop(_ error: XMLError) {
        guard failure == nil else { return }
        failure = error
        xmlStopParser(context)
    }
}

/// The callbacks of SAX1, which knows nothing of namespaces: names come as written.
private func makeHandler() -> xmlSAXHandler {
    var handler = xmlSAXHandler()
    handler.initialized = 1
    handler.internalSubset = { user, _, _, _ in builder(user)?.refuse(.documentType) }
    handler.startElement = { user, name, attributes in
        guard let name else { return }
        builder(user)?.startElement(String(cString: name), attributeList(attributes))
    }
    handler.endElement = { user, _ in builder(user)?.endElement() }
    handler.characters = { user, text, count in builder(user)?.characters(text, count) }
    handler.ignorableWhitespace = { user, text, count in builder(user)?.characters(text, count) }
    handler.cdataBlock = { user, text, count in builder(user)?.characters(text, count) }
    handler.serror = { user, error in
        guard let error, error.pointee.level == XML_ERR_FATAL else { return }
        builder(user)?.stop(XMLError(error.pointee))
    }
    flowhook_xml_install_error_callback(&handler)
    return handler
}

/// The builder behind a callback's user data, which is the parser's context.
private func builder(_ user: UnsafeMutableRawPointer?) -> XMLTreeBuilder? {
    guard let builder = user?.assumingMemoryBound(to: xmlParserCtxt.self).pointee._private else { return nil }
    return Unmanaged.fromOpaque(builder).takeUnretainedValue()
}

/// Reads name, value, name, value, … up to a null pointer.
private func attributeList(_ list: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?) -> [XMLElement.Attribute] {
    guard var next = list else { return [] }
    var attributes: [XMLElement.Attribute] = []
    while let name = next[0] {
        let value = next[1].map { String(cString: $0) } ?? ""
        attributes.append(XMLElement.Attribute(name: String(cString: name), value: value))
        next += 2
    }
    return attributes
}

extension XMLError {
    /// What libxml2 found.
    fileprivate init(_ error: xmlError) {
        self.init(Code(libxml: error.code), line: max(1, Int(error.line)), column: max(0, Int(error.int2)))
    }
}

extension XMLError.Code {
    /// The code for one of libxml2's, which are too many to tell apart.
    fileprivate init(libxml code: Int32) {
        switch xmlParserErrors(UInt32(bitPattern: code)) {
        case XML_ERR_DOCUMENT_EMPTY: self = .noElement
        case XML_ERR_DOCUMENT_END: self = .trailingContent
        case XML_ERR_TAG_NOT_FINISHED: self = .unexpectedEnd
        case XML_ERR_TAG_NAME_MISMATCH: self = .mismatchedTag
        case XML_ERR_ATTRIBUTE_REDEFINED: self = .duplicateAttribute
        case XML_ERR_INVALID_CHAR, XML_ERR_INVALID_CHARREF, XML_ERR_INVALID_ENCODING, XML_ERR_UNKNOWN_ENCODING:
            self = .invalidCharacter
        case XML_ERR_UNDECLARED_ENTITY: self = .undeclaredEntity
        default: self = .malformed
        }
    }
}
