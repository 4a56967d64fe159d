internal import FlowAction
internal import YAML

/// What was found in one file.
struct Findings {
    /// The file, relative to the store.
    let file: String
    /// The findings in the order in which they were made.
    private(set) var diagnostics: [Diagnostic] = []

    /// How many findings of one file are told: nobody reads more, and each costs a look at the file.
    private static let most = 200

    /// Begins without a finding.
    init(file: String) {
        self.file = file
    }

    /// Begins with the error that keeps a file or folder from being read.
    init(file: String, _ failure: StoreFiles.ReadError) {
        self.init(file: file)
        add(.error, failure.code, failure.message)
    }

    /// Whether one of the findings is an error.
    var hasError: Bool { diagnostics.contains { $0.severity == .error } }

    /// Adds a finding at a place.
    ///
    /// - Parameter suggestion: asked for only where the finding is told: a look for the nearest word is long work.
    mutating func add(
        _ severity: TemplateFinding.Severity,
        _ code: String,
        _ message: String,
        line: Int = 1,
        column: Int = 1,
        suggestion: @autoclosure () -> String? = nil
    ) {
        guard diagnostics.count < Self.most else { return leaveOut(severity) }
        diagnostics.append(
            Diagnostic(
                file: file,
                line: line,
                column: column,
                severity: severity,
                code: code,
                message: message,
                suggestion: suggestion()
            )
        )
    }

    /// Tells of what is not told; an error among it keeps the file from being loaded, warnings do not.
    private mutating func leaveOut(_ severity: TemplateFinding.Severity) {
        if diagnostics.count == Self.most {
            diagnostics.append(
                Diagnostic(
                    file: file,
                    line: diagnostics[Self.most - 1].line,
                    column: 1,
                    severity: severity,
                    code: "too-many-findings",
                    message: "more than \(Self.most) findings in one file; the rest are left out"
                )
            )
        } else if severity == .error {
            diagnostics[Self.most].severity = .error
        }
    }

    /// Adds an error at a node.
    mutating func error(
        _ code: String,
        _ message: String,
        at node: YAMLNode,
        suggestion: @autoclosure () -> String? = nil
    ) {
        add(.error, code, message, line: node.line, column: node.column, suggestion: suggestion())
    }

    /// Adds a warning at a node.
    mutating func warning(
        _ code: String,
        _ message: String,
        at node: YAMLNode,
        suggestion: @autoclosure () -> String? = nil
    ) {
        add(.warning, code, message, line: node.line, column: node.column, suggestion: suggestion())
    }

    /// Adds an error at a node that is to be text and is a list or a mapping.
    ///
    /// - Parameter isSecret: whether nobody is to read the value.
    mutating func textExpected(_ what: String, at node: YAMLNode, isSecret: Bool = false) {
        error(
            "text-expected",
            "\(what) is to be text; quote a value that begins with [ or {",
            at: node,
            suggestion: isSecret ? nil : node.quoted
        )
    }

    /// Warns of a name without a value, such as a comma in `{ }` makes of a value's second half.
    ///
    /// - Parameter consequence: what comes of it.
    mutating func warnOfNothing(_ consequence: String, at key: YAMLNode) {
        warning(
            "empty-value",
            "no value stands here: \(consequence); write \"\" if that is meant, and quote a value with a comma in { }",
            at: key
        )
    }

    /// Adds what was found in the text of a scalar, at its place in the file.
    ///
    /// - Parameter suggestion: one that the finding has not yet, asked for only where the finding is told.
    mutating func add(
        _ finding: TemplateFinding,
        in node: YAMLNode,
        suggestion: @autoclosure () -> String? = nil
    ) {
        // Beyond the bound the places are not asked for either: each costs a look through the text.
        guard diagnostics.count < Self.most else { return leaveOut(finding.severity) }
        let (line, column) = node.position(ofOffset: finding.offset)
        add(
            finding.severity,
            finding.code,
            finding.message,
            line: line,
            column: column,
            suggestion: finding.suggestion ?? suggestion()
        )
    }

    /// Reads a file as YAML; `nil` where it is empty, or wrong beyond reading on.
    mutating func parse(_ bytes: [UInt8]) -> YAMLNode? {
        guard !holdsConflict(bytes) else { return nil }
        tellOfLineBreaks(bytes)
        let (node, errors) = YAMLNode.read(bytes)
        for error in errors {
            add(
                error.isWarning ? .warning : .error,
                error.code,
                error.message,
                line: error.line,
                column: error.column,
                suggestion: error.suggestion
            )
        }
        return node
    }

    /// Warns of characters that end a line in YAML (YAML 1.1, section 4.2) and in no editor: U+0085, U+2028, U+2029.
    private mutating func tellOfLineBreaks(_ bytes: [UInt8]) {
        guard bytes.contains(where: { $0 == 0xC2 || $0 == 0xE2 }) else { return }
        var (line, column) = (1, 1)
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\n": (line, column) = (line + 1, 0)
            case "\u{85}": tellOfLineBreak("U+0085", "\\N", line, column)
            case "\u{2028}": tellOfLineBreak("U+2028", "\\L", line, column)
            case "\u{2029}": tellOfLineBreak("U+2029", "\\P", line, column)
            default: break
            }
            column += 1
        }
    }

    private mutating func tellOfLineBreak(_ name: String, _ escape: String, _ line: Int, _ column: Int) {
        let message = "YAML takes \(name) for the end of a line; write it as \(escape) in double quotes"
        add(.warning, "yaml-line-break", message, line: line, column: column)
    }

    /// Finds what a merge of git has left in a file: wherever it stands, nobody meant it.
    mutating func holdsConflict(_ bytes: [UInt8]) -> Bool {
        var line = 1
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
            if end - start >= 7, Self.isMarker(bytes[start..<end]) {
                add(
                    .error,
                    "merge-conflict",
                    "this is a marker of a merge that is not done; keep one of the two versions, and remove the markers",
                    line: line
                )
                return true
            }
            line += 1
            start = end + 1
        }
        return false
    }

    private static func isMarker(_ line: ArraySlice<UInt8>) -> Bool {
        guard let first = line.first, "<=>|".utf8.contains(first) else { return false }
        let rest = line.drop { $0 == first }
        let isAlone = rest.isEmpty || rest.elementsEqual([UInt8(ascii: "\r")])
        return line.count - rest.count == 7 && (first == UInt8(ascii: "=") ? isAlone : rest.first == UInt8(ascii: " "))
    }
}

extension YAMLNode {
    /// The node as it was written, as text in quotes; `nil` where that cannot be told.
    var quoted: String? { written.map { "'\($0.replacing("'", with: "''"))'" } }
}
