/// The parts of a URL's path that are `.` or `..`, encoded or not, and with parameters behind them or not (`..;a=1`): servers
/// take those off before they follow the dots (RFC 3986, section 3.3).
enum DotSegments {
    /// How many a path has; what follows a `?` is no part of it.
    static func count(in path: ArraySlice<UInt8>) -> Int {
        var count = 0
        // Bytes of the present part: dots alone so far, and how many.
        var (dots, isPlain) = (0, true)
        var position = path.startIndex
        func end() {
            if isPlain, dots == 1 || dots == 2 { count += 1 }
            (dots, isPlain) = (0, true)
        }
        while position < path.endIndex {
            var byte = path[position]
            position += 1
            if byte == UInt8(ascii: "%"), position + 1 < path.endIndex, let high = hexadecimalValue(path[position]),
                let low = hexadecimalValue(path[position + 1])
            {
                byte = high << 4 | low
                position += 2
            } else if byte == UInt8(ascii: "?") {
                break
            }
            switch byte {
            // Some servers take a backslash for a slash.
            case UInt8(ascii: "/"), UInt8(ascii: "\\"): end()
            case UInt8(ascii: "."): dots += 1
            // The rest of the part is parameters, and none of them dots.
            case UInt8(ascii: ";"):
                if isPlain, dots == 1 || dots == 2 { count += 1 }
                isPlain = false
            default: isPlain = false
            }
        }
        end()
        return count
    }

    /// How many the text of a template has by itself.
    static func count(in template: Template) -> Int {
        var text: [UInt8] = []
        for segment in template.segments {
            if case .literal(let bytes) = segment { text += bytes } else { text.append(UInt8(ascii: "x")) }
        }
        // The slashes before the host, and the host, are no dots.
        return count(in: text[...])
    }
}
