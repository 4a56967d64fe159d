/// Finds credentials that stand literally in the texts of a webhook, where a secret My Token would keep them out.
///
/// One rule for those who warn of them and those who mask them. A text is a credential by its place: the
/// `user:password` of a URL, and the value of a header, query parameter, form member, JSON member, XML element or XML
/// attribute whose name says so. What comes from a token is none, but for its default, which is text of the file: of a
/// value with a token without a default in it only the long runs of text count.
///
/// Ranges are bytes of UTF-8 from the start of the text, in order.
package struct LiteralCredentials {
    /// The text in their place, whatever it is: what a mask is to hide.
    package private(set) var ranges: [Range<Int>] = []
    /// Those of the ranges whose text reads as a credential: what is worth a warning.
    private(set) var likely: [Range<Int>] = []
    /// Where the tokens begin that stand in the place of a credential.
    package private(set) var tokens: Set<Int> = []

    /// The literal credentials of a URL's template.
    package init(inURL text: String) {
        self.init(text) { $0.url() }
    }

    /// The literal credentials of a header's value; a scheme before them (`Bearer`) is not part of them.
    package init(inHeader name: String, _ value: String) {
        self.init(value) { Self.isCredential(name) ? [$0.header(name)] : [] }
    }

    /// The literal credentials of a payload template, which may be JSON, XML or a form.
    package init(inPayload text: String) {
        self.init(text) { $0.payload() }
    }

    /// What a look through a text finds, where defaults are parts of values, and where they take part in the text's
    /// structure too: before the path of a URL, and under `None`, they go out as written.
    private init(_ text: String, _ look: (CredentialScanner) -> [CredentialPlace]) {
        let text = TokenizedText(text, syntax: nil)
        var places = look(CredentialScanner(text, defaultsHaveStructure: false))
        if text.tokens.contains(where: { $0.defaultText?.isEmpty == false }) {
            places += look(CredentialScanner(text, defaultsHaveStructure: true))
        }
        ranges = Self.union(places.flatMap(\.literals))
        likely = Self.union(places.flatMap { place in place.literals.filter { place.isLikely(text.bytes[$0]) } })
        tokens = Set(places.flatMap(\.tokens))
    }

    private static func union(_ ranges: [Range<Int>]) -> [Range<Int>] {
        var union: [Range<Int>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = union.last, range.lowerBound < last.upperBound {
                union[union.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                union.append(range)
            }
        }
        return union
    }

    /// The text that was looked through, with the mask in place of its credentials.
    package func masked(_ text: String) -> String {
        guard !ranges.isEmpty else { return text }
        let bytes = Array(text.utf8)
        var shown: [UInt8] = []
        var position = 0
        for range in ranges {
            shown += bytes[position..<range.lowerBound]
            shown += ResolvedToken.mask.utf8
            position = range.upperBound
        }
        shown += bytes[position...]
        return String(decoding: shown, as: UTF8.self)
    }

    private static let names = words([
        "auth", "cookie", "key", "pass", "pwd", "sig", "signature", "xauth",
    ])

    private static let partsOfNames = words([
        "accesskey", "apikey", "authkey", "authorization", "credential", "passphrase", "passwd", "password",
        "privatekey", "secret", "subscriptionkey", "token",
    ])

    /// Names that tell of tokens and hold none: `max_tokens` counts them, `token_type` is `bearer`.
    private static let ends = words(["tokens", "tokentype"])

    private static func words(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }

    /// Whether a name says that its value is a credential; case and the marks between words do not matter.
    package static func isCredential(_ name: String) -> Bool {
        let plain = plain(name)
        return names.contains(plain) || hasPart(plain)
    }

    /// Whether a name says so, and not only may mean it, as `key` does.
    static func isSurely(_ name: String) -> Bool { hasPart(plain(name)) }

    private static func plain(_ name: String) -> [UInt8] { name.lowercased().utf8.filter { !"-_. ".utf8.contains($0) } }

    private static func hasPart(_ plain: [UInt8]) -> Bool {
        partsOfNames.contains { contains(plain, $0) } && !ends.contains { plain.suffix($0.count) == $0[...] }
    }

    private static func contains(_ bytes: [UInt8], _ word: [UInt8]) -> Bool {
        guard bytes.count >= word.count else { return false }
        return (0...bytes.count - word.count).contains { start in
            bytes[start] == word[0] && bytes[start..<start + word.count] == word[...]
        }
    }
}
