extension String {
    /// Whether both texts are the same code point by code point (RFC 8259, section 8.3).
    ///
    /// `==` goes further: it takes an `é` for an `e` with an accent behind it.
    package func hasSameBytes(as other: String) -> Bool {
        utf8.count == other.utf8.count && self == other && utf8.elementsEqual(other.utf8)
    }
}
