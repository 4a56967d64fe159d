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
        let (node, errors) = read(bytes)
        if let error = errors.first(where: { !$0.isWarning }) { throw error }
        return node
    }

    /// Reads one YAML document of plain data as far as it can be read.
    ///
    /// - Parameter bytes: UTF-8.
    /// - Returns: the document, `nil` where it is empty or cannot be read on from an error; and every error, by place.
    package static func read(_ bytes: [UInt8]) -> (node: YAMLNode?, errors: [YAMLError]) {
        let source = YAMLSource(bytes)
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) != 0 else {
            let message = "no memory is left to read the file"
            return (nil, [YAMLError(line: 1, column: 1, code: "yaml-syntax", message: message)])
        }
        defer { yaml_parser_delete(parser) }
        // Safe: the parser reads the bytes in this call alone.
        return bytes.withUnsafeBufferPointer { buffer in
            yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
            yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
            var composer = YAMLComposer(parser: parser, source: source)
            do throws(YAMLError) {
                return (try composer.document(), composer.errors)
            } catch {
                return (nil, composer.errors + [error])
            }
        }
    }
}

/// Builds nodes of libyaml's events.
private struct YAMLComposer {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let source: YAMLSource
    private var depth = 0
    /// The text of the scalar that was read last: apart from its event, which is copied about.
    private var text = ""
    /// Whether ``text`` holds a brace; most texts do not, and a search for a token is slow.
    private var holdsBrace = false
    /// Where what has been read ends, for errors that show in the text behind it.
    private var end = (line: 1, column: 1)
    /// The list in brackets that ended last.
    private var lastList: (line: Int, column: Int, endLine: Int, endColumn: Int)?
    /// The lists in brackets that are open, and the mappings in braces that are written as JSON objects are.
    private var openFlows: [(line: Int, column: Int, isList: Bool)] = []
    /// Whether what was read last is a block of text, under `|` or `>`.
    private var isAfterBlock = false
    /// What was read last, where it is a text in quotes that goes on over lines.
    private var lastQuoted: (line: Int, column: Int, endLine: Int)?
    /// The column of the key that was read last.
    private var keyColumn = 1
    /// Errors that did not keep from reading on.
    private(set) var errors: [YAMLError] = []

    init(parser: UnsafeMutablePointer<yaml_parser_t>, source: YAMLSource) {
        self.parser = parser
        self.source = source
    }

    /// How many pairs of a mapping are few.
    private static let fewPairs = 16

    /// What is kept of an event; the event itself belongs to the library.
    private struct Event {
        var type: yaml_event_type_t
        var line: Int
        var column: Int
        var endLine: Int
        var endColumn: Int
        var style = YAMLNode.Style.plain
        var isFlow = false
    }

    mutating func document() throws(YAMLError) -> YAMLNode? {
        var root: YAMLNode?
        var hasDocument = false
        while true {
            let event = try next()
            switch event.type {
            case YAML_STREAM_END_EVENT: return root
            case YAML_DOCUMENT_START_EVENT:
                guard !hasDocument else {
                    throw error(event, "yaml-documents", "the file has a second document; one is allowed")
                }
                hasDocument = true
            case YAML_SCALAR_EVENT, YAML_MAPPING_START_EVENT, YAML_SEQUENCE_START_EVENT:
                let node = try node(event)
                // A file of comments alone is an empty document.
                root = node.isNull && node.text?.isEmpty == true ? nil : node
            default: continue
            }
        }
    }

    private mutating func node(_ event: Event) throws(YAMLError) -> YAMLNode {
        switch event.type {
        case YAML_SCALAR_EVENT: return scalar(event)
        case YAML_SEQUENCE_START_EVENT: return try sequence(event)
        case YAML_MAPPING_START_EVENT: return try mapping(event)
        default: throw error(event, "yaml-syntax", "a value is missing")
        }
    }

    private mutating func scalar(_ event: Event) -> YAMLNode {
        let text = text
        let isPlain = event.style == .plain
        if isPlain, holdsBrace, let error = source.comment(after: text, event.endLine, event.endColumn) {
            errors.append(error)
            // What its author meant, so that nothing is said twice.
            let rest = source.rest(of: event.endLine, from: event.endColumn)
            return YAMLNode(content: .scalar(text + rest, .plain), line: event.line, column: event.column)
        }
        if isPlain, let warning = source.hash(after: text, event.endLine, event.endColumn) { errors.append(warning) }
        if isPlain, let warning = source.curlyQuotes(around: text, event.line, event.column) { errors.append(warning) }
        let isWalked = !isPlain || event.endLine > event.line
        return YAMLNode(
            content: .scalar(text, event.style),
            line: event.line,
            column: event.column,
            origin: isWalked ? .rest(source.bytes(from: event.line, event.column)) : nil
        )
    }

    private mutating func sequence(_ start: Event) throws(YAMLError) -> YAMLNode {
        try enter(start)
        if start.isFlow { openFlows.append((start.line, start.column, isList: true)) }
        var elements: [YAMLNode] = []
        var last = start
        while true {
            last = try next()
            if last.type == YAML_SEQUENCE_END_EVENT { break }
            elements.append(try node(last))
        }
        depth -= 1
        if start.isFlow {
            openFlows.removeLast()
            lastList = (start.line, start.column, last.endLine, last.endColumn)
        }
        var node = YAMLNode(content: .sequence(elements), line: start.line, column: start.column)
        node.origin = origin(from: start, to: last)
        return node
    }

    private mutating func mapping(_ start: Event) throws(YAMLError) -> YAMLNode {
        if start.isFlow, source.holds("{{", at: start.line, start.column) {
            throw swallowed(at: start.line, start.column)
        }
        try enter(start)
        var pairs: [YAMLNode.Pair] = []
        pairs.reserveCapacity(8)
        // Where there are many keys; a few are told apart more quickly one by one.
        var lines: [String: Int] = [:]
        var last = start
        var isObject = false
        while true {
            let event = try next()
            last = event
            if event.type == YAML_MAPPING_END_EVENT { break }
            if start.isFlow, !isObject, event.style == .doubleQuoted {
                isObject = true
                openFlows.append((start.line, start.column, isList: false))
            }
            guard event.type == YAML_SCALAR_EVENT else {
                throw error(event, "yaml-key", "a key is to be text, not a list or a mapping")
            }
            let name = text
            keyColumn = event.column
            let key = scalar(event)
            let line = pairs.count <= Self.fewPairs ? pairs.first { $0.key.text == name }?.key.line : lines[name]
            if let line {
                let message = "the key \"\(name)\" stands here again; it is on line \(line) too"
                errors.append(error(event, "duplicate-key", message))
                _ = try node(next())
                continue
            }
            pairs.append(YAMLNode.Pair(key: key, value: try node(next())))
            if pairs.count > Self.fewPairs {
                if lines.isEmpty { for pair in pairs { lines[pair.name] = pair.key.line } }
                lines[name] = event.line
            }
        }
        depth -= 1
        if isObject { openFlows.removeLast() }
        var node = YAMLNode(content: .mapping(pairs), line: start.line, column: start.column)
        node.origin = origin(from: start, to: last)
        return node
    }

    /// What stands in the file from the start of a list or mapping in brackets to its end, where that is one line.
    private func origin(from start: Event, to last: Event) -> YAMLNode.Origin? {
        guard start.isFlow, start.line == last.endLine else { return nil }
        return .line(source.text(on: start.line, from: start.column, to: last.endColumn))
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

    private mutating func next() throws(YAMLError) -> Event {
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
        isAfterBlock = false
        lastQuoted = nil
        defer { end = (event.endLine, event.endColumn) }
        switch raw.type {
        case YAML_ALIAS_EVENT:
            throw error(event, "yaml-alias", "aliases (*name) are not allowed; write the value out")
        case YAML_SCALAR_EVENT:
            let scalar = raw.data.scalar
            refuse(anchor: scalar.anchor, tag: scalar.tag, event)
            text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            holdsBrace = memchr(scalar.value, Int32(UInt8(ascii: "{")), scalar.length) != nil
            event.style = style(scalar.style)
            isAfterBlock = event.style == .literal || event.style == .folded
            if [.singleQuoted, .doubleQuoted].contains(event.style), event.endLine > event.line {
                lastQuoted = (event.line, event.column, event.endLine)
            }
        case YAML_SEQUENCE_START_EVENT:
            refuse(anchor: raw.data.sequence_start.anchor, tag: raw.data.sequence_start.tag, event)
            event.isFlow = raw.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE
        case YAML_MAPPING_START_EVENT:
            refuse(anchor: raw.data.mapping_start.anchor, tag: raw.data.mapping_start.tag, event)
            event.isFlow = raw.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
        default:
            break
        }
        return event
    }

    private mutating func refuse(
        anchor: UnsafeMutablePointer<yaml_char_t>?,
        tag: UnsafeMutablePointer<yaml_char_t>?,
        _ event: Event
    ) {
        if anchor != nil {
            errors.append(error(event, "yaml-anchor", "anchors (&name) are not allowed; write the value out"))
        }
        if tag != nil {
            errors.append(error(event, "yaml-tag", "tags (!name) are not allowed; quote the value if it is text"))
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
        let context = problem.context.map { String(cString: $0) } ?? ""
        let isTab = !isReader && source.rest(of: line, from: column).hasPrefix("\t")
        if isAfterBlock, !isTab, let place = source.leftOfBlock(from: end, keyColumn: keyColumn) {
            return YAMLError(
                line: place.line,
                column: place.column,
                code: "yaml-syntax",
                message: "this line stands further left than the text above it, and ends it; indent it alike"
            )
        }
        // A value that begins with [ is a list, and what follows right after its end is out of place.
        if let list = lastList, list.endLine == line, !isReader, source.goesOn(at: list.endLine, list.endColumn) {
            return source.swallowed("[", at: list.line, list.column)
        }
        let what = problem.problem.map { String(cString: $0) } ?? "this is no YAML"
        if what.contains("mapping values are not allowed"), let error = source.colonInValue(at: line, column) {
            return error
        }
        // A value that begins with {{ opens a mapping, and what follows it is out of place; in quotes it would not.
        if !isReader, !isTab, !context.contains("quoted scalar"),
            let place = source.opening("{{", from: end, to: line)
        {
            return swallowed(at: place.line, place.column)
        }
        if !isTab, let error = unended(context, what) { return error }
        return YAMLError(
            line: line,
            column: column,
            code: "yaml-syntax",
            message: Self.sentence(what, isTab: isTab)
        )
    }

    /// The error of what has no end, told where it begins: the library tells where it has given up to look for one.
    private func unended(_ context: String, _ what: String) -> YAMLError? {
        let mark = parser.pointee.context_mark
        let begin = (line: Int(mark.line) + 1, column: Int(mark.column) + 1)
        func error(_ place: (line: Int, column: Int), _ message: String) -> YAMLError {
            YAMLError(line: place.line, column: place.column, code: "yaml-syntax", message: message)
        }
        switch (context, what) {
        case ("while scanning a simple key", "could not find expected ':'"):
            return error(
                begin,
                "a key is followed by a colon and a blank, as in \"name: value\"; here they are missing"
            )
        case ("while scanning a quoted scalar", "found unexpected end of stream"):
            return error(begin, "this quote is never closed")
        default:
            guard let lastQuoted else { return nil }
            return error(
                (lastQuoted.line, lastQuoted.column),
                "this quote is closed on line \(lastQuoted.endLine), and more follows there; close it where the value ends"
            )
        }
    }

    /// The error of a token that begins a value: it is about the list or the JSON object in which the token stands.
    private func swallowed(at line: Int, _ column: Int) -> YAMLError {
        if let flow = openFlows.first {
            return source.swallowed(flow.isList ? "[" : "{", holdsToken: true, at: flow.line, flow.column)
        }
        if let column = source.object(around: line, column) {
            return source.swallowed("{", holdsToken: true, at: line, column)
        }
        return source.swallowed("{{", at: line, column)
    }

    /// The library's words, with what to do about it where they do not tell.
    private static func sentence(_ problem: String, isTab: Bool) -> String {
        let hints = [
            ("control characters are not allowed", "one may stand in double quotes alone, as \\t or \\u0007"),
            (
                "did not find expected ','",
                "a comma, quote or bracket is missing, or a value with a bracket or a comma in it wants quotes"
            ),
            ("did not find expected alphabetic", "quote a value that begins with * or &"),
            ("did not find expected comment or line break", "the text of | or > begins on the line below"),
            ("block sequence entries are not allowed", "quote a value that begins with a dash and a blank"),
            ("did not find expected node content", "quote a value that begins with a colon or a comma"),
            ("unknown escape character", "in double quotes a backslash is written \\\\, in single quotes \\"),
            ("mapping values are not allowed", "quote a value that holds \": \", and indent keys alike"),
            ("did not find expected key", "keys of one mapping begin in one column, and a value is quoted as a whole"),
            ("unexpected end of stream", "a quote or bracket is never closed"),
        ]
        if isTab { return "YAML is indented with blanks; this is a tab" }
        if problem.contains("cannot start any token") {
            return "\(problem); quote a value that begins with a special character"
        }
        return hints.first { problem.contains($0.0) }.map { "\(problem); \($0.1)" } ?? problem
    }
}
