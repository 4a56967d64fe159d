/// Finds the parts of a URL's template, and the place of every token in it.
struct URLPlaces {
    /// The template in its parts.
    private(set) var template = URLTemplate(url: Template(segments: [], source: ""))
    /// What is wrong or doubtful in the URL as a whole.
    private(set) var findings: [TemplateFinding] = []
    private let text: TokenizedText
    private let encoding: TokenEncoding?
    private var schemeEnd: Int?
    private var authority: Range<Int>

    /// Prepares to find places.
    init(text: TokenizedText, encoding: TokenEncoding?) {
        self.text = text
        self.encoding = encoding
        authority = text.bytes.indices
    }

    /// Finds parts and places.
    mutating func find() {
        findAuthority()
        let places = text.tokens.map { token in
            authority.upperBound > token.range.lowerBound
                ? Place.urlAuthority : encoding == TokenEncoding.none ? .urlAsWritten : .urlComponent
        }
        split(places: places)
        checkTokens(places: places)
        guard !text.hasUnclosedToken else { return }
        checkCharacters()
        if checkScheme() { checkTarget() }
    }

    /// Finds the end of the scheme, where the text has it, and the authority: up to the first `/`, `?` or `#` after it.
    private mutating func findAuthority() {
        var reader = TemplateReader(text)
        var start = 0
        while !reader.isAtEnd {
            if schemeEnd == nil, reader.take("://") {
                schemeEnd = reader.position - 3
                start = reader.position
                continue
            }
            switch reader.byte {
            case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"):
                authority = start..<reader.position
                return
            default:
                reader.advance()
            }
        }
        authority = start..<text.bytes.count
    }

    /// Takes `user:password@` out of the URL, and writes what follows the authority as it goes out.
    private mutating func split(places: [Place]) {
        var rest = text.template(places: places, in: authority.upperBound..<text.bytes.count)
        rest.segments = rest.segments.map(encoded)
        guard schemeEnd != nil, let at = literalPositions(in: authority).last(where: { text.bytes[$0] == atSign })
        else {
            template.url = text.template(places: places, in: 0..<authority.upperBound).joined(to: rest)
            return
        }
        let userInfo = text.template(places: places, in: authority.lowerBound..<at)
        template.userInfo = Template(segments: userInfo.segments.map(decoded), source: userInfo.source)
        let scheme = text.template(places: places, in: 0..<authority.lowerBound)
        let target = text.template(places: places, in: (at + 1)..<authority.upperBound)
        template.url = scheme.joined(to: target).joined(to: rest)
    }

    private let atSign = UInt8(ascii: "@")

    private func decoded(_ segment: Template.Segment) -> Template.Segment {
        if case .literal(let bytes) = segment { .literal(percentDecoded(bytes[...])) } else { segment }
    }

    private func encoded(_ segment: Template.Segment) -> Template.Segment {
        if case .literal(let bytes) = segment { .literal(percentEncodedBeyondASCII(bytes)) } else { segment }
    }

    private mutating func checkTokens(places: [Place]) {
        for (token, place) in zip(text.tokens, places) {
            if place == .urlAuthority {
                guard let family = token.reference?.family, family != .my, family != .program else { continue }
                report(
                    .error,
                    at: token.range.lowerBound,
                    "url-authority-token",
                    "before the path of a URL only my and program tokens may stand, not \(family.rawValue)"
                )
            } else if endsInEscape(before: token.range.lowerBound) {
                report(
                    .warning,
                    at: token.range.lowerBound,
                    "url-escape",
                    "a % stands right before the token and takes its value for an escape; a plain % is written %25"
                )
            }
        }
    }

    private func endsInEscape(before end: Int) -> Bool {
        let tail = text.bytes[..<end].suffix(2)
        return tail.last == UInt8(ascii: "%")
            || tail.first == UInt8(ascii: "%") && tail.last.flatMap(hexadecimalValue) != nil
    }

    private mutating func checkCharacters() {
        let positions = literalPositions(in: text.bytes.indices)
        if let position = positions.first(where: { text.bytes[$0] == UInt8(ascii: "#") }) {
            report(
                .error,
                at: position,
                "url-fragment",
                "a URL's fragment is never sent; a # in path or query is written %23"
            )
        }
        if let position = positions.first(where: { text.bytes[$0] <= 0x20 || text.bytes[$0] == 0x7F }) {
            report(
                .error,
                at: position,
                "url-character",
                text.bytes[position] == 0x20
                    ? "a URL holds no blanks; one in path or query is written %20"
                    : "a URL is one line without control characters"
            )
        }
        checkEscapes(positions)
    }

    /// Warns of what goes out as written and is taken for something else.
    private mutating func checkEscapes(_ positions: [Int]) {
        let bytes = text.bytes
        if let position = positions.first(where: { bytes[$0...].starts(with: "&amp;".utf8) }) {
            report(
                .warning,
                at: position,
                "url-escape",
                "HTML writes & as &amp;; in a URL & stands alone",
                suggest: "&"
            )
        }
        let stray = positions.first { position in
            // What a token goes on with is looked at there.
            guard bytes[position] == UInt8(ascii: "%") else { return false }
            let digits = bytes[(position + 1)...].prefix(2).prefix { hexadecimalValue($0) != nil }.count
            return digits < 2 && !bytes[(position + 1 + digits)...].starts(with: "{{".utf8)
        }
        if let stray {
            report(.warning, at: stray, "url-escape", "a % that begins no escape; write %25", suggest: "%25")
        }
    }

    /// Checks the scheme as far as the text has it; whether it is all there and right.
    private mutating func checkScheme() -> Bool {
        let firstToken = text.tokens.first?.range.lowerBound ?? text.bytes.count
        if let schemeEnd, schemeEnd <= firstToken {
            let scheme = String(decoding: text.bytes[..<schemeEnd], as: UTF8.self).lowercased()
            if scheme == "http" || scheme == "https" { return true }
            report(
                .error,
                at: 0,
                "url-scheme",
                "the scheme of a URL is http or https",
                suggest: NearestWord.find(scheme, among: ["https", "http"])
            )
        } else {
            // The token may hold the scheme, or the rest of it.
            let start = String(decoding: text.bytes[..<firstToken], as: UTF8.self).lowercased()
            let mayBegin = "https://".hasPrefix(start) || "http://".hasPrefix(start)
            guard firstToken >= authority.upperBound || !mayBegin else { return false }
            report(.error, at: 0, "url-scheme", "a URL begins with http:// or https://")
        }
        return false
    }

    /// Checks host and port where no token has a say in them.
    private mutating func checkTarget() {
        let hostStart =
            template.userInfo.map { authority.lowerBound + $0.source.utf8.count + 1 } ?? authority.lowerBound
        guard !text.tokens.contains(where: { $0.range.overlaps(hostStart..<authority.upperBound) }) else { return }
        do {
            let origin = text.bytes[..<authority.lowerBound] + text.bytes[hostStart..<authority.upperBound]
            template.target = try ServiceURL(parsing: Array(origin))
        } catch {
            // What stands in the way of reading a host at all is reported on its own.
            guard error == .host || error == .port else { return }
            report(.error, at: hostStart, "url-\(error)", "this is no URL to call: \(error.rawValue)")
        }
    }

    /// The positions of a range's bytes that belong to no token.
    private func literalPositions(in range: Range<Int>) -> [Int] {
        var positions: [Int] = []
        var start = range.lowerBound
        for token in text.tokens where token.range.upperBound > start {
            guard token.range.lowerBound < range.upperBound else { break }
            positions += start..<max(start, token.range.lowerBound)
            start = token.range.upperBound
        }
        if start < range.upperBound { positions += start..<range.upperBound }
        return positions
    }

    private mutating func report(
        _ severity: TemplateFinding.Severity,
        at offset: Int,
        _ code: String,
        _ message: String,
        suggest: String? = nil
    ) {
        findings.append(TemplateFinding(offset: offset, severity, code: code, message: message, suggestion: suggest))
    }
}
