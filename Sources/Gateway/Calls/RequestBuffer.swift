internal import CCurl
internal import FlowAction
internal import Glibc
internal import JSON

/// The header lines and the body of a request as libcurl reads them while the request is under way, in one piece of memory
/// that serves call after call.
struct RequestBuffer: ~Copyable {
    /// The lines (`CURLOPT_HTTPHEADER`), with those that keep libcurl from adding headers of its own: a name alone.
    private(set) var headers: UnsafeMutablePointer<curl_slist>?
    /// The body (`CURLOPT_POSTFIELDS`), never null.
    private(set) var body: UnsafeMutableRawPointer
    private var start: UnsafeMutableRawPointer
    private var capacity: Int

    /// How much memory a request has at first, and how much is kept after a larger one.
    private static let keptBytes = 1_024

    /// From how many bytes of body on libcurl would ask the service first whether it wants them.
    private static let expectBytes = 1_024

    /// Makes an empty buffer.
    init() {
        capacity = Self.keptBytes
        start = .allocate(byteCount: capacity, alignment: MemoryLayout<curl_slist>.alignment)
        body = start
    }

    deinit { start.deallocate() }

    /// Writes a request; libcurl must not read the one before any more.
    mutating func write(_ request: OutgoingRequest) {
        // By position, and never taken out: each header taken out is two texts to count references to.
        request.headers.withUnsafeBufferPointer { write($0, request.body) }
    }

    private mutating func write(_ fields: UnsafeBufferPointer<OutgoingRequest.HeaderField>, _ requestBody: [UInt8]?) {
        let maximumNodes = fields.count + 4
        let nodeBytes = maximumNodes * MemoryLayout<curl_slist>.stride
        var lineBytes = 0
        for index in fields.indices { lineBytes += fields[index].name.utf8.count + fields[index].value.utf8.count + 3 }
        let bodyCount = requestBody?.count ?? 0
        // One more, so that an empty body has an address too.
        reserve(nodeBytes + lineBytes + bodyCount + 1)

        var lines = Lines(nodes: start.bindMemory(to: curl_slist.self, capacity: maximumNodes))
        var writer = ByteWriter(end: start + nodeBytes)
        var (hasAccept, hasContentType, hasUserAgent) = (false, false, false)
        for index in fields.indices {
            let line = writer.end.assumingMemoryBound(to: CChar.self)
            let length = writer.append(fields[index].name)
            switch length {
            case 6: hasAccept = hasAccept || strncasecmp(line, "accept", length) == 0
            case 10: hasUserAgent = hasUserAgent || strncasecmp(line, "user-agent", length) == 0
            case 12: hasContentType = hasContentType || strncasecmp(line, "content-type", length) == 0
            default: break
            }
            // curl takes "Name:" for "none of this", with blanks behind it too; an empty value is "Name;"
            // (CURLOPT_HTTPHEADER).
            if fields[index].value.utf8.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) {
                writer.append(UInt8(ascii: ";"))
            } else {
                writer.append(UInt8(ascii: ":"))
                writer.append(UInt8(ascii: " "))
                writer.append(fields[index].value)
            }
            writer.append(0)
            lines.add(line)
        }
        if !hasAccept { lines.add("Accept:") }
        if !hasContentType { lines.add("Content-Type:") }
        if !hasUserAgent { lines.add("User-Agent:") }
        if bodyCount >= Self.expectBytes { lines.add("Expect:") }
        headers = lines.count > 0 ? lines.nodes : nil
        body = writer.end
        requestBody?.withUnsafeBytes { writer.append($0) }
    }

    /// Gives memory back that a large request took; libcurl must not read the request any more.
    mutating func shrink() {
        guard capacity > Self.keptBytes else { return }
        allocate(Self.keptBytes)
    }

    private mutating func reserve(_ count: Int) {
        if count > capacity { allocate(count) }
    }

    private mutating func allocate(_ count: Int) {
        start.deallocate()
        capacity = count
        start = .allocate(byteCount: count, alignment: MemoryLayout<curl_slist>.alignment)
        headers = nil
        body = start
    }

    /// Nodes of a list, one behind the other.
    private struct Lines {
        let nodes: UnsafeMutablePointer<curl_slist>
        var count = 0

        mutating func add(_ line: UnsafeMutablePointer<CChar>) {
            (nodes + count).initialize(to: curl_slist(data: line, next: nil))
            if count > 0 { nodes[count - 1].next = nodes + count }
            count += 1
        }

        mutating func add(_ line: StaticString) {
            add(UnsafeMutableRawPointer(mutating: line.utf8Start).assumingMemoryBound(to: CChar.self))
        }
    }

    /// Appends to memory that is known to suffice.
    private struct ByteWriter {
        var end: UnsafeMutableRawPointer

        mutating func append(_ byte: UInt8) {
            end.storeBytes(of: byte, as: UInt8.self)
            end += 1
        }

        mutating func append(_ bytes: UnsafeRawBufferPointer) {
            if let start = bytes.baseAddress { memcpy(end, start, bytes.count) }
            end += bytes.count
        }

        /// - Returns: how many bytes the text has.
        @discardableResult
        mutating func append(_ text: String) -> Int {
            text.withBytes { bytes in
                append(UnsafeRawBufferPointer(bytes))
                return bytes.count
            }
        }
    }
}
