internal import CCurl
internal import FlowAction

extension CallFailure {
    /// What a code of libcurl (libcurl-errors(3)) means for the one who asked for the call.
    ///
    /// The sentence names the host and the cause, nothing of the request.
    init(of transfer: Transfer, _ code: CURLcode, _ request: OutgoingRequest) {
        let host = "\(request.host):\(request.port)"
        let sent: Sent = transfer.hasAnswerBegun ? .yes : transfer.starts > 0 ? .maybe : .no
        switch code {
        case _ where transfer.isBlocked && transfer.starts == 0:
            self = .blocked(request)
        case _ where transfer.isTooLarge:
            self.init(.responseTooLarge, detail: "The response of \(host) is larger than allowed.", sent: .yes)
        case CURLE_OPERATION_TIMEDOUT:
            self = .timeout(request, sent: sent)
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            self.init(.lookUpFailure, detail: "The name of \(host) or of the proxy has no address.", sent: .no)
        case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED:
            self.init(.connectFailure, detail: "No connection to \(host) could be made.", sent: .no)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
            let cause = transfer.curlDetail
            self.init(
                .tlsFailure,
                detail: "The TLS handshake with \(host) failed\(cause.isEmpty ? "" : ": \(cause)").",
                sent: sent
            )
        case CURLE_BAD_CONTENT_ENCODING:
            self.init(.protocolError, detail: "The compressed body of \(host) is broken.", sent: .yes)
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_WRITE_ERROR, CURLE_HTTP2,
            CURLE_HTTP2_STREAM:
            self.init(.protocolError, detail: "What \(host) sent is no valid HTTP.", sent: .yes)
        case CURLE_GOT_NOTHING:
            self.init(.connectionLost, detail: "\(host) closed the connection without an answer.", sent: sent)
        case CURLE_PARTIAL_FILE:
            self.init(.connectionLost, detail: "\(host) closed the connection within its answer.", sent: sent)
        case _ where transfer.starts == 0:
            self.init(.connectFailure, detail: "No connection to \(host) could be made.", sent: .no)
        default:
            self.init(.connectionLost, detail: "The connection to \(host) broke.", sent: sent)
        }
    }

    /// The deadline passed.
    static func timeout(_ request: OutgoingRequest, sent: Sent) -> CallFailure {
        let milliseconds = request.policy.timeout / .milliseconds(1)
        let text = milliseconds.rounded() == milliseconds ? String(Int(milliseconds)) : String(milliseconds)
        return CallFailure(
            .timeout,
            detail: "\(request.host):\(request.port) did not answer in full within \(text) ms.",
            sent: sent
        )
    }

    /// The address may not be called.
    static func blocked(_ request: OutgoingRequest) -> CallFailure {
        CallFailure(
            .blockedAddress,
            detail: """
                \(request.host) leads to an address that is not globally reachable; list its network under \
                "allow_networks" if it is meant to be called.
                """,
            sent: .no
        )
    }
}
