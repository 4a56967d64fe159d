extension ServiceAnswer {
    /// The body as text for people to read: what is not valid in its charset becomes U+FFFD, a byte order mark is left
    /// out, and an unknown charset is read as UTF-8.
    ///
    /// - Parameter maximumBytes: how many bytes of UTF-8 the text may have; it is cut between characters.
    /// - Returns: the text, and whether something was cut off.
    package func text(maximumBytes: Int) -> (text: String, isTruncated: Bool) {
        let charset = Charset.of(body, contentType: contentType) ?? .utf8
        if charset == .utf8, body.count <= maximumBytes {
            // U+FFFD has more bytes than some of what it stands for.
            let text = charset.decodeLossily(body[...])
            if text.utf8.count <= maximumBytes { return (text, false) }
        }
        // A mark, and a character that the limit splits, may take four bytes more. No charset here needs fewer bytes
        // of UTF-8 than it has of its own beyond that, so what is left out lies past the limit.
        let read = body.prefix(charset.bytes(for: maximumBytes) + 8)
        let text = charset.decodeLossily(read)
        let cut = text.prefix(utf8Bytes: maximumBytes)
        return (String(cut), cut.endIndex < text.endIndex || read.count < body.count)
    }

    /// The body as UTF-8 without a byte order mark, for a parser; whether UTF-8 is valid is the parser's to tell.
    ///
    /// - Returns: `nil` where the charset is unknown, or the bytes are no text of it.
    func utf8Body() -> [UInt8]? {
        switch Charset.of(body, contentType: contentType) {
        case .utf8 where body.first != ByteOrderMark.utf8.first || !body.starts(with: ByteOrderMark.utf8): body
        case .utf8: Array(body.dropFirst(ByteOrderMark.utf8.count))
        case let charset: charset?.decode(body)
        }
    }
}

extension String {
    /// The longest start of so many bytes of UTF-8 at most that ends between two code points.
    func prefix(utf8Bytes count: Int) -> Substring {
        guard utf8.count > count else { return self[...] }
        var end = utf8.index(startIndex, offsetBy: count)
        while end > startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return self[..<end]
    }
}
