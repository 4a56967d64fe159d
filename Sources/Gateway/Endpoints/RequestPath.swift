internal import FlowAction
internal import JSON

/// Finds the path below the mount in what the web server passes on.
enum RequestPath {
    /// The path below the mount, percent-decoded, `/call-webhook`; `nil` for a path outside the mount.
    ///
    /// `REQUEST_URI` is the one variable that every web server sets alike: raw, with the query. The mount is
    /// `FLOWHOOK_MOUNT` where the web server sets it, else the setting where the path begins with it, else a CGI
    /// program's own `SCRIPT_NAME` where a `PATH_INFO` follows it.
    static func below(mount setting: String, in request: WebRequest) -> String? {
        let below = request.withBytes(of: .uri) { uri -> String? in
            let path = path(of: uri)
            guard path.contains(UInt8(ascii: "%")) else { return rest(of: path, below: setting, request) }
            return percentDecoded(Array(path)[...]).withUnsafeBufferPointer { rest(of: $0, below: setting, request) }
        }
        return below ?? nil
    }

    /// The mount that a request came in by, percent-decoded and without a slash at its end; where its path is outside of
    /// every mount, the one that it was to be below.
    static func mount(of request: WebRequest, setting: String) -> String {
        let uri = request.withBytes(of: .uri) { decoded(String(decoding: path(of: $0), as: UTF8.self)) }
        if let uri, let rest = below(mount: setting, in: request) {
            return String(decoding: uri.utf8.dropLast(rest.utf8.count), as: UTF8.self)
        }
        let meant = request[.mount].flatMap { $0.isEmpty ? nil : $0 } ?? setting
        return String(meant.reversed().drop { $0 == "/" }.reversed())
    }

    /// What follows the mount that holds for a request.
    private static func rest(
        of path: UnsafeBufferPointer<UInt8>,
        below setting: String,
        _ request: WebRequest
    ) -> String? {
        let own = request.withBytes(of: .mount) { mount in (mount.isEmpty, rest(of: path, below: mount)) }
        if let (isEmpty, rest) = own, !isEmpty { return rest }
        if let rest = setting.withBytes({ rest(of: path, below: $0) }) { return rest }
        guard request.withBytes(of: .pathInfo, { $0.isEmpty }) == false else { return nil }
        return request.withBytes(of: .scriptName) { rest(of: path, below: $0) } ?? nil
    }

    /// The path of a request target, its query left out; the absolute form (RFC 9112, section 3.2.2) is allowed.
    private static func path(of uri: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        let target = uri[..<(uri.firstIndex(of: UInt8(ascii: "?")) ?? uri.endIndex)]
        guard target.first != UInt8(ascii: "/"),
            let scheme = target.indices.first(where: { target[$0...].starts(with: "://".utf8) })
        else { return UnsafeBufferPointer(rebasing: target) }
        let afterScheme = target[(scheme + 3)...]
        guard let slash = afterScheme.firstIndex(of: UInt8(ascii: "/")) else { return root }
        return UnsafeBufferPointer(rebasing: afterScheme[slash...])
    }

    /// `/`, in memory that is never freed.
    private static var root: UnsafeBufferPointer<UInt8> {
        let slash: StaticString = "/"
        return UnsafeBufferPointer(start: slash.utf8Start, count: slash.utf8CodeUnitCount)
    }

    /// The value of a parameter of the query, decoded as forms are (`+` is a blank); the first of several.
    static func parameter(_ name: String, in request: WebRequest) -> String? {
        guard let uri = request[.uri], let mark = uri.firstIndex(of: "?") else { return nil }
        for pair in uri[uri.index(after: mark)...].split(separator: "&") where pair.hasPrefix("\(name)=") {
            return decoded(String(pair.dropFirst(name.count + 1).map { $0 == "+" ? " " : $0 }))
        }
        return nil
    }

    private static func rest(
        of path: UnsafeBufferPointer<UInt8>,
        below mount: UnsafeBufferPointer<UInt8>
    ) -> String? {
        var end = mount.count
        while end > 0, mount[end - 1] == UInt8(ascii: "/") { end -= 1 }
        guard path.count >= end else { return nil }
        for index in 0..<end where path[index] != mount[index] { return nil }
        let rest = UnsafeBufferPointer(rebasing: path[end...])
        guard rest.isEmpty || rest[0] == UInt8(ascii: "/") else { return nil }
        return String(decoding: rest, as: UTF8.self)
    }

    /// A path with its percent-escapes resolved; what is no escape stays.
    static func decoded(_ path: String) -> String {
        guard path.withBytes({ $0.contains(UInt8(ascii: "%")) }) else { return path }
        return String(decoding: percentDecoded(Array(path.utf8)[...]), as: UTF8.self)
    }
}
