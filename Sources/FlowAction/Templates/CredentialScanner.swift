/// The place of one credential, and what stands there.
struct CredentialPlace {
    /// The text.
    var literals: [Range<Int>]
    /// Where the tokens begin.
    var tokens: [Int]
    /// Whether nothing but a credential stands there: as `user:password`, or by a name that says so.
    var isCertain: Bool

    /// How long a text is at least to be taken for a credential, in bytes, where the place's name may mean other things.
    private static let minimumDoubtful = 16

    /// Whether a text reads as a credential: as a word no secret may be so short, and none has a blank.
    func isLikely(_ text: ArraySlice<UInt8>) -> Bool {
        guard text.count >= MyToken.minimumSecret, !text.contains(where: { $0 <= 0x20 }) else { return false }
        return isCertain || text.count >= Self.minimumDoubtful && text.contains { $0 &- UInt8(ascii: "0") < 10 }
    }
}

/// A look through one text for literal credentials.
struct CredentialScanner {
    private let bytes: [UInt8]
    private let holes: [Hole]

    /// A part of the text that is not read: a token, or the marks around the default of one.
    private struct Hole {
        var range: Range<Int>
        /// The default, where it is in the hole.
        var defaultText: Range<Int>?
        /// Whether a value that nobody knows stands there.
        var isUnknown: Bool
    }

    /// Prepares to look through a text.
    ///
    /// - Parameter defaultsHaveStructure: whether the default of a token is read like the text around it.
    init(_ text: TokenizedText, defaultsHaveStructure: Bool) {
        bytes = text.bytes
        holes = text.tokens.flatMap { token -> [Hole] in
            guard let defaultText = token.defaultText, !defaultText.isEmpty else {
                return [Hole(range: token.range, isUnknown: true)]
            }
            guard defaultsHaveStructure else {
                return [Hole(range: token.range, defaultText: defaultText, isUnknown: false)]
            }
            return [
                Hole(range: token.range.lowerBound..<defaultText.lowerBound, isUnknown: false),
                Hole(range: defaultText.upperBound..<token.range.upperBound, isUnknown: false),
            ]
        }
    }

    // MARK: Places

    /// The places of a URL: `user:password` and the parameters of the query.
    func url() -> [CredentialPlace] {
        var found: [CredentialPlace] = []
        var position = 0
        if let scheme = first(of: "://", from: 0) {
            let end = index(from: scheme + 3) { "/?#".utf8.contains($0) } ?? bytes.count
            if let at = last(UInt8(ascii: "@"), in: scheme + 3..<end) {
                found.append(userInfo(scheme + 3..<at))
            }
            position = end
        }
        if let mark = index(from: position, where: { $0 == UInt8(ascii: "?") }) { found += pairs(from: mark + 1) }
        return found
    }

    /// `user:password`: a token for the user alone tells nothing, and where one stands for the password the user does not.
    private func userInfo(_ range: Range<Int>) -> CredentialPlace {
        guard let colon = index(from: range.lowerBound, to: range.upperBound, where: { $0 == UInt8(ascii: ":") }),
            colon + 1 < range.upperBound
        else { return place(range, named: nil) }
        if let hole = holes[firstHole(after: colon)...].first, hole.range.lowerBound < range.upperBound,
            hole.defaultText == nil
        {
            return place(colon + 1..<range.upperBound, named: nil)
        }
        var place = place(range, named: nil)
        place.tokens.removeAll { $0 < colon }
        return place
    }

    /// The place that the value of a header is.
    func header(_ name: String) -> CredentialPlace {
        // "Bearer abc": what follows a first word of letters.
        let word = bytes.prefix { $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") }.count
        let isScheme = word > 0 && word < bytes.count && bytes[word] == UInt8(ascii: " ")
        return place(isScheme ? word + 1..<bytes.count : 0..<bytes.count, named: name)
    }

    /// The places of a payload, be it JSON, XML or a form.
    func payload() -> [CredentialPlace] {
        let start = bytes.firstIndex { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D } ?? 0
        guard start < bytes.count, hole(at: start) == nil else { return pairs(from: 0) }
        switch bytes[start] {
        case UInt8(ascii: "{"), UInt8(ascii: "["): return jsonMembers()
        case UInt8(ascii: "<"): return xmlValues()
        default: return pairs(from: 0)
        }
    }

    /// The members of a form or a query: `name=value`, joined by `&`.
    private func pairs(from start: Int) -> [CredentialPlace] {
        var found: [CredentialPlace] = []
        var position = start
        while position < bytes.count {
            let end = index(from: position) { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: "#") } ?? bytes.count
            // Within the member alone: of many members without a = each would look through the whole rest.
            if let equals = index(from: position, to: end, where: { $0 == UInt8(ascii: "=") }) {
                let name = String(decoding: percentDecoded(nameBytes(position..<equals)[...]), as: UTF8.self)
                if LiteralCredentials.isCredential(name) { found.append(place(equals + 1..<end, named: name)) }
            }
            position = end + 1
        }
        return found
    }

    /// The bytes of a member's name, without the marks around a default that begins before it.
    private func nameBytes(_ range: Range<Int>) -> [UInt8] {
        var name: [UInt8] = []
        var start = range.lowerBound
        for hole in holes[firstHole(after: start)...] {
            guard hole.range.lowerBound < range.upperBound else { break }
            guard !hole.isUnknown, hole.range.lowerBound >= start else { continue }
            name += bytes[start..<hole.range.lowerBound]
            start = hole.range.upperBound
        }
        return name + bytes[start..<max(start, range.upperBound)]
    }

    /// The strings of JSON members; the text need not be JSON as a whole.
    private func jsonMembers() -> [CredentialPlace] {
        var found: [CredentialPlace] = []
        var position = 0
        var name: String?
        while let open = index(from: position, where: { $0 == UInt8(ascii: "\"") }), let string = string(from: open) {
            if let name, LiteralCredentials.isCredential(name) { found.append(place(string, named: name)) }
            position = string.upperBound + 1
            name = nil
            var next = skipBlanks(from: position)
            if next < bytes.count, bytes[next] == UInt8(ascii: ":") {
                next = skipBlanks(from: next + 1)
                // The name counts for a string right after it alone.
                let before = String(decoding: bytes[string], as: UTF8.self)
                if next < bytes.count, bytes[next] == UInt8(ascii: "\"") {
                    name = before
                } else if let hole = hole(at: next), LiteralCredentials.isCredential(before) {
                    found.append(place(hole.range, named: before))
                    position = hole.range.upperBound
                }
            }
        }
        return found
    }

    /// What stands between the quotes of a JSON string.
    private func string(from open: Int) -> Range<Int>? {
        var position = open + 1
        while let end = index(from: position, where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) {
            if bytes[end] == UInt8(ascii: "\"") { return open + 1..<end }
            position = end + 2
        }
        return nil
    }

    /// The text of XML elements and the values of attributes.
    private func xmlValues() -> [CredentialPlace] {
        var found: [CredentialPlace] = []
        var position = 0
        while let open = index(from: position, where: { $0 == UInt8(ascii: "<") }) {
            let nameEnd = index(from: open + 1) { " \t\r\n/>".utf8.contains($0) } ?? bytes.count
            position = max(nameEnd, open + 1)
            found += xmlAttributes(from: &position)
            let name = localName(open + 1..<nameEnd)
            guard position < bytes.count, LiteralCredentials.isCredential(name) else { continue }
            var text = position..<(index(from: position) { $0 == UInt8(ascii: "<") } ?? bytes.count)
            if bytes[text.upperBound...].starts(with: "<![CDATA[".utf8) {
                text = text.upperBound + 9..<(first(of: "]]>", from: text.upperBound) ?? bytes.count)
            }
            found.append(place(text, named: name))
            position = text.upperBound
        }
        return found
    }

    /// The values of a tag's attributes, up to its end.
    private func xmlAttributes(from position: inout Int) -> [CredentialPlace] {
        var found: [CredentialPlace] = []
        while let next = index(from: position, where: { "=>".utf8.contains($0) }) {
            guard bytes[next] == UInt8(ascii: "=") else {
                position = next + 1
                return found
            }
            let nameStart = bytes[position..<next].lastIndex { " \t\r\n".utf8.contains($0) }.map { $0 + 1 } ?? position
            let open = skipBlanks(from: next + 1)
            guard open < bytes.count, "\"'".utf8.contains(bytes[open]),
                let end = index(from: open + 1, where: { $0 == bytes[open] })
            else {
                position = next + 1
                continue
            }
            let name = localName(nameStart..<next)
            if LiteralCredentials.isCredential(name) { found.append(place(open + 1..<end, named: name)) }
            position = end + 1
        }
        position = bytes.count
        return found
    }

    /// A name without its prefix.
    private func localName(_ range: Range<Int>) -> String {
        let name = bytes[range]
        return String(
            decoding: name[(name.lastIndex(of: UInt8(ascii: ":")).map { $0 + 1 } ?? range.lowerBound)...],
            as: UTF8.self
        )
    }

    // MARK: Text and holes

    /// A credential's place: the parts of the value that are text, all of it, or the long runs where it holds a token without
    /// a default; and the tokens.
    private func place(_ range: Range<Int>, named name: String?) -> CredentialPlace {
        var runs: [Range<Int>] = []
        var tokens: [Int] = []
        var start = range.lowerBound
        var isKnown = true
        for hole in holes[firstHole(after: start)...] {
            guard hole.range.lowerBound < range.upperBound else { break }
            guard hole.range.lowerBound >= start else { continue }
            runs.append(start..<hole.range.lowerBound)
            if let defaultText = hole.defaultText { runs.append(defaultText) }
            if hole.isUnknown { isKnown = false }
            if hole.isUnknown || hole.defaultText != nil { tokens.append(hole.range.lowerBound) }
            start = hole.range.upperBound
        }
        runs.append(start..<max(start, range.upperBound))
        return CredentialPlace(
            literals: runs.map { bytes[$0].trimming(while: \.isBlank).indices }
                .filter { $0.count >= (isKnown ? 1 : MyToken.minimumSecret) },
            tokens: tokens,
            isCertain: name.map(LiteralCredentials.isSurely) ?? true
        )
    }

    /// The first byte outside holes that fits, before an end or that of the text.
    private func index(from start: Int, to end: Int? = nil, where fits: (UInt8) -> Bool) -> Int? {
        let end = end ?? bytes.count
        var position = start
        while position < end {
            if let hole = hole(at: position) {
                position = hole.range.upperBound
            } else if fits(bytes[position]) {
                return position
            } else {
                position += 1
            }
        }
        return nil
    }

    private func last(_ byte: UInt8, in range: Range<Int>) -> Int? {
        range.last { bytes[$0] == byte && hole(at: $0) == nil }
    }

    private func first(of text: StaticString, from start: Int) -> Int? {
        let length = text.utf8CodeUnitCount
        var position = start
        while let found = index(from: position, where: { $0 == text.utf8Start[0] }), found + length <= bytes.count {
            if (0..<length).allSatisfy({ bytes[found + $0] == text.utf8Start[$0] }) { return found }
            position = found + 1
        }
        return nil
    }

    private func skipBlanks(from start: Int) -> Int {
        var position = start
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
        return position
    }

    /// The hole that a byte belongs to.
    private func hole(at position: Int) -> Hole? {
        let index = firstHole(after: position)
        return index < holes.count && holes[index].range.contains(position) ? holes[index] : nil
    }

    /// The index of the first hole that does not end before a byte; holes are in order.
    private func firstHole(after position: Int) -> Int {
        var (low, high) = (0, holes.count)
        while low < high {
            let middle = (low + high) / 2
            if holes[middle].range.upperBound <= position { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
