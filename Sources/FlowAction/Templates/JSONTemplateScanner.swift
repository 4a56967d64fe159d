/// Reads a payload template as JSON (RFC 8259) with tokens in it, and finds what each token stands for.
///
/// A template that passes gives valid JSON whatever its tokens' values are.
struct JSONTemplateScanner {
    /// The places of the tokens read so far.
    private(set) var places: [Place] = []
    /// Errors that did not stop the reading.
    private(set) var findings: [TemplateFinding] = []
    private var reader: TemplateReader
    private var containers: [Container] = []
    private var expectation = Expectation.value
    /// Whether what came last, blanks apart, was a token in the place of a value or name.
    private var isAfterToken = false
    /// Where the last token in the place of a value or name begins.
    private var lastTokenStart = 0

    /// Up to how many bytes of a template a finding repeats in its suggestion.
    private static let longestSuggestion = 1_000

    private enum Container {
        case array
        case object
    }

    /// What may come next, blanks apart.
    private enum Expectation {
        case value
        case elementOrEnd
        case name
        case nameOrEnd
        case colon
        case commaOrEnd
    }

    /// Prepares to read a text.
    init(_ text: TokenizedText) {
        reader = TemplateReader(text)
    }

    /// Reads the whole text.
    ///
    /// - Throws: the first place where the text cannot be JSON.
    mutating func scan() throws(TemplateFinding) {
        while true {
            reader.skipBlanks()
            if reader.isAtHole {
                try takeToken()
            } else if let byte = reader.byte {
                try take(byte)
                isAfterToken = false
            } else {
                break
            }
        }
        guard containers.isEmpty, expectation == .commaOrEnd else {
            throw failure(containers.last == .object ? "it ends inside an object" : "it ends where a value is wanted")
        }
    }

    private mutating func takeToken() throws(TemplateFinding) {
        switch expectation {
        case .value, .elementOrEnd:
            places.append(.jsonValue)
            expectation = .commaOrEnd
        case .name, .nameOrEnd:
            places.append(.jsonName)
            expectation = .colon
        case .colon, .commaOrEnd:
            guard isAfterToken else {
                throw failure("a token stands right after a value; write a comma, or put the value in double quotes")
            }
            let offset = reader.position
            places.append(expectation == .colon ? .jsonName : .jsonValue)
            reader.advance()
            // Of a long row each token would repeat all that stand before it.
            let isShort = reader.position - lastTokenStart <= Self.longestSuggestion
            let both = isShort ? reader.text(from: lastTokenStart) : nil
            findings.append(
                TemplateFinding(
                    offset: offset,
                    .error,
                    code: "adjacent-tokens",
                    message: "two tokens stand side by side in the place of one JSON value; "
                        + "put them in double quotes together",
                    suggestion: both.flatMap { $0.contains("\"") || $0.contains("\n") ? nil : "\"\($0)\"" }
                )
            )
            isAfterToken = true
            return
        }
        lastTokenStart = reader.position
        reader.advance()
        isAfterToken = true
    }

    private mutating func take(_ byte: UInt8) throws(TemplateFinding) {
        switch expectation {
        case .value:
            try takeValue(byte)
        case .elementOrEnd:
            if byte == UInt8(ascii: "]") { close() } else { try takeValue(byte) }
        case .name, .nameOrEnd:
            if byte == UInt8(ascii: "}"), expectation == .nameOrEnd {
                close()
            } else if byte == UInt8(ascii: "\"") {
                try takeString()
                expectation = .colon
            } else {
                throw failure(
                    byte == UInt8(ascii: "}")
                        ? "a comma stands before }" : "a member's name in double quotes is wanted here"
                )
            }
        case .colon:
            guard byte == UInt8(ascii: ":") else { throw failure("a colon is wanted after a member's name") }
            reader.advance()
            expectation = .value
        case .commaOrEnd:
            try takeCommaOrEnd(byte)
        }
    }

    private mutating func takeCommaOrEnd(_ byte: UInt8) throws(TemplateFinding) {
        switch (containers.last, byte) {
        case (.object, UInt8(ascii: ",")):
            reader.advance()
            expectation = .name
        case (.array, UInt8(ascii: ",")):
            reader.advance()
            expectation = .value
        case (.object, UInt8(ascii: "}")), (.array, UInt8(ascii: "]")):
            close()
        case (nil, _):
            throw failure(isAfterToken ? besideToken : "something stands after the end of the value")
        case (.object, _):
            throw failure(isAfterToken ? besideToken : "a comma or } is wanted here")
        case (.array, _):
            throw failure(isAfterToken ? besideToken : "a comma or ] is wanted here")
        }
    }

    private let besideToken =
        "a token gives a complete value, and text stands right after it; write a comma, "
        + "or put both in double quotes together"

    private mutating func takeValue(_ byte: UInt8) throws(TemplateFinding) {
        switch byte {
        case UInt8(ascii: "{"):
            reader.advance()
            containers.append(.object)
            expectation = .nameOrEnd
            return
        case UInt8(ascii: "["):
            reader.advance()
            containers.append(.array)
            expectation = .elementOrEnd
            return
        case UInt8(ascii: "\""):
            try takeString()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            try takeNumber()
        case UInt8(ascii: "]") where containers.last == .array:
            throw failure("a comma stands before ]")
        default:
            guard reader.take("true") || reader.take("false") || reader.take("null") else {
                throw failure("a value is wanted here; text goes in double quotes")
            }
        }
        expectation = .commaOrEnd
    }

    private mutating func close() {
        reader.advance()
        containers.removeLast()
        expectation = .commaOrEnd
    }

    /// Reads a number (RFC 8259, section 6); what follows it is for the caller to judge.
    private mutating func takeNumber() throws(TemplateFinding) {
        let start = reader.position
        if reader.byte == UInt8(ascii: "-") { reader.advance() }
        if reader.byte == UInt8(ascii: "0") {
            reader.advance()
            if isAtDigit { throw failure("a number begins with a needless 0", at: start) }
        } else {
            try takeDigits(from: start)
        }
        if reader.byte == UInt8(ascii: ".") {
            reader.advance()
            try takeDigits(from: start)
        }
        if reader.byte == UInt8(ascii: "e") || reader.byte == UInt8(ascii: "E") {
            reader.advance()
            if reader.byte == UInt8(ascii: "-") || reader.byte == UInt8(ascii: "+") { reader.advance() }
            try takeDigits(from: start)
        }
        if reader.isAtHole { throw failure("a token stands inside a number") }
    }

    private var isAtDigit: Bool {
        reader.byte.map { $0 &- UInt8(ascii: "0") < 10 } ?? false
    }

    private mutating func takeDigits(from start: Int) throws(TemplateFinding) {
        if reader.isAtHole { throw failure("a token stands inside a number") }
        guard isAtDigit else { throw failure("this is no number", at: start) }
        while isAtDigit { reader.advance() }
    }

    /// Reads a string (RFC 8259, section 7) from its opening quote.
    private mutating func takeString() throws(TemplateFinding) {
        let start = reader.position
        reader.advance()
        while true {
            if reader.isAtHole {
                places.append(.jsonString)
                reader.advance()
                continue
            }
            switch reader.byte {
            case nil:
                throw failure("this string never ends", at: start)
            case UInt8(ascii: "\""):
                reader.advance()
                return
            case UInt8(ascii: "\\"):
                try takeEscape()
            case .some(0..<0x20):
                throw failure("a line break or control character in a string is written as an escape, \\n")
            default:
                reader.advance()
            }
        }
    }

    private mutating func takeEscape() throws(TemplateFinding) {
        let start = reader.position
        reader.advance()
        switch reader.byte {
        case UInt8(ascii: "u"):
            let unit = try takeUnicodeEscape(from: start)
            guard unit & 0xF800 == 0xD800 else { return }
            // Half of a surrogate pair is no character: readers differ in what they make of it.
            guard unit & 0xFC00 == 0xD800, reader.take("\\"), reader.byte == UInt8(ascii: "u"),
                try takeUnicodeEscape(from: start) & 0xFC00 == 0xDC00
            else { throw failure("this escape is half of a surrogate pair", at: start) }
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            reader.advance()
        case nil where reader.isAtHole:
            throw failure("a token stands inside an escape", at: start)
        default:
            throw failure("no such escape; JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX", at: start)
        }
    }

    private mutating func takeUnicodeEscape(from start: Int) throws(TemplateFinding) -> Int {
        reader.advance()
        var unit = 0
        for _ in 0..<4 {
            if reader.isAtHole { throw failure("a token stands inside an escape", at: start) }
            guard let digit = reader.byte.flatMap(hexadecimalValue) else {
                throw failure("\\u wants four hexadecimal digits", at: start)
            }
            unit = unit << 4 | Int(digit)
            reader.advance()
        }
        return unit
    }

    private func failure(_ reason: String, at offset: Int? = nil) -> TemplateFinding {
        TemplateFinding(
            offset: offset ?? reader.position,
            .error,
            code: "not-json",
            message: "the payload template is not JSON: \(reason)"
        )
    }
}
