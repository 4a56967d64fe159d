internal import CCurl
internal import CLinux
internal import FlowAction
internal import Glibc

/// One request and its response over libcurl: an easy handle, and what can be kept from call to call.
///
/// The handle's callbacks run on the loop that performs it and fill this object.
final class Transfer {
    /// The handle, as long as the transfer is awake; the caller adds it to its multi handle.
    var easy: UnsafeMutableRawPointer {
        guard let handle else { preconditionFailure("the transfer is at rest") }
        return handle
    }
    private var handle: UnsafeMutableRawPointer?
    /// The parts of ``url``.
    private let urlParts: OpaquePointer
    /// Who waits for the result.
    var continuation: UnsafeContinuation<CURLcode, Never>?
    /// Where it stands among the transfers of its group.
    var position = 0

    /// The socket that libcurl waited for last; `nil` where it has for none.
    var descriptor: curl_socket_t?

    /// The sockets that were opened for the request.
    private(set) var opened: [curl_socket_t] = []

    /// Opens and closes the sockets of the handle's connections.
    let sockets: CallSockets
    /// The sessions of the loop's TLS connections.
    let sessions: TLSSessions
    private var request = RequestBuffer()
    private var resolveList: UnsafeMutablePointer<curl_slist>?
    /// Where libcurl says what went wrong.
    let errorBuffer: UnsafeMutablePointer<CChar>
    /// The address that ``policy`` has permitted last, as curl writes it; empty where none was.
    private let permittedPeer: UnsafeMutablePointer<CChar>
    private var policy = AddressPolicy(allowing: [])
    private var isIdempotent = false
    /// What has come of the response.
    var response = IncomingResponse(maximumBodyBytes: 0)

    // What the handle is set to: an option is set again where the next call's differs.
    private var url = ""
    private var isURLParsed = false
    private var proxy: String?
    private var milliseconds = 0
    private var connectMilliseconds = 0
    private var method: RequestType?
    private var postedBytes: Int?
    private var closesConnection = false
    private var hasTLS = false
    /// `nil`: the system's authorities alone.
    private var tls: CallPolicy.TLSFiles?

    /// Whether an address was refused, and none that is permitted was tried.
    var isBlocked: Bool { hasRefused && !hasTried && !isShortOfSockets }
    private var hasRefused = false
    /// Whether a connection to a permitted address was begun, or a kept one was given the request.
    private var hasTried = false
    /// Whether there was no socket for a permitted address: the process or the system has too many.
    private var isShortOfSockets = false
    /// Whether no host had a part in what became of the request, for want of sockets.
    var isKeptBack: Bool { isShortOfSockets && !hasTried }
    /// That of the addresses which are tried at once; `nil` where there is one at most.
    private var race: AddressRace?
    /// How often the request was about to be written to a connection.
    private(set) var starts = 0
    /// Whether libcurl has begun anew by itself. It counts how often a handle does so, whatever call it is for, and gives up
    /// at the sixth time: such a handle is not to be used again.
    private(set) var isWorn = false

    /// How much room there is for ``permittedPeer``: the longest address with a zone, and its end.
    private static let peerBytes = 64

    /// How long an idle connection may be used again, in seconds: below the five that common servers wait before they
    /// close one, since a request that meets the close may or may not have been taken.
    static let maximumIdleSeconds = 4

    /// Makes a transfer without a handle.
    ///
    /// - Parameters:
    ///   - sockets: opens and closes the sockets of the handle's connections.
    ///   - sessions: those of the loop's TLS connections.
    init?(sockets: CallSockets, sessions: TLSSessions) {
        guard let urlParts = curl_url() else { return nil }
        self.sessions = sessions
        self.urlParts = urlParts
        self.sockets = sockets
        errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE) + Self.peerBytes)
        permittedPeer = errorBuffer + Int(CURL_ERROR_SIZE)
        permittedPeer[0] = 0
    }

    deinit {
        if let handle { curl_easy_cleanup(handle) }
        curl_url_cleanup(urlParts)
        curl_slist_free_all(resolveList)
        errorBuffer.deallocate()
    }

    // MARK: The handle

    /// Before 8.1.1 libcurl takes a first line of headers that begins with a blank for more of the last call's, which it has
    /// let go of (curl's issue 11101): a service could make it write anywhere. There a handle is of use for one call.
    private static let keepsHandles = flowhook_curl_version() >= 0x08_01_01

    /// Makes a handle where there is none.
    ///
    /// - Returns: `false` where there is no memory for one.
    func wake() -> Bool {
        if handle != nil { return true }
        guard let easy = curl_easy_init() else { return false }
        handle = easy
        (proxy, method, postedBytes, tls) = (nil, nil, nil, nil)
        (milliseconds, connectMilliseconds, closesConnection, hasTLS) = (0, 0, false, false)
        setCommonOptions(easy)
        if !url.isEmpty { setParsedURL() }
        return true
    }

    /// Lets go of what the last call left, once its result is taken.
    func rest() {
        response = IncomingResponse(maximumBodyBytes: 0)
        guard !Self.keepsHandles || isWorn, let handle else { return }
        curl_easy_cleanup(handle)
        self.handle = nil
    }

    // The caller keeps every transfer alive for as long as curl knows its handle.
    /// The transfer of a callback's context.
    static func from(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// The transfer of a handle.
    static func of(_ easy: UnsafeMutableRawPointer) -> Transfer? {
        from(flowhook_get_private(easy))
    }

    // MARK: Setting up

    /// Readies the handle for a request.
    ///
    /// - Parameters:
    ///   - place: where the name that curl connects to is; `nil` where it needs no look-up.
    ///   - milliseconds: what is left of the deadline, above 0.
    ///   - connecting: how much of that a connection may take, its handshake included, above 0; `nil`: all of it.
    func prepare(
        _ request: OutgoingRequest,
        place: KnownPlace?,
        settings: CallSettings,
        milliseconds: Int,
        connecting: Int? = nil
    ) {
        errorBuffer[0] = 0
        response = IncomingResponse(maximumBodyBytes: settings.maxResponseBytes)
        (hasRefused, hasTried, isShortOfSockets) = (false, false, false)
        starts = 0
        descriptor = nil
        if !opened.isEmpty { opened = [] }
        race = place.map { $0.addresses.count > 1 } ?? false ? AddressRace() : nil
        if !policy.isMade(of: settings.allowNetworks) {
            policy = AddressPolicy(allowing: settings.allowNetworks)
            permittedPeer[0] = 0
        }
        isIdempotent = request.method != .post && request.method != .patch
        if url != request.url { setURL(request.url) }
        if proxy != settings.proxy {
            proxy = settings.proxy
            flowhook_set_pointer(easy, CURLOPT_PROXY, proxy)
            flowhook_set_pointer(easy, CURLOPT_NOPROXY, proxy == nil ? "*" : "")
        }
        if self.milliseconds != milliseconds {
            self.milliseconds = milliseconds
            flowhook_set_long(easy, CURLOPT_TIMEOUT_MS, milliseconds)
        }
        // 0 stands for libcurl's default, ten times as long as the longest deadline.
        if connectMilliseconds != connecting ?? 0 {
            connectMilliseconds = connecting ?? 0
            flowhook_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, connectMilliseconds)
        }
        if closesConnection != CallSockets.areScarce {
            closesConnection.toggle()
            flowhook_set_long(easy, CURLOPT_FORBID_REUSE, closesConnection ? 1 : 0)
        }
        self.request.write(request)
        flowhook_set_list(easy, CURLOPT_HTTPHEADER, self.request.headers)
        setMethod(request)
        if request.isSecure { setTLS(request.policy.tls) }
        if place != nil || resolveList != nil { setPlace(place) }
    }

    /// Takes the URL apart, once for all calls to it in a row; one that libcurl cannot take apart it refuses in its own words.
    private func setURL(_ url: String) {
        self.url = url
        isURLParsed = curl_url_set(urlParts, CURLUPART_URL, url, Self.urlFlags) == CURLUE_OK
        setParsedURL()
    }

    private func setParsedURL() {
        flowhook_set_pointer(easy, CURLOPT_CURLU, isURLParsed ? UnsafeRawPointer(urlParts) : nil)
        if !isURLParsed { flowhook_set_pointer(easy, CURLOPT_URL, url) }
    }

    /// What libcurl itself sets where it parses a `CURLOPT_URL`, `CURLOPT_PATH_AS_IS` being on.
    private static let urlFlags = UInt32(CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS)

    /// The request's bytes stand in the buffer already.
    private func setMethod(_ request: OutgoingRequest) {
        if method != request.method {
            method = request.method
            // The two that libcurl chooses by itself.
            let isChosen = request.method == .get || request.method == .post
            flowhook_set_pointer(easy, CURLOPT_CUSTOMREQUEST, isChosen ? nil : request.method.rawValue)
        }
        let count: Int
        switch request.method {
        case .get: return setNoBody()
        case .delete:
            guard let body = request.body else { return setNoBody() }
            count = body.count
        // These methods mean something by a body: its absence is told by a length of 0 (RFC 9110, section 8.6).
        default: count = request.body?.count ?? 0
        }
        if postedBytes != count {
            postedBytes = count
            flowhook_set_long(easy, CURLOPT_POST, 1)
            flowhook_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(count))
        }
        flowhook_set_pointer(easy, CURLOPT_POSTFIELDS, self.request.body)
    }

    private func setNoBody() {
        postedBytes = nil
        flowhook_set_long(easy, CURLOPT_HTTPGET, 1)
    }

    private func setPlace(_ place: KnownPlace?) {
        let list = place.flatMap { curl_slist_append(nil, $0.resolveEntry) }
        flowhook_set_list(easy, CURLOPT_RESOLVE, list)
        curl_slist_free_all(resolveList)
        resolveList = list
    }

    private func setTLS(_ files: CallPolicy.TLSFiles?) {
        if !hasTLS {
            hasTLS = true
            setCommonTLSOptions()
        }
        guard files != tls else { return }
        tls = files
        // Bytes rather than paths: curl compares them where it looks for a connection to use again.
        set(CURLOPT_CAINFO_BLOB, files?.certificateAuthorities)
        set(CURLOPT_SSLCERT_BLOB, files?.clientCertificate)
        set(CURLOPT_SSLKEY_BLOB, files?.clientKey ?? files?.clientCertificate)
    }

    private func set(_ option: CURLoption, _ file: CallPolicy.TLSFiles.File?) {
        guard let file else {
            flowhook_set_blob(easy, option, nil, 0)
            return
        }
        file.contents.withUnsafeBytes { _ = flowhook_set_blob(easy, option, $0.baseAddress, $0.count) }
    }

    /// Hands the result to the one who waits for it; curl must not know the handle any more.
    func finish(_ code: CURLcode) {
        request.shrink()
        let waiting = continuation
        continuation = nil
        waiting?.resume(returning: code)
    }

    // MARK: Callbacks

    /// Opens a socket to an address that may be called; `CURL_SOCKET_BAD` to others.
    func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>?) -> curl_socket_t {
        guard let address else { return CURL_SOCKET_BAD }
        let target = withUnsafePointer(to: &address.pointee.addr) { IPAddress(socketAddress: $0) }
        guard let target, proxy != nil || policy.permits(target) else {
            hasRefused = true
            return CURL_SOCKET_BAD
        }
        let type = address.pointee.socktype | flowhook_closed_on_exec
        let descriptor = sockets.open(whenClosed: race.map { race in { race.lastClosed = target } }) {
            socket(address.pointee.family, type, address.pointee.protocol)
        }
        if descriptor == CURL_SOCKET_BAD {
            isShortOfSockets = true
        } else {
            hasTried = true
            opened.append(descriptor)
        }
        return descriptor
    }

    /// Whether a connection, new or kept, that is about to get the request may get it.
    func isReady(toSendTo peer: UnsafeMutablePointer<CChar>?) -> Bool {
        // curl sends again by itself where a kept connection closes without a byte of answer. The service may have
        // acted on the first, so a method that is not idempotent is not repeated (RFC 9110, section 9.2.2).
        isWorn = starts > 0
        guard starts == 0 || isIdempotent else { return false }
        // A kept connection may be older than the settings.
        guard proxy != nil || isPermitted(peer) else {
            hasRefused = true
            return false
        }
        hasTried = true
        starts += 1
        return true
    }

    private func isPermitted(_ peer: UnsafeMutablePointer<CChar>?) -> Bool {
        guard let peer else { return false }
        if strcmp(peer, permittedPeer) == 0, peer[0] != 0 { return true }
        guard let address = IPAddress(String(cString: peer)), policy.permits(address) else { return false }
        let length = strlen(peer)
        if length < Self.peerBytes { memcpy(permittedPeer, peer, length + 1) }
        return true
    }

    // MARK: Results

    /// How the transfer ended, given how it did for curl, which knows nothing of the body's compression and takes a head
    /// that was cut off for whole.
    func result(_ code: CURLcode) -> CURLcode {
        if code == CURLE_OK {
            guard response.hasHead else { return CURLE_PARTIAL_FILE }
            response.end()
        }
        // What another status than 2xx says needs no body: it counts, whatever comes behind it.
        if response.isBodyUnusable, !(200...299).contains(flowhook_get_long(easy, CURLINFO_RESPONSE_CODE)) {
            response.dropBody()
            return CURLE_OK
        }
        return response.decodingFailure == nil ? code : CURLE_BAD_CONTENT_ENCODING
    }

    /// The end of a sentence on a connection that failed: which way it was to be made, where that may be the cause.
    var way: String { proxy == nil ? "" : " by way of the proxy" }

    /// What the transfer is at, or was when it ended.
    var phase: CallPhase {
        if response.hasBegun { return .read }
        if starts > 0 { return .wait }
        let isSecuring = isConnected && (proxy == nil || tunnelStatus == 200)
        return isSecuring ? .secure : .connect(way: way)
    }

    /// What the proxy answered where it was asked for a tunnel; 0 where it was not, or has not answered.
    var tunnelStatus: Int { flowhook_get_long(easy, CURLINFO_HTTP_CONNECTCODE) }

    /// Whether another address of the name may do: this one took no connection, or none that could be used, and what may
    /// have been sent may be sent again. An answer of a proxy is one, whichever of its addresses gives it.
    func mayDoElsewhere(after code: CURLcode) -> Bool {
        if isBlocked { return true }
        guard !response.hasBegun, proxy == nil || !isConnected else { return false }
        switch code {
        // libcurl repeats by itself what met the end of a kept connection.
        case CURLE_COULDNT_CONNECT: return starts == 0 || isIdempotent
        case CURLE_OPERATION_TIMEDOUT, CURLE_SSL_CONNECT_ERROR: return starts == 0
        default: return false
        }
    }

    /// Which of several addresses took the connection that was of no use, and is closed; `nil` where none was made, and where
    /// there were not several.
    var peer: IPAddress? { isConnected ? race?.lastClosed : nil }

    /// Whether a connection was made, to the service or its proxy.
    private var isConnected: Bool { flowhook_get_long(easy, CURLINFO_NUM_CONNECTS) > 0 }

    /// curl's own words on a failure; for TLS they name the cause, and nothing of the request.
    var curlDetail: String { String(cString: errorBuffer) }

    /// Takes the answer out of the handle.
    func takeAnswer() -> ServiceAnswer {
        response.takeAnswer(
            status: flowhook_get_long(easy, CURLINFO_RESPONSE_CODE),
            contentType: flowhook_get_string(easy, CURLINFO_CONTENT_TYPE)
        )
    }

    /// Adds how long the parts took; what is not curl's to know is left to the caller.
    func add(to timing: inout CallTiming) {
        if flowhook_get_long(easy, CURLINFO_NUM_CONNECTS) > 0 {
            let lookedUp = flowhook_get_offset(easy, CURLINFO_NAMELOOKUP_TIME_T)
            let connected = flowhook_get_offset(easy, CURLINFO_CONNECT_TIME_T)
            let secured = flowhook_get_offset(easy, CURLINFO_APPCONNECT_TIME_T)
            timing.connect += Int64(max(0, connected - lookedUp))
            timing.tls += Int64(max(0, secured - connected))
        }
        timing.firstByte = Int64(flowhook_get_offset(easy, CURLINFO_STARTTRANSFER_TIME_T))
    }
}
