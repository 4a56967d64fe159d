import Gateway
import TestSupport

extension FuzzTarget {
    /// A compressed body is the same whatever the pieces in which it comes, never larger than allowed; what was
    /// compressed comes back whole, and a stream that is cut off or damaged never passes for another body.
    ///
    /// The input is five bytes of orders, and what is taken as it is or compressed first.
    static let content = FuzzTarget(name: "content") { bytes in
        guard bytes.count >= 5 else { return }
        let orders = bytes.prefix(5).map { Int($0) }
        let rest = Array(bytes.dropFirst(5))
        let (encodings, wrappings) = codings[orders[0] % codings.count]
        let maximum = orders[1] << (orders[1] & 7)
        let step = orders[2] % 67 + 1
        guard orders[0] & 0x80 != 0 else {
            _ = read(rest, encodings, maximum, step)
            return
        }
        // Much of little: what compresses well is what bounds are for.
        let content = orders[3] & 0x0F == 0 ? rest.flatMap { [UInt8](repeating: $0, count: 200) } : rest
        let (stream, isBloated) = compress(content, wrappings, orders[3], maximum)
        let whole = read(stream, encodings, maximum, step)
        if content.count <= maximum {
            precondition(isBloated ? whole == nil : whole == content, "a body does not come back")
        } else {
            precondition(whole == nil, "a body is larger than allowed")
        }
        guard !wrappings.isEmpty else { return }
        // One of the layers is spoiled; those over it are whole.
        let layer = orders[4] % wrappings.count
        var place = orders[4] << 8 | orders[3]
        let isCut = orders[2] & 0x80 == 0
        let (spoiled, _) = compress(content, wrappings, orders[3], maximum) { index, stream in
            guard index == layer else { return }
            place %= stream.count
            if isCut { stream.removeSubrange(place...) } else { stream[place] ^= UInt8(orders[4] | 1) }
        }
        let body = read(spoiled, encodings, maximum, step)
        if isCut {
            precondition(body == nil || place == 0 && body == [], "a body that was cut off passes for a whole one")
        } else if wrappings[...layer].contains(.gzip) {
            precondition(body == nil || body == content, "a damaged body passes for another one")
        }
    }

    /// Compresses layer by layer, each changed as asked; and whether one is larger than what an allowed body may come as.
    private static func compress(
        _ content: [UInt8],
        _ wrappings: [Wrapping],
        _ choice: Int,
        _ maximum: Int,
        change: (Int, inout [UInt8]) -> Void = { _, _ in }
    ) -> (stream: [UInt8], isBloated: Bool) {
        var (stream, isBloated) = (content, false)
        for (index, wrapping) in wrappings.enumerated() {
            stream = wrapping.compress(stream, choice)
            change(index, &stream)
            if stream.count > maximum + maximum >> 8 + 1_024 { isBloated = true }
        }
        return (stream, isBloated)
    }

    /// What headers say, and what has to be done for it, in order.
    private static let codings: [(encodings: String, wrappings: [Wrapping])] = [
        ("gzip", [.gzip]), (" X-GZip\t", [.gzip]), ("deflate", [.zlib]), ("Deflate", [.bare]), ("identity", []),
        ("", []),
        ("deflate, gzip", [.bare, .gzip]), ("gzip ,deflate", [.gzip, .zlib]), ("identity,gzip,", [.gzip]),
        ("gzip,gzip, gzip,deflate", [.gzip, .gzip, .gzip, .zlib]), ("gzip,gzip", [.gzip, .gzip]),
    ]

    /// The body, read in one piece and in pieces; `nil` where there is none, which both ways agree on.
    private static func read(_ bytes: [UInt8], _ encodings: String, _ maximum: Int, _ step: Int) -> [UInt8]? {
        let whole = decode([bytes[...]], encodings, maximum)
        var pieces: [ArraySlice<UInt8>] = []
        var position = 0
        while position < bytes.count {
            // Pieces of no byte come too, and single bytes between the longer ones.
            let count = pieces.count % 3 == 0 ? step : pieces.count % 3
            let end = min(bytes.count, position + (pieces.count % 7 == 6 ? 0 : count))
            pieces.append(bytes[position..<end])
            position = end
        }
        precondition(decode(pieces, encodings, maximum) == whole, "a body depends on its pieces")
        return whole
    }

    private static func decode(_ pieces: [ArraySlice<UInt8>], _ encodings: String, _ maximum: Int) -> [UInt8]? {
        var body: [UInt8] = []
        do throws(ContentDecoder.Failure) {
            let decoder = try ContentDecoder(encodings, maximumBytes: maximum)
            for piece in pieces {
                let result = piece.withUnsafeBytes { bytes in
                    Result { () throws(ContentDecoder.Failure) in try decoder.take(bytes, into: &body) }
                }
                precondition(body.count <= maximum, "a body passes its bound")
                try result.get()
            }
            return decoder.isComplete ? body : nil
        } catch {
            return nil
        }
    }
}
