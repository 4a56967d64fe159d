internal import CZlib

/// How zlib wraps a stream, by its `windowBits` for the largest window.
package enum Wrapping: Int32, CaseIterable {
    /// A member of gzip (RFC 1952).
    case gzip = 31
    /// A stream of zlib (RFC 1950).
    case zlib = 15
    /// Deflate alone (RFC 1951).
    case bare = -15

    /// Compresses.
    ///
    /// - Parameter choice: one of zlib's levels, windows and memory sizes; any number is one.
    package func compress(_ bytes: [UInt8], _ choice: Int = 9) -> [UInt8] {
        var stream = z_stream()
        // A window of 512 bytes to 32 KiB.
        let smaller = Int32(choice >> 4 & 7) % 7
        let windowBits = self == .bare ? rawValue + smaller : rawValue - smaller
        let size = Int32(MemoryLayout<z_stream>.size)
        let level = Int32(choice % 10)
        guard
            deflateInit2_(&stream, level, Z_DEFLATED, windowBits, level % 9 + 1, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
                == Z_OK
        else { preconditionFailure("zlib does not compress") }
        defer { deflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
        var input = bytes
        let count = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib does not end")
                return output.count - Int(stream.avail_out)
            }
        }
        return Array(output[..<count])
    }
}
