extension OutgoingRequest {
    /// The request that follows a redirect (RFC 9110, section 15.4); `nil` where the answer is none that is followed.
    ///
    /// 301, 302 and 303 turn into `GET` without a body, 307 and 308 keep both. Custom headers and credentials, the client's
    /// certificate among them, stay behind where host or port changes. Not followed: one from https to http, one that would
    /// carry a body to another host, one without a valid `Location`, one with `user:password@` in it.
    package func following(_ answer: ServiceAnswer) -> OutgoingRequest? {
        guard [301, 302, 303, 307, 308].contains(answer.status), let location = answer.location else { return nil }
        let url = URLReference.resolve(Array(location.utf8), against: Array(self.url.utf8))
        guard url.count <= Renderer.maximumURLBytes, let target = try? ServiceURL(parsing: url), target.userInfo == nil,
            target.isSecure || !isSecure
        else { return nil }
        var next = self
        next.url = String(decoding: url, as: UTF8.self)
        next.host = target.host
        next.port = target.port
        next.isSecure = target.isSecure
        let isSameHost = target.host.lowercased() == host.lowercased()
        if answer.status <= 303 {
            next.method = .get
            next.body = nil
        } else if body != nil, !isSameHost {
            return nil
        }
        if !isSameHost || target.port != port {
            next.leaveCustomHeadersBehind()
            if policy.tls?.clientCertificate != nil { next.policy = policy.withoutClientCertificate }
        }
        if next.body == nil { next.headers.removeAll { $0.name.lowercased().hasPrefix("content-") } }
        return next
    }

    /// Keeps what says nothing of the webhook or its user, and the type of a body that is kept.
    private mutating func leaveCustomHeadersBehind() {
        let contentType = headers.first { $0.name.lowercased() == "content-type" }
        headers = headers[min(customHeaderCount, headers.count)...].filter { header in
            ["user-agent", "accept", "accept-encoding"].contains(header.name.lowercased())
        }
        customHeaderCount = 0
        for (name, value) in [("User-Agent", "flowhook/\(Version.current)"), ("Accept", "*/*")]
        where !headers.contains(where: { $0.name == name }) {
            headers.append(HeaderField(name: name, value: value))
        }
        if let contentType { headers.append(contentType) }
    }
}

extension CallPolicy {
    /// The same policy, for a host that is not to learn who calls.
    fileprivate var withoutClientCertificate: CallPolicy {
        CallPolicy(
            timeout: timeout,
            retry: retry,
            maxConcurrent: maxConcurrent,
            pace: pace,
            redirects: redirects,
            tls: tls?.certificateAuthorities.map {
                TLSFiles(certificateAuthorities: $0, clientCertificate: nil, clientKey: nil)
            }
        )
    }
}
