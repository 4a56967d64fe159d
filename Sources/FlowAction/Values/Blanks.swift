extension UInt8 {
    /// Whether the byte is white space as XML 1.0, section 2.3, and RFC 8259, section 2, know it.
    package var isBlank: Bool { isBlankInLine || self == 0x0A || self == 0x0D }

    /// Whether the byte is a space or a tab, the white space inside a header's line (RFC 9110, section 5.6.3).
    package var isBlankInLine: Bool { self == 0x20 || self == 0x09 }
}

extension BidirectionalCollection {
    /// What is left without the elements at both ends that fit.
    @inlinable
    package func trimming(while fits: (Element) -> Bool) -> SubSequence {
        let rest = drop(while: fits)
        return rest.lastIndex { !fits($0) }.map { rest[...$0] } ?? rest
    }
}
