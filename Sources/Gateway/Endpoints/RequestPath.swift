internal import FlowAction

/// Finds the path below the mount in what the web server passes on.
enum RequestPath {
    /// The path below the mount, percent-decoded, `/call-webhook`; `nil` for a path outside the mount.
    ///
    /// `REQUEST_URI` is the one variable that every web server sets alike: raw, with the query. The mount is
    /// `FLOWHOOK_MOUNT` where the web server sets it, else the setting where the path begins with it, else a CGI
    /// program's own `SCRIPT_NAME` where a `PATH_INFO` follows it.
    static func below(mount setting: String, in request: WebRequest) -> String? {
        guard let uri = request[.uri] else { return nil }
        let path = decoded(path(of: uri))
        if let mount = request[.mount], !mount.isEmpty { return rest(of: path, below: mount) }
        if let rest = rest(of: path, below: setting) { return rest }
        if let script = request[.scriptName], request[.pathInfo]?.isEmpty == false {
            return rest(of: path, below: script)
        }
        return nil
    }

    /// The path of a request target, its query left out; the absolute form (RFC 9112, section 3.2.2) is allowed.
    private static func path(of uri: String) -> String {
        var uri = uri
        let target = uri.withUTF8 { bytes in
            let end = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.count
            return String(decoding: UnsafeBufferPointer(rebasing: bytes[..<end]), as: UTF8.self)
        }
        guard target.utf8.first != UInt8(ascii: "/"), let scheme = target.firstRange(of: "://") else { return target }
        let afterScheme = target[scheme.upperBound...]
        return afterScheme.firstIndex(of: "/").map { String(afterScheme[$0...]) } ?? "/"
    }

    /// The value of a parameter of the query, percent-decoded; the first of several.
    static func parameter(_ name: String, in request: WebRequest) -> String? {
        guard let uri = request[.uri], let mark = uri.firstIndex(of: "?") else { return nil }
        for pair in uri[uri.index(after: mark)...].split(separator: "&") where pair.hasPrefix("\(name)=") {
            return decoded(String(pair.dropFirst(name.count + 1)))
        }
        return nil
    }

    private static func rest(of path: String, below mount: String) -> String? {
        var (path, mount) = (path, mount)
        return path.withUTF8 { path in
            mount.withUTF8 { mount in
                var end = mount.count
                while end > 0, mount[end - 1] == UInt8(ascii: "/") { end -= 1 }
                guard path.count >= end, (0..<end).allSatisfy({ path[$0] == mount[$0] }) else { return nil }
                let rest = UnsafeBufferPointer(rebasing: path[end...])
                guard rest.isEmpty || rest[0] == UInt8(ascii: "/") else { return nil }
                return String(decoding: rest, as: UTF8.self)
            }
        }
    }

    /// A path with its percent-escapes resolved; what is no escape stays.
    static func decoded(_ path: String) -> String {
        var path = path
        guard path.withUTF8({ $0.contains(UInt8(ascii: "%")) }) else { return path }
        return String(decoding: percentDecoded(Array(path.utf8)[...]), as: UTF8.self)
    }
}
