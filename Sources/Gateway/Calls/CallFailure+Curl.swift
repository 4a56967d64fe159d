internal import CCurl
internal import FlowAction

extension CallFailure {
    /// What a code of libcurl (libcurl-errors(3)) means for the one who asked for the call.
    ///
    /// The sentence names the host and the cause, nothing of the request.
    ///
    /// - Parameter bound: the time that the request had, in nanoseconds.
    init(of transfer: Transfer, _ code: CURLcode, _ request: OutgoingRequest, bound: UInt64) {
        let host = "\(request.host):\(request.port)"
        let sent: Sent = transfer.response.hasBegun ? .yes : transfer.starts > 0 ? .maybe : .no
        if let excess = transfer.response.excess {
            self = .tooLarge(excess, host)
            return
        }
        switch code {
        case _ where transfer.isBlocked:
            self = .blocked(request)
        case CURLE_OPERATION_TIMEDOUT:
            self = .timeout(request, bound: bound, transfer.phase)
        case CURLE_COULDNT_RESOLVE_HOST:
            self.init(.lookUpFailure, detail: "The name of \(host) has no address.", sent: sent)
        case CURLE_COULDNT_RESOLVE_PROXY:
            self.init(.lookUpFailure, detail: "The name of the proxy has no address.", sent: sent)
        case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED:
            self = .unconnected(transfer, host, sent: sent)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
            self = .tls(transfer.curlDetail, host + transfer.way, sent: sent)
        // With TLS 1.3 a service refuses the client's certificate only once the client has begun to send.
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR:
            if transfer.curlDetail.contains(" alert ") {
                self = .tls(transfer.curlDetail, host, sent: sent)
            } else if transfer.curlDetail.contains("chunk") {
                self.init(.protocolError, detail: "The body of \(host) is in broken chunks.", sent: .yes)
            } else {
                self = .lost(transfer, host, sent: sent)
            }
        case CURLE_BAD_CONTENT_ENCODING where transfer.response.decodingFailure == .unknown:
            self.init(
                .protocolError,
                detail: """
                    The body of \(host) has a Content-Encoding that is neither gzip nor deflate, or a Transfer-Encoding \
                    other than chunked.
                    """,
                sent: .yes
            )
        case CURLE_BAD_CONTENT_ENCODING:
            self.init(.protocolError, detail: "The compressed body of \(host) is broken or was cut off.", sent: .yes)
        // libcurl says so, by its version, where a header line is longer than it keeps.
        case CURLE_OUT_OF_MEMORY where transfer.starts > 0, Self.tooLarge where transfer.starts > 0:
            self = .tooLarge(IncomingResponse.headExcess, host)
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_WRITE_ERROR:
            self.init(.protocolError, detail: "What \(host) sent is no valid HTTP.", sent: .yes)
        case CURLE_GOT_NOTHING:
            self.init(.connectionLost, detail: "\(host) closed the connection without an answer.", sent: sent)
        case CURLE_PARTIAL_FILE:
            self.init(.connectionLost, detail: "\(host) closed the connection within its answer.", sent: sent)
        default:
            self = .lost(transfer, host, sent: sent)
        }
    }

    /// `CURLE_TOO_LARGE` of libcurl 8.6 and later.
    private static let tooLarge = CURLcode(rawValue: 100)

    private static func lost(_ transfer: Transfer, _ host: String, sent: Sent) -> CallFailure {
        guard transfer.starts > 0 else { return unconnected(transfer, host, sent: .no) }
        return CallFailure(.connectionLost, detail: "The connection to \(host) broke.", sent: sent)
    }

    private static func unconnected(_ transfer: Transfer, _ host: String, sent: Sent) -> CallFailure {
        guard !transfer.isKeptBack else {
            return .keptBack("No descriptor is left for a connection to \(host) (LimitNOFILE).")
        }
        let tunnel = transfer.tunnelStatus
        let cause = tunnel == 0 || tunnel == 200 ? transfer.way : ": the proxy answered \(tunnel) to CONNECT"
        return CallFailure(.connectFailure, detail: "No connection to \(host) could be made\(cause).", sent: sent)
    }

    private static func tooLarge(_ excess: String, _ host: String) -> CallFailure {
        CallFailure(.responseTooLarge, detail: "The response of \(host) is larger than allowed: \(excess).", sent: .yes)
    }

    /// A handshake that failed: the cause in plain words where it is a common one, and what the library says.
    private static func tls(_ said: String, _ host: String, sent: Sent) -> CallFailure {
        let cause = tlsCauses.first { said.contains($0.said) }?.cause
        let words = [cause, said.isEmpty ? nil : cause == nil ? said : "(\(said))"].compactMap(\.self)
        return CallFailure(
            .tlsFailure,
            detail: "The TLS handshake with \(host) failed\(words.isEmpty ? "" : ": ")\(words.joined(separator: " ")).",
            sent: sent
        )
    }

    /// What OpenSSL and libcurl say, and what that means.
    private static let tlsCauses: [(said: String, cause: String)] = [
        ("certificate has expired", "its certificate has expired"),
        ("certificate is not yet valid", "its certificate is not valid yet"),
        ("certificate revoked", "its certificate was revoked"),
        (
            "self-signed certificate in certificate chain",
            "its certificate was issued by an authority that is not trusted"
        ),
        ("self-signed certificate", "its certificate is self-signed, and is not among those that are trusted"),
        ("self signed certificate", "its certificate is self-signed, and is not among those that are trusted"),
        ("unable to get local issuer", "its certificate was issued by an authority that is not trusted"),
        ("no alternative certificate subject name", "its certificate is for another name"),
        ("does not match target host name", "its certificate is for another name"),
        ("unsupported protocol", "it offers no TLS 1.2 or later"),
        ("protocol version", "it offers no TLS 1.2 or later"),
        ("wrong version number", "it does not speak TLS on this port"),
        ("certificate required", "it asks for a client certificate, and the webhook has none"),
        ("alert handshake failure", "it takes none of our ciphers, or asks for a client certificate"),
        ("unknown ca", "it does not trust the webhook's client certificate"),
        ("key values mismatch", "the webhook's client certificate and client key do not belong together"),
        ("unable to set private key", "the webhook's client certificate and client key do not belong together"),
    ]

    /// The time ran out.
    ///
    /// - Parameters:
    ///   - bound: how long the call, or its try, was allowed to take, in nanoseconds.
    ///   - phase: what it was at.
    static func timeout(_ request: OutgoingRequest, bound: UInt64, _ phase: CallPhase) -> CallFailure {
        let host = "\(request.host):\(request.port)"
        let microseconds = bound / 1_000
        let text = microseconds % 1_000 == 0 ? String(microseconds / 1_000) : String(Double(microseconds) / 1_000)
        let (what, sent): (String, Sent) =
            switch phase {
            case .lookUp(let whose): ("\(whose) was not looked up", .no)
            case .connect(let way): ("No connection to \(host) could be made\(way)", .no)
            case .secure: ("The TLS handshake with \(host) did not end", .no)
            case .wait: ("\(host) did not answer", .maybe)
            case .read: ("The answer of \(host) did not end", .yes)
            }
        var failure = CallFailure(.timeout, detail: "\(what) within \(text) ms.", sent: sent)
        if case .lookUp = phase { failure.isBeforeHost = true }
        return failure
    }

    /// No connection could be made, for want of something of our own.
    static func keptBack(_ detail: String) -> CallFailure {
        var failure = CallFailure(.connectFailure, detail: detail, sent: .no)
        failure.isBeforeHost = true
        return failure
    }

    /// The circuit of the host is open.
    static func circuitOpen(_ request: OutgoingRequest) -> CallFailure {
        CallFailure(
            .circuitOpen,
            detail: """
                \(request.host):\(request.port) failed too often in a row; nothing is sent to it for a while \
                (circuit_failures, circuit_open_for).
                """,
            sent: .no
        )
    }

    /// No turn came in time.
    static func rateLimited() -> CallFailure {
        CallFailure(
            .rateLimited,
            detail: "The webhook's limits (max_concurrent, max_rate) left no turn within its timeout.",
            sent: .no
        )
    }
}

/// What a call, or a try of it, was at.
enum CallPhase {
    /// Waiting for the addresses of a name, told as the beginning of a sentence.
    case lookUp(whose: String)
    /// Waiting for a connection, made the way that the end of a sentence tells.
    case connect(way: String)
    /// Waiting for the end of the TLS handshake.
    case secure
    /// Sending the request, and waiting for an answer.
    case wait
    /// Waiting for the rest of an answer.
    case read
}
