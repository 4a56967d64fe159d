/// The bytes of FastCGI records as a web server writes them.
package enum FastCGIBytes {
    /// One record.
    package static func record(type: UInt8, id: UInt16 = 1, _ content: [UInt8], padding: UInt8 = 0) -> [UInt8] {
        [
            1, type, UInt8(id >> 8), UInt8(id & 0xFF), UInt8(content.count >> 8), UInt8(content.count & 0xFF), padding,
            0,
        ] + content + [UInt8](repeating: 0, count: Int(padding))
    }

    /// BEGIN_REQUEST.
    package static func begin(role: UInt8 = 1, keep: Bool, id: UInt16 = 1) -> [UInt8] {
        record(type: 1, id: id, [0, role, keep ? 1 : 0, 0, 0, 0, 0, 0])
    }

    /// Names and values as the content of PARAMS.
    package static func parameters(_ pairs: [(String, String)]) -> [UInt8] {
        pairs.flatMap { name, value in
            length(name.utf8.count) + length(value.utf8.count) + Array(name.utf8) + Array(value.utf8)
        }
    }

    private static func length(_ count: Int) -> [UInt8] {
        count < 128
            ? [UInt8(count)]
            : [UInt8(count >> 24) | 0x80, UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
    }

    /// A whole request, its body in records of at most so many bytes.
    package static func request(
        _ pairs: [(String, String)] = [("REQUEST_METHOD", "POST"), ("REQUEST_URI", "/flow/echo")],
        body: [UInt8] = [],
        keep: Bool = true,
        recordBytes: Int = 32_000
    ) -> [UInt8] {
        var bytes = begin(keep: keep)
        bytes += record(type: 4, parameters(pairs), padding: 3)
        bytes += record(type: 4, [])
        var position = 0
        while position < body.count {
            let end = min(position + recordBytes, body.count)
            bytes += record(type: 5, Array(body[position..<end]), padding: UInt8((8 - (end - position) % 8) % 8))
            position = end
        }
        bytes += record(type: 5, [])
        return bytes
    }
}
