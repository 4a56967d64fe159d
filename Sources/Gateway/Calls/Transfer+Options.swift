internal import CCurl
internal import Glibc

/// The options that do not depend on the call.
extension Transfer {
    /// How many bytes libcurl reads at once; it has a buffer of so many for each transfer under way.
    private static let readBytes = 4_096

    /// How much of a request libcurl holds before it is sent, its least; libcurl 8 has a buffer of so many bytes for each
    /// transfer under way.
    private static let writeBytes = 16_384

    /// How long a connection is used at all, in seconds: a name that moves is followed within a minute under load too.
    private static let maximumConnectionSeconds = 60

    /// How long the system's certificate authorities are kept as they were read, in seconds.
    private static let authoritiesSeconds = 300

    /// Debian's bundle of certificate authorities, curl's default there.
    private static let systemCertificateAuthorities = "/etc/ssl/certs/ca-certificates.crt"

    /// Sets what every call shares.
    func setCommonOptions(_ easy: UnsafeMutableRawPointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        flowhook_set_pointer(easy, CURLOPT_PRIVATE, context)
        flowhook_set_pointer(easy, CURLOPT_ERRORBUFFER, errorBuffer)
        flowhook_set_long(easy, CURLOPT_NOSIGNAL, 1)
        flowhook_set_long(easy, CURLOPT_QUICK_EXIT, 1)
        flowhook_set_long(easy, CURLOPT_BUFFERSIZE, Self.readBytes)
        flowhook_set_long(easy, CURLOPT_UPLOAD_BUFFERSIZE, Self.writeBytes)
        // The URL goes out as it was rendered.
        flowhook_set_long(easy, CURLOPT_PATH_AS_IS, 1)
        flowhook_set_pointer(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        flowhook_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        // HTTP/2 of libcurl 7.88 loses answers behind large heads, and where connections of both versions lead to one host it
        // takes one request's answer for another's.
        flowhook_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        // What a proxy says about its tunnel is no answer of the service.
        flowhook_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        flowhook_set_long(easy, CURLOPT_MAXAGE_CONN, Self.maximumIdleSeconds)
        flowhook_set_long(easy, CURLOPT_MAXLIFETIME_CONN, Self.maximumConnectionSeconds)
        // The environment's proxies do not apply, and are not looked for.
        flowhook_set_pointer(easy, CURLOPT_NOPROXY, "*")
        flowhook_set_pointer(easy, CURLOPT_SHARE, sessions.share)
        flowhook_set_pointer(easy, CURLOPT_WRITEDATA, context)
        flowhook_set_data_function(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            Transfer.from(context)?.response.take(body: bytes, size * count) ?? 0
        }
        flowhook_set_pointer(easy, CURLOPT_HEADERDATA, context)
        flowhook_set_data_function(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            Transfer.from(context)?.response.take(header: bytes, size * count) ?? 0
        }
        flowhook_set_pointer(easy, CURLOPT_OPENSOCKETDATA, context)
        flowhook_set_socket_function(easy) { context, _, address in
            Transfer.from(context)?.openSocket(address) ?? CURL_SOCKET_BAD
        }
        // A connection outlives the transfer that it was opened for.
        flowhook_set_pointer(easy, CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(sockets).toOpaque())
        flowhook_set_close_function(easy) { context, descriptor in
            guard let context else { return close(descriptor) }
            return Unmanaged<CallSockets>.fromOpaque(context).takeUnretainedValue().close(descriptor)
        }
        flowhook_set_pointer(easy, CURLOPT_PREREQDATA, context)
        flowhook_set_ready_function(easy) { context, peer, _, _, _ in
            Transfer.from(context)?.isReady(toSendTo: peer) ?? false ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
    }

    /// Sets what every call over TLS shares.
    func setCommonTLSOptions() {
        flowhook_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        // The system's authorities are parsed once for many connections; changed ones count within minutes.
        flowhook_set_long(easy, CURLOPT_CA_CACHE_TIMEOUT, Self.authoritiesSeconds)
        // The system's folder of authorities would be trusted beside a webhook's own.
        flowhook_set_pointer(easy, CURLOPT_CAPATH, nil)
        flowhook_set_pointer(easy, CURLOPT_CAINFO, Self.systemCertificateAuthorities)
        // Nobody is there to be asked for the passphrase of a key.
        flowhook_set_pointer(easy, CURLOPT_KEYPASSWD, "")
    }
}
