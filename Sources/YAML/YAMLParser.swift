internal import CYAML

extension YAMLNode {
    /// How many mappings and sequences may stand inside one another.
    package static let maximumDepth = 64

    /// Reads one YAML document of plain data.
    ///
    /// Anchors, aliases, tags, keys that are no scalars and keys that occur twice are refused: a store is to be read by
    /// people, and by other programs, in one way only.
    ///
    /// - Parameter bytes: UTF-8.
    /// - Returns: `nil` where the document is empty.
    /// - Throws: the first error, with its place.
    package static func parse(_ bytes: [UInt8]) throws(YAMLError) -> YAMLNode? {
        let source = YAMLSource(bytes)
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) != 0 else {
            throw YAMLError(line: 1, column: 1, code: "yaml-syntax", message: "no memory is left to read the file")
        }
        defer { yaml_parser_delete(parser) }
        // Safe: the parser reads the bytes in this call alone.
        let result = bytes.withUnsafeBufferPointer { buffer in
            yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
            yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
            return Result { () throws(YAMLError) -> YAMLNode? in
                var composer = YAMLComposer(parser: parser, source: source)
                return try composer.document()
            }
        }
        return try result.get()
    }
}

/// Builds nodes of libyaml's events.
private struct YAMLComposer {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let source: YAMLSource
    private var depth = 0

    init(parser: UnsafeMutablePointer<yaml_parser_t>, source: YAMLSource) {
        self.parser = parser
        self.source = source
    }

    /// What is kept of an event; the event itself belongs to the library.
    private struct Event {
        var type: yaml_event_type_t
        var line: Int
        var column: Int
        var endLine: Int
        var endColumn: Int
        var text = ""
        var style = YAMLNode.Style.plain
        var isFlow = false
    }

    mutating func document() throws(YAMLError) -> YAMLNode? {
        var root: YAMLNode?
        while true {
            let event = try next()
            switch event.type {
            case YAML_STREAM_END_EVENT: return root
            case YAML_DOCUMENT_START_EVENT where root != nil:
                throw error(event, "yaml-documents", "the file has a second document; one is allowed")
            case YAML_SCALAR_EVENT, YAML_MAPPING_START_EVENT, YAML_SEQUENCE_START_EVENT:
                let node = try node(event)
                // A file of comments alone is an empty document.
                root = node.isNull && event.text.isEmpty ? nil : node
            default: continue
            }
        }
    }

    private mutating func node(_ event: Event) throws(YAMLError) -> YAMLNode {
        switch event.type {
        case YAML_SCALAR_EVENT: return try scalar(event)
        case YAML_SEQUENCE_START_EVENT: return try sequence(event)
        case YAML_MAPPING_START_EVENT: return try mapping(event)
        default: throw error(event, "yaml-syntax", "a value is missing")
        }
    }

    private func scalar(_ event: Event) throws(YAMLError) -> YAMLNode {
        if event.style == .plain { try source.checkComment(after: event.text, event.endLine, event.endColumn) }
        var node = YAMLNode(content: .scalar(event.text, event.style), line: event.line, column: event.column)
        if event.style == .literal || event.style == .folded {
            node.indentation = source.indentation(after: event.line)
        }
        return node
    }

    private mutating func sequence(_ start: Event) throws(YAMLError) -> YAMLNode {
        try enter(start)
        var elements: [YAMLNode] = []
        while true {
            let event = try next()
            if event.type == YAML_SEQUENCE_END_EVENT { break }
            elements.append(try node(event))
        }
        depth -= 1
        return YAMLNode(content: .sequence(elements), line: start.line, column: start.column)
    }

    private mutating func mapping(_ start: Event) throws(YAMLError) -> YAMLNode {
        if start.isFlow, source.holds("{{", at: start.line, start.column) {
            throw source.swallowedToken(at: start.line, start.column)
        }
        try enter(start)
        var pairs: [YAMLNode.Pair] = []
        var lines: [String: Int] = [:]
        while true {
            let event = try next()
            if event.type == YAML_MAPPING_END_EVENT { break }
            guard event.type == YAML_SCALAR_EVENT else {
                throw error(event, "yaml-key", "a key is to be text, not a list or a mapping")
            }
            let key = try scalar(event)
            if let line = lines.updateValue(event.line, forKey: event.text) {
                throw error(
                    event,
                    "duplicate-key",
                    "the key \"\(event.text)\" stands here again; it is on line \(line) too"
                )
            }
            pairs.append(YAMLNode.Pair(key: key, value: try node(next())))
        }
        depth -= 1
        return YAMLNode(content: .mapping(pairs), line: start.line, column: start.column)
    }

    private mutating func enter(_ event: Event) throws(YAMLError) {
        depth += 1
        guard depth <= YAMLNode.maximumDepth else {
            throw error(event, "yaml-depth", "more than \(YAMLNode.maximumDepth) levels stand inside one another")
        }
    }

    private func error(_ event: Event, _ code: String, _ message: String) -> YAMLError {
        YAMLError(line: event.line, column: event.column, code: code, message: message)
    }

    // MARK: Events

    private func next() throws(YAMLError) -> Event {
        var raw = yaml_event_t()
        guard yaml_parser_parse(parser, &raw) != 0 else { throw syntaxError() }
        defer { yaml_event_delete(&raw) }
        var event = Event(
            type: raw.type,
            line: raw.start_mark.line + 1,
            column: raw.start_mark.column + 1,
            endLine: raw.end_mark.line + 1,
            endColumn: raw.end_mark.column + 1
        )
        switch raw.type {
        case YAML_ALIAS_EVENT:
            throw error(event, "yaml-alias", "aliases (*name) are not allowed; write the value out")
        case YAML_SCALAR_EVENT:
            let scalar = raw.data.scalar
            try refuse(anchor: scalar.anchor, tag: scalar.tag, event)
            event.text = String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length),
                as: UTF8.self
            )
            event.style = style(scalar.style)
        case YAML_SEQUENCE_START_EVENT:
            try refuse(anchor: raw.data.sequence_start.anchor, tag: raw.data.sequence_start.tag, event)
        case YAML_MAPPING_START_EVENT:
            try refuse(anchor: raw.data.mapping_start.anchor, tag: raw.data.mapping_start.tag, event)
            event.isFlow = raw.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
        default:
            break
        }
        return event
    }

    private func refuse(
        anchor: UnsafeMutablePointer<yaml_char_t>?,
        tag: UnsafeMutablePointer<yaml_char_t>?,
        _ event: Event
    ) throws(YAMLError) {
        if anchor != nil {
            throw error(event, "yaml-anchor", "anchors (&name) are not allowed; write the value out")
        }
        if tag != nil {
            throw error(event, "yaml-tag", "tags (!name) are not allowed; quote the value if it is text")
        }
    }

    private func style(_ style: yaml_scalar_style_t) -> YAMLNode.Style {
        switch style {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
        case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
        case YAML_LITERAL_SCALAR_STYLE: .literal
        case YAML_FOLDED_SCALAR_STYLE: .folded
        default: .plain
        }
    }

    private func syntaxError() -> YAMLError {
        let problem = parser.pointee
        let isReader = problem.error == YAML_READER_ERROR
        let line = isReader ? source.line(ofByte: problem.problem_offset) : problem.problem_mark.line + 1
        let column = isReader ? 1 : problem.problem_mark.column + 1
        let context = problem.context == nil ? nil : problem.context_mark.line + 1
        // A value that begins with {{ opens a flow mapping, and what follows it is out of place.
        if let place = source.openingToken(onLines: (context ?? line)...max(context ?? line, line)) {
            return source.swallowedToken(at: place.line, place.column)
        }
        let what = problem.problem.map { String(cString: $0) } ?? "this is no YAML"
        return YAMLError(
            line: line,
            column: column,
            code: "yaml-syntax",
            message: what.contains("tab") || what.contains("cannot start any token")
                ? "\(what); indent with blanks, and quote a value that begins with a special character" : what
        )
    }
}
