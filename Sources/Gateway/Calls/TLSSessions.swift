internal import CCurl

/// The TLS sessions of one event loop's calls, which outlive the handles that they were made with: a service that closes each
/// connection is spared a whole handshake for the next one.
///
/// libcurl uses a session only for the host, port and TLS files that it was made with. To be used on the loop's thread alone,
/// and so without the locks of CURLSHOPT_LOCKFUNC.
final class TLSSessions {
    /// For CURLOPT_SHARE; `nil` where there was no memory: each handle has sessions of its own then.
    let share: UnsafeMutableRawPointer?

    /// Makes room for sessions.
    init() {
        share = curl_share_init()
        flowhook_share(share, CURL_LOCK_DATA_SSL_SESSION)
    }

    deinit { curl_share_cleanup(share) }
}
