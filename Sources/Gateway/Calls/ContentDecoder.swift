internal import CZlib
internal import FlowAction

/// Takes the compression off a response's body (RFC 9110, section 8.4) as it comes, and knows whether it came whole.
///
/// libcurl's own decoder takes a stream that was cut off for one that has ended, which makes half an answer a whole one.
/// Known are `gzip` and `x-gzip` (RFC 1952, any number of members), `deflate` (RFC 1950, and the bare RFC 1951 that some
/// services send by that name) and `identity`.
package final class ContentDecoder {
    /// Why a body cannot be had.
    package enum Failure: Error {
        /// An encoding that is not known; it was not asked for either.
        case unknown
        /// No such encoding, cut off, or with something behind its end.
        case broken
        /// The decoded body, or what came for it, is larger than allowed.
        case tooLarge
    }

    /// The layers, the outermost first.
    private let layers: [Inflater]
    private let maximumBytes: Int
    /// How many bytes each layer, and the body's bytes as they come, may still take.
    private var leftBytes: [Int]
    private var hasBegun = false

    /// How many encodings may lie over one another.
    private static let maximumLayers = 4

    /// Readies a decoder.
    ///
    /// - Parameters:
    ///   - encodings: the values of all `Content-Encoding` headers in their order, with commas between them.
    ///   - maximumBytes: how large the body may be once it is decoded.
    package init(_ encodings: String, maximumBytes: Int) throws(Failure) {
        var layers: [Inflater] = []
        for name in encodings.split(separator: ",") {
            switch name.trimming(while: { $0 == " " || $0 == "\t" }).lowercased() {
            case "gzip", "x-gzip": layers.append(Inflater(.gzip))
            case "deflate": layers.append(Inflater(.deflate))
            case "identity", "": break
            default: throw .unknown
            }
        }
        guard layers.count <= Self.maximumLayers else { throw .unknown }
        // The last that was applied is the first to go.
        self.layers = layers.reversed()
        self.maximumBytes = maximumBytes
        // What compresses badly grows by less than this.
        leftBytes = Array(repeating: maximumBytes + maximumBytes >> 8 + 1_024, count: layers.count)
    }

    /// Decodes what has come, and appends it to the body.
    package func take(_ bytes: UnsafeRawBufferPointer, into body: inout [UInt8]) throws(Failure) {
        guard !bytes.isEmpty else { return }
        hasBegun = true
        try pass(bytes, to: 0, &body)
    }

    /// Whether the body came to its end: each layer at the end of a stream. A body of no bytes at all needs no decoding.
    package var isComplete: Bool { !hasBegun || layers.allSatisfy(\.isAtEnd) }

    private func pass(_ bytes: UnsafeRawBufferPointer, to index: Int, _ body: inout [UInt8]) throws(Failure) {
        guard index < layers.count else {
            guard body.count + bytes.count <= maximumBytes else { throw .tooLarge }
            body.append(contentsOf: bytes)
            return
        }
        // A stream of endless nothing is as bad as one of too much.
        leftBytes[index] -= bytes.count
        guard leftBytes[index] >= 0 else { throw .tooLarge }
        let layer = layers[index]
        layer.begin(bytes)
        while let piece = try layer.next() { try pass(piece, to: index + 1, &body) }
    }
}

/// One layer of compression.
private final class Inflater {
    enum Format {
        case gzip
        case deflate
    }

    /// Whether a stream has ended, and nothing has begun behind it.
    private(set) var isAtEnd = false

    private let format: Format
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let output = UnsafeMutablePointer<UInt8>.allocate(capacity: Inflater.pieceBytes)
    private var isOpen = false

    private static let pieceBytes = 16_384

    init(_ format: Format) {
        self.format = format
        stream.initialize(to: z_stream())
    }

    deinit {
        if isOpen { inflateEnd(stream) }
        stream.deallocate()
        output.deallocate()
    }

    /// Sets what `next` decodes; the bytes must outlive it.
    func begin(_ bytes: UnsafeRawBufferPointer) {
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        )
        stream.pointee.avail_in = UInt32(bytes.count)
    }

    /// A further piece of what was set; `nil` once more is needed. Valid until the next call.
    func next() throws(ContentDecoder.Failure) -> UnsafeRawBufferPointer? {
        while true {
            if isAtEnd {
                guard stream.pointee.avail_in > 0 else { return nil }
                // Members may follow one another in gzip alone (RFC 1952, section 2.2).
                guard format == .gzip, inflateReset(stream) == Z_OK else { throw .broken }
                isAtEnd = false
            }
            try open()
            stream.pointee.next_out = output
            stream.pointee.avail_out = UInt32(Self.pieceBytes)
            let code = inflate(stream, Z_NO_FLUSH)
            let count = Self.pieceBytes - Int(stream.pointee.avail_out)
            switch code {
            case Z_STREAM_END: isAtEnd = true
            case Z_OK: break
            // No progress without more bytes (zlib.h).
            case Z_BUF_ERROR: return nil
            default: throw .broken
            }
            if count > 0 { return UnsafeRawBufferPointer(start: output, count: count) }
            if stream.pointee.avail_in == 0 { return nil }
        }
    }

    /// Readies zlib at the first byte.
    private func open() throws(ContentDecoder.Failure) {
        guard !isOpen else { return }
        guard stream.pointee.avail_in > 0, let first = stream.pointee.next_in?.pointee else { return }
        let windowBits =
            switch format {
            // 15 for the largest window, 16 more for gzip's wrapping alone.
            case .gzip: 15 + 16
            // The low half of zlib's first byte is 8 (RFC 1950, section 2.2). A bare stream that begins so would begin
            // with a stored block whose padding is not zero, which nobody writes.
            case .deflate: first & 0x0F == 8 ? 15 : -15
            }
        guard flowhook_inflate_init(stream, Int32(windowBits)) == Z_OK else { throw .broken }
        isOpen = true
    }
}
