extension FlowActionAnswer.Activity {
    /// The activity of an answer that came.
    ///
    /// - Parameter secrets: values that the answer may repeat and nobody is to read.
    init(of service: ServiceAnswer, hiding secrets: [String]) {
        let phrase = service.reasonPhrase.isEmpty ? standardReasonPhrase(of: service.status) : service.reasonPhrase
        let (text, isTruncated) = Self.shown(service, hiding: secrets)
        self.init(
            responseCode: service.status,
            errorType: (phrase ?? String(service.status)).masking(secrets),
            response: text,
            isResponseTruncated: isTruncated
        )
    }

    private static func shown(_ service: ServiceAnswer, hiding secrets: [String]) -> (String, Bool) {
        guard let longest = secrets.map(\.utf8.count).max(), longest > 0 else {
            return service.text(maximumBytes: maximumResponseBytes)
        }
        // Masked before it is cut, or half a secret could stay at the end; and where even the longer text ends early,
        // what a secret could begin in is left out.
        let (text, isCut) = service.text(maximumBytes: 8 * maximumResponseBytes + longest)
        let masked = text.masking(secrets)
        let end = isCut ? max(0, masked.utf8.count - longest) : masked.utf8.count
        let shown = masked.prefix(utf8Bytes: min(end, maximumResponseBytes))
        return (String(shown), isCut || shown.endIndex < masked.endIndex)
    }
}

extension String {
    /// The text with every occurrence of a secret masked.
    func masking(_ secrets: [String]) -> String {
        var text = self
        for secret in secrets where !secret.isEmpty { text = text.masking(Array(secret.utf8)) }
        return text
    }

    private func masking(_ secret: [UInt8]) -> String {
        let text = Array(utf8)
        guard var found = text.firstRange(of: secret, from: 0) else { return self }
        var masked: [UInt8] = []
        var position = 0
        while true {
            masked.append(contentsOf: text[position..<found])
            masked.append(contentsOf: ResolvedToken.mask.utf8)
            position = found + secret.count
            guard let next = text.firstRange(of: secret, from: position) else { break }
            found = next
        }
        masked.append(contentsOf: text[position...])
        return String(decoding: masked, as: UTF8.self)
    }
}

extension [UInt8] {
    /// Where some bytes first stand, from a position on.
    fileprivate func firstRange(of bytes: [UInt8], from start: Int) -> Int? {
        guard count >= bytes.count, let first = bytes.first else { return nil }
        var position = start
        while position <= count - bytes.count {
            if self[position] == first, self[position..<position + bytes.count].elementsEqual(bytes) { return position }
            position += 1
        }
        return nil
    }
}
