extension String {
    /// Runs a closure with the text as UTF-8.
    ///
    /// `withUTF8` does so with variables alone, and a variable that stands in for a constant is a reference more to count.
    @inlinable
    package func withBytes<Value>(_ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
        if let value = utf8.withContiguousStorageIfAvailable(body) { return value }
        var native = self
        return native.withUTF8(body)
    }

    /// Whether both texts are the same code point by code point (RFC 8259, section 8.3).
    ///
    /// `==` goes further: it takes an `é` for an `e` with an accent behind it.
    package func hasSameBytes(as other: String) -> Bool {
        utf8.count == other.utf8.count && self == other && utf8.elementsEqual(other.utf8)
    }
}
