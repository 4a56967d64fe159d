/// Reads a payload template as XML 1.0 with tokens in it, and finds what each token stands for.
///
/// A template that passes is well-formed whatever its tokens' values are, as long as XML can carry them.
/// DTDs are refused, and with them every entity but the five of XML 1.0, section 4.6.
struct XMLTemplateScanner {
    /// The places of the tokens read so far.
    private(set) var places: [Place] = []
    private var reader: TemplateReader
    private var openElements: [(name: String, offset: Int)] = []
    private var hasRoot = false

    /// Prepares to read a text.
    init(_ text: TokenizedText) {
        reader = TemplateReader(text)
    }

    /// Reads the whole text.
    ///
    /// - Throws: the first place where the text cannot be XML.
    mutating func scan() throws(TemplateFinding) {
        try takeDeclaration()
        while !reader.isAtEnd {
            if openElements.isEmpty { reader.skipBlanks() }
            if reader.isAtEnd { break }
            if reader.byte == UInt8(ascii: "<") {
                try takeMarkup()
            } else {
                guard !openElements.isEmpty else {
                    throw failure("text stands outside the root element")
                }
                try takeText()
            }
        }
        if let open = openElements.last { throw failure("<\(open.name)> is never closed", at: open.offset) }
        guard hasRoot else { throw failure("it has no root element") }
    }

    private mutating func takeMarkup() throws(TemplateFinding) {
        let start = reader.position
        if reader.take("<!--") {
            try takeComment(from: start)
        } else if reader.take("<![CDATA[") {
            guard !openElements.isEmpty else { throw failure("CDATA stands outside the root element", at: start) }
            try takeCDATA(from: start)
        } else if reader.take("<!") {
            throw failure("a DOCTYPE or other declaration is not allowed", at: start)
        } else if reader.take("<?") {
            if try takeName("a processing instruction").lowercased() == "xml" {
                throw failure("<?xml stands at the very beginning or nowhere", at: start)
            }
            if reader.take("?>") { return }
            guard reader.skipBlanks() else {
                throw interruption("a processing instruction", from: start)
                    ?? failure("a blank is wanted after the name of a processing instruction")
            }
            try skip(to: "?>", from: start, "a processing instruction")
        } else if reader.take("</") {
            try takeEndTag(from: start)
        } else {
            try takeStartTag(from: start)
        }
    }

    /// Reads `<?xml …?>` (XML 1.0, section 2.8), where the text begins with one.
    private mutating func takeDeclaration() throws(TemplateFinding) {
        let beginning = reader
        guard reader.take("<?xml"), reader.skipBlanks() else {
            // Nothing of the kind, or another instruction, such as `<?xml-stylesheet`.
            reader = beginning
            return
        }
        var expected = ["version", "encoding", "standalone"][...]
        var isSeparated = true
        while reader.byte != UInt8(ascii: "?") {
            let start = reader.position
            let name = try takeName("the XML declaration")
            guard isSeparated, let index = expected.firstIndex(of: name), index == 0 || expected.startIndex > 0 else {
                throw failure("<?xml wants version, then encoding, then standalone, with blanks between", at: start)
            }
            expected = expected[(index + 1)...]
            try checkDeclared(name, try takeDeclarationValue(), at: start)
            isSeparated = reader.skipBlanks()
        }
        guard expected.startIndex > 0, reader.take("?>") else { throw failure("<?xml wants version=\"1.0\" and ?>") }
    }

    private func checkDeclared(_ name: String, _ value: String, at offset: Int) throws(TemplateFinding) {
        switch name {
        case "version" where value != "1.0":
            throw failure("the version of XML is 1.0", at: offset)
        case "encoding" where value.lowercased() != "utf-8":
            throw failure("the payload goes out as UTF-8; declare encoding=\"UTF-8\" or none", at: offset)
        case "standalone" where value != "yes" && value != "no":
            throw failure("standalone is yes or no", at: offset)
        default: break
        }
    }

    private mutating func takeDeclarationValue() throws(TemplateFinding) -> String {
        let quote = try takeEqualsAndQuote()
        let start = reader.position
        while let byte = reader.byte, byte != quote { reader.advance() }
        guard reader.byte == quote else { throw broken("the XML declaration", from: start) }
        let value = reader.text(from: start)
        reader.advance()
        return value
    }

    private mutating func takeStartTag(from start: Int) throws(TemplateFinding) {
        reader.advance()
        guard !hasRoot || !openElements.isEmpty else { throw failure("a second root element begins here", at: start) }
        hasRoot = true
        let name = try takeName("a tag")
        var attributes: Set<String> = []
        while true {
            let isSeparated = reader.skipBlanks()
            if reader.take(">") {
                openElements.append((name, start))
                return
            }
            if reader.take("/>") { return }
            guard isSeparated, !reader.isAtHole, !reader.isAtEnd else {
                throw interruption("a tag", from: start) ?? failure("a blank, > or /> is wanted in <\(name)>")
            }
            let attributeStart = reader.position
            let attribute = try takeName("a tag")
            guard attributes.insert(attribute).inserted else {
                throw failure("<\(name)> has the attribute \(attribute) twice", at: attributeStart)
            }
            try takeAttributeValue()
        }
    }

    private mutating func takeEndTag(from start: Int) throws(TemplateFinding) {
        let name = try takeName("a tag")
        reader.skipBlanks()
        guard reader.take(">") else { throw interruption("a tag", from: start) ?? failure("> is wanted in </\(name)>") }
        guard let open = openElements.popLast() else { throw failure("</\(name)> closes nothing", at: start) }
        guard open.name == name else { throw failure("</\(name)> stands where </\(open.name)> is wanted", at: start) }
    }

    private mutating func takeEqualsAndQuote() throws(TemplateFinding) -> UInt8 {
        reader.skipBlanks()
        guard reader.take("=") else { throw failure("an attribute wants = and a value in quotes") }
        reader.skipBlanks()
        guard let quote = reader.byte, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            throw failure("an attribute's value wants quotes around it")
        }
        reader.advance()
        return quote
    }

    private mutating func takeAttributeValue() throws(TemplateFinding) {
        let quote = try takeEqualsAndQuote()
        let start = reader.position
        while true {
            if reader.isAtHole {
                places.append(.xmlAttribute)
                reader.advance()
                continue
            }
            switch reader.byte {
            case nil: throw failure("this attribute's value never ends", at: start)
            case quote: return reader.advance()
            case UInt8(ascii: "<"): throw failure("< in an attribute's value is written &lt;")
            case UInt8(ascii: "&"): try takeReference()
            default: try takeCharacter()
            }
        }
    }

    /// Reads character data up to the next `<`.
    private mutating func takeText() throws(TemplateFinding) {
        var brackets = ClosingBrackets()
        while true {
            if reader.isAtHole {
                places.append(.xmlText)
                brackets.takeToken()
                reader.advance()
                continue
            }
            guard let byte = reader.byte, byte != UInt8(ascii: "<") else { return }
            if byte == UInt8(ascii: "&") {
                try takeReference()
                brackets = ClosingBrackets()
                continue
            }
            guard byte != UInt8(ascii: ">") || !brackets.mayEndCDATA else {
                throw failure("]]> in text is written ]]&gt;")
            }
            brackets.take(byte)
            try takeCharacter()
        }
    }

    private mutating func takeCDATA(from start: Int) throws(TemplateFinding) {
        var brackets = ClosingBrackets()
        while !reader.isAtEnd {
            if reader.isAtHole {
                places.append(.xmlCDATA)
                brackets.takeToken()
                reader.advance()
            } else if let byte = reader.byte {
                if byte == UInt8(ascii: ">"), brackets.endsCDATA { return reader.advance() }
                if byte == UInt8(ascii: ">"), brackets.mayEndCDATA {
                    throw failure("a token stands inside the mark ]]> that ends CDATA")
                }
                brackets.take(byte)
                try takeCharacter()
            }
        }
        throw failure("this CDATA section never ends", at: start)
    }

    private mutating func takeComment(from start: Int) throws(TemplateFinding) {
        try skip(to: "--", from: start, "a comment")
        guard reader.take(">") else {
            throw interruption("a comment", from: start) ?? failure("-- stands in a comment")
        }
    }

    private mutating func skip(to end: StaticString, from start: Int, _ what: String) throws(TemplateFinding) {
        while !reader.take(end) {
            guard reader.byte != nil else { throw broken(what, from: start) }
            try takeCharacter()
        }
    }

    /// Reads `&name;` or `&#n;` (XML 1.0, section 4.1).
    private mutating func takeReference() throws(TemplateFinding) {
        let start = reader.position
        reader.advance()
        let nameStart = reader.position
        while let byte = reader.byte, byte != UInt8(ascii: ";"), reader.position - nameStart < 12 { reader.advance() }
        let name = reader.text(from: nameStart)
        guard reader.take(";"), Self.isReference(name) else {
            throw failure("& is written &amp;, or begins &lt; &gt; &quot; &apos; &#n; or &#xn;", at: start)
        }
    }

    private static func isReference(_ name: String) -> Bool {
        if ["amp", "lt", "gt", "quot", "apos"].contains(name) { return true }
        let digits = name.dropFirst(name.hasPrefix("#x") ? 2 : 1)
        // A sign is no digit, though Swift's reading of integers takes one.
        guard name.hasPrefix("#"), let first = digits.utf8.first, hexadecimalValue(first) != nil,
            let number = UInt32(digits, radix: name.hasPrefix("#x") ? 16 : 10), let scalar = Unicode.Scalar(number)
        else { return false }
        return isXMLCharacter(scalar)
    }

    /// Steps over one character that is no markup.
    private mutating func takeCharacter() throws(TemplateFinding) {
        let start = reader.position
        guard let first = reader.byte else { return }
        reader.advance()
        while let byte = reader.byte, byte & 0xC0 == 0x80 { reader.advance() }
        guard first < 0x20 || first == 0xEF else { return }
        guard reader.text(from: start).unicodeScalars.allSatisfy(isXMLCharacter) else {
            throw failure("XML 1.0 has no such character", at: start)
        }
    }

    private mutating func takeName(_ what: String) throws(TemplateFinding) -> String {
        let start = reader.position
        while let byte = reader.byte, byte >= 0x80 || isXMLNameByte(byte) { reader.advance() }
        if reader.isAtHole { throw broken(what, from: start) }
        let name = reader.text(from: start)
        guard isXMLName(name) else {
            throw failure("a name is wanted in \(what); < in text is written &lt;", at: start)
        }
        return name
    }

    /// What stopped the reading: a token where none may stand, or the end of the text.
    private func interruption(_ what: String, from start: Int) -> TemplateFinding? {
        if reader.isAtHole {
            return TemplateFinding(
                offset: reader.position,
                .error,
                code: "token-in-markup",
                message: "a token may not stand in \(what); only in text, an attribute's value or CDATA"
            )
        }
        return reader.isAtEnd ? failure("\(what) never ends", at: start) : nil
    }

    private func broken(_ what: String, from start: Int) -> TemplateFinding {
        interruption(what, from: start) ?? failure("\(what) is not well-formed", at: start)
    }

    private func failure(_ reason: String, at offset: Int? = nil) -> TemplateFinding {
        TemplateFinding(
            offset: offset ?? reader.position,
            .error,
            code: "not-xml",
            message: "the payload template is not well-formed XML: \(reason)"
        )
    }
}
