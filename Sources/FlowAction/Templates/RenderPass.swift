internal import JSON

/// One pass over a webhook's templates: what has come up on the way.
///
/// It goes on after a failure, so that every unresolved token is known at its end.
struct RenderPass {
    /// The first thing that went wrong.
    private(set) var failure: CallFailure?
    /// The unresolved tokens by spelling, each once.
    private(set) var unresolved: [String] = []
    /// Those of them that have no default.
    private(set) var withoutDefault: [String] = []
    /// What must not be shown.
    private(set) var secrets: [String] = []
    /// The uses of tokens, where secrets are masked.
    private(set) var tokens: [RenderedRequest.TokenUse] = []
    /// Where the call goes, once the URL is rendered.
    private(set) var target: ServiceURL?
    private let showsSecrets: Bool
    private let idempotencyKey: String?
    private var authorization: String?
    private var isInUserInfo = false
    private var seen: [(family: TokenFamily, key: String, hasDefault: Bool)] = []
    /// Where in the URL the first token behind the authority begins.
    private var firstOutsideAuthority: Int?

    /// Starts a pass.
    init(showsSecrets: Bool, idempotencyKey: String?) {
        self.showsSecrets = showsSecrets
        self.idempotencyKey = idempotencyKey
    }

    /// A failure before anything was sent.
    static func failure(_ detail: String) -> CallFailure {
        CallFailure(.renderFailure, detail: detail, sent: .no)
    }

    /// Renders the URL, `user:password@` taken out, and checks where it leads.
    mutating func url(of webhook: Webhook, resolve: (TokenReference) -> ResolvedToken) -> String {
        if let url = webhook.fixedURL {
            target = webhook.url.target
            checkLength(url.utf8.count)
            return url
        }
        return String(decoding: bytes(of: webhook.url, resolve: resolve), as: UTF8.self)
    }

    private mutating func bytes(of template: URLTemplate, resolve: (TokenReference) -> ResolvedToken) -> [UInt8] {
        var written = ByteBuffer(capacity: 256)
        append(template.url, to: &written, maximumBytes: Renderer.maximumURLBytes, resolve: resolve)
        guard written.count <= Renderer.maximumURLBytes else {
            // Cut off somewhere: nothing is known of what is in it.
            checkLength(written.count)
            return []
        }
        var url = written.bytes
        let afterAuthority = url.count - (firstOutsideAuthority ?? url.count)
        // Without a token up to the end of its authority, and with none behind that could become part of it, a URL leads
        // where its template does: what was read with the store is not read again.
        if let target = template.target, template.userInfo == nil {
            self.target = target
            checkLength(url.count)
            checkPath(of: url, from: target.authority.upperBound, template)
            return url
        }
        do {
            var target = try ServiceURL(parsing: url)
            if let first = firstOutsideAuthority, first < target.authority.upperBound {
                fail("a token that stands behind the URL's host and port would become part of them")
                return url
            }
            if let userInfo = target.userInfo {
                if template.userInfo != nil { fail("the URL has user:password@ twice") }
                authorize(percentDecoded(url[userInfo]))
                url.removeSubrange(userInfo.lowerBound...userInfo.upperBound)
                target = try ServiceURL(parsing: url)
            }
            self.target = target
            checkPath(of: url, from: target.authority.upperBound, template)
            encodePath(of: &url, from: target.authority.upperBound, rest: afterAuthority)
        } catch {
            fail("the URL cannot be called: \(error.rawValue)")
        }
        if let template = template.userInfo {
            var userInfo = ByteBuffer(capacity: 64)
            isInUserInfo = true
            defer { isInUserInfo = false }
            append(template, to: &userInfo, maximumBytes: Renderer.maximumURLBytes, resolve: resolve)
            authorize(userInfo.bytes)
        }
        checkLength(url.count)
        return url
    }

    /// Writes what tokens before the path have of path and query as the template's own text there is written.
    ///
    /// - Parameter rest: how many bytes at the end other tokens and what follows them take.
    private func encodePath(of url: inout [UInt8], from start: Int, rest: Int) {
        let end = max(start, url.count - rest)
        guard url[start..<end].contains(where: { $0 >= 0x80 }) else { return }
        url.replaceSubrange(start..<end, with: percentEncodedBeyondASCII(Array(url[start..<end])))
    }

    /// Refuses a value that makes a part of the path `.` or `..`: servers take them for steps in the path, also where they
    /// are encoded, and a value would choose what is called (RFC 3986, sections 5.2.4 and 6.2.2.3). The template may have
    /// such parts of its own.
    private mutating func checkPath(of url: [UInt8], from start: Int, _ template: URLTemplate) {
        guard firstOutsideAuthority != nil else { return }
        let count = DotSegments.count(in: url[min(start, url.count)...])
        guard count > 0, count > DotSegments.count(in: template.url) else { return }
        fail("a value makes a part of the URL's path \".\" or \"..\", which leads to another place")
    }

    private mutating func checkLength(_ count: Int) {
        if count > Renderer.maximumURLBytes { fail("the URL is longer than \(Renderer.maximumURLBytes) bytes") }
    }

    /// Renders the payload; `nil` where no body is sent.
    mutating func payload(
        of webhook: Webhook,
        maximumBytes: Int,
        resolve: (TokenReference) -> ResolvedToken
    ) -> [UInt8]? {
        guard let template = webhook.payload, webhook.hasBody else { return nil }
        var body = ByteBuffer(capacity: template.source.utf8.count + 512)
        append(template, to: &body, maximumBytes: maximumBytes, resolve: resolve)
        if body.count > maximumBytes {
            fail("the payload is larger than \(maximumBytes) bytes (max_payload_bytes)")
        }
        return body.bytes
    }

    /// Renders the custom headers and adds those that the webhook implies; a custom one of the same name wins.
    mutating func headers(
        of webhook: Webhook,
        resolve: (TokenReference) -> ResolvedToken
    ) -> [OutgoingRequest.HeaderField] {
        // Most webhooks have none of their own, and send what they imply, which is known.
        if webhook.headers.isEmpty, authorization == nil, webhook.policy.retry == nil { return webhook.impliedHeaders }
        var headers: [OutgoingRequest.HeaderField] = []
        headers.reserveCapacity(webhook.headers.count + webhook.impliedHeaders.count + 2)
        var value = ByteBuffer(capacity: 256)
        for header in webhook.headers {
            value.removeAll()
            append(header.value, to: &value, maximumBytes: Renderer.maximumHeaderBytes, resolve: resolve)
            let text = String(decoding: value.bytes, as: UTF8.self)
            headers.append(OutgoingRequest.HeaderField(name: header.name, value: text))
        }
        func imply(_ name: String, _ value: String) {
            if !webhook.hasHeader(name) { headers.append(OutgoingRequest.HeaderField(name: name, value: value)) }
        }
        if let authorization { imply("Authorization", authorization) }
        headers += webhook.impliedHeaders
        if webhook.policy.retry != nil, let idempotencyKey { imply("Idempotency-Key", idempotencyKey) }
        var size = 0
        for header in headers { size += header.name.utf8.count + header.value.utf8.count + 4 }
        if size > Renderer.maximumHeaderBytes {
            fail("the headers take more than \(Renderer.maximumHeaderBytes) bytes")
        }
        return headers
    }

    private mutating func append(
        _ template: Template,
        to bytes: inout ByteBuffer,
        maximumBytes: Int,
        resolve: (TokenReference) -> ResolvedToken
    ) {
        var lastPlace: Place?
        for segment in template.segments {
            switch segment {
            case .literal(let literal):
                if let place = lastPlace { bytes.separate(place, from: literal) }
                bytes.append(literal)
                lastPlace = nil
            case .token(let token, let place):
                append(token, resolve(token), at: place, to: &bytes)
                lastPlace = place
            }
            // Without it, many uses of one long value could take any amount of memory.
            if bytes.count > maximumBytes { return }
        }
    }

    private mutating func append(
        _ token: TokenReference,
        _ value: ResolvedToken,
        at place: Place,
        to bytes: inout ByteBuffer
    ) {
        if value.isUnresolved { note(unresolved: token) }
        let start = bytes.count
        if place == .urlComponent || place == .urlAsWritten, firstOutsideAuthority == nil {
            firstOutsideAuthority = start
        }
        if value.isSecret, !showsSecrets {
            bytes.append(mask: ResolvedToken.mask, at: place)
        } else if let flaw = bytes.append(value, at: place) {
            fail("the value of \(token.spelling) \(flaw)")
        }
        if place == .urlAuthority, case .request = value.source {
            fail("\(token.spelling) stands in the URL's host or port, where a request may not override it")
        }
        if value.isSecret, showsSecrets {
            addSecret(value.text)
            addSecret(String(decoding: bytes.bytes(from: start)[...].withoutQuotes(at: place), as: UTF8.self))
        }
        if !showsSecrets {
            var shown = value
            // What makes up `user:password@` is shown nowhere, secret or not.
            let isCredential = place == .urlAuthority && (isInUserInfo || value.text.utf8.contains(UInt8(ascii: "@")))
            if value.isSecret || isCredential { shown.text = ResolvedToken.mask }
            tokens.append(RenderedRequest.TokenUse(token: token, value: shown, place: place))
        }
    }

    private mutating func note(unresolved token: TokenReference) {
        let isKnown = seen.contains { $0.family == token.family && $0.key == token.key }
        if !isKnown { unresolved.append(token.spelling) }
        let hasDefault = token.defaultText != nil
        let isReported = seen.contains { $0.family == token.family && $0.key == token.key && !$0.hasDefault }
        if !hasDefault, !isReported { withoutDefault.append(token.spelling) }
        if !isKnown || !hasDefault { seen.append((token.family, token.key, hasDefault)) }
    }

    /// Makes Basic credentials (RFC 7617) of `user:password`.
    private mutating func authorize(_ userInfo: [UInt8]) {
        guard !userInfo.isEmpty else { return }
        guard showsSecrets else {
            authorization = "Basic \(ResolvedToken.mask)"
            return
        }
        let colon = userInfo.firstIndex(of: UInt8(ascii: ":"))
        var encoded = ByteBuffer(capacity: 128)
        encoded.append(base64: colon == nil ? userInfo + [UInt8(ascii: ":")] : userInfo)
        let credential = String(decoding: encoded.bytes, as: UTF8.self)
        authorization = "Basic \(credential)"
        addSecret(credential)
        let user = String(decoding: userInfo[..<(colon ?? userInfo.count)], as: UTF8.self)
        let password = String(decoding: userInfo[(colon.map { $0 + 1 } ?? userInfo.count)...], as: UTF8.self)
        // Where there is no password, or a dummy, the user's part is the key, as in `sk_live_…:@` and `sk_live_…:X@`. What is
        // shorter than a secret would be masked wherever it stands by chance.
        let key = MyToken.isLongEnough(password) ? password : user
        if MyToken.isLongEnough(key) { addSecret(key) }
    }

    private mutating func addSecret(_ text: String) {
        // By bytes: what Unicode takes for the same text is another one where it is looked for.
        if !text.isEmpty, !secrets.contains(where: text.hasSameBytes) { secrets.append(text) }
    }

    private mutating func fail(_ detail: String) {
        if failure == nil { failure = Self.failure(detail) }
    }
}

extension ArraySlice<UInt8> {
    /// What was written of a value, without the quotes that JSON puts around it.
    fileprivate func withoutQuotes(at place: Place) -> Self {
        guard place == .jsonValue || place == .jsonName, count > 1, first == UInt8(ascii: "\"") else { return self }
        return dropFirst().dropLast()
    }
}
