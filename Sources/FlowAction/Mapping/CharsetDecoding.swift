extension Charset {
    /// The text in UTF-8, a byte order mark left out; `nil` where the bytes are no text of the charset.
    package func decode(_ bytes: [UInt8]) -> [UInt8]? {
        switch self {
        case .utf8:
            let text = bytes.starts(with: ByteOrderMark.utf8) ? Array(bytes.dropFirst(3)) : bytes
            return (try? UTF8Span(validating: text.span)) == nil ? nil : text
        case .utf16, .utf16BigEndian, .utf16LittleEndian:
            guard bytes.count.isMultiple(of: 2) else { return nil }
            return String(validating: units(of: bytes[...]), as: UTF16.self).map { Array($0.utf8) }
        case .latin1, .windows1252, .ascii:
            guard bytes.allSatisfy({ scalar(of: $0) != nil }) else { return nil }
            return Array(decodeLossily(bytes[...]).utf8)
        }
    }

    /// The text, a byte order mark left out, with U+FFFD for whatever is no text of the charset.
    package func decodeLossily(_ bytes: ArraySlice<UInt8>) -> String {
        switch self {
        case .utf8:
            let hasMark = bytes.first == ByteOrderMark.utf8.first && bytes.starts(with: ByteOrderMark.utf8)
            return String(decoding: hasMark ? bytes.dropFirst(ByteOrderMark.utf8.count) : bytes, as: UTF8.self)
        case .utf16, .utf16BigEndian, .utf16LittleEndian:
            let text = String(decoding: units(of: bytes), as: UTF16.self)
            return bytes.count.isMultiple(of: 2) ? text : text + "\u{FFFD}"
        case .latin1, .windows1252, .ascii:
            var text = String.UnicodeScalarView()
            text.append(contentsOf: bytes.lazy.map { scalar(of: $0) ?? "\u{FFFD}" })
            return String(text)
        }
    }

    /// How many bytes at most stand for so many bytes of UTF-8, so that no more of a body need be decoded.
    package func bytes(for utf8Count: Int) -> Int {
        switch self {
        case .utf16, .utf16BigEndian, .utf16LittleEndian: 2 * utf8Count
        default: utf8Count
        }
    }

    private func scalar(of byte: UInt8) -> Unicode.Scalar? {
        switch self {
        case .windows1252 where (0x80...0x9F).contains(byte): Self.windows1252Scalars[Int(byte - 0x80)]
        case .ascii where byte >= 0x80: nil
        default: Unicode.Scalar(byte)
        }
    }

    private func units(of bytes: ArraySlice<UInt8>) -> [UInt16] {
        let isLittle = isLittleEndian(bytes)
        let hasMark = bytes.starts(with: isLittle ? ByteOrderMark.littleEndian : ByteOrderMark.bigEndian)
        let first = bytes.startIndex + (hasMark ? 2 : 0)
        return stride(from: first, to: bytes.endIndex - 1, by: 2).map { index in
            isLittle
                ? UInt16(bytes[index + 1]) << 8 | UInt16(bytes[index])
                : UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])
        }
    }

    /// The byte order; what neither a mark nor a zero tells is taken as RFC 2781, section 4.3, says.
    private func isLittleEndian(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard self == .utf16 else { return self == .utf16LittleEndian }
        if bytes.starts(with: ByteOrderMark.littleEndian) { return true }
        if bytes.starts(with: ByteOrderMark.bigEndian) { return false }
        return bytes.count >= 2 && bytes[bytes.startIndex] != 0 && bytes[bytes.startIndex + 1] == 0
    }

    /// What windows-1252 has from 0x80 to 0x9F, where ISO-8859-1 has control characters.
    private static let windows1252Scalars: [Unicode.Scalar?] = [
        "€", nil, "‚", "ƒ", "„", "…", "†", "‡", "ˆ", "‰", "Š", "‹", "Œ", nil, "Ž", nil,
        nil, "‘", "’", "“", "”", "•", "–", "—", "˜", "™", "š", "›", "œ", nil, "ž", "Ÿ",
    ]
}
