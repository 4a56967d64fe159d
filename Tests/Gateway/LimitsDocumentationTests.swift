import Glibc
import Testing

@testable import FlowAction
@testable import Gateway
@testable import Store

/// The page of limits says what the code does.
@Suite struct LimitsDocumentationTests {
    private static let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()

    private static func read(_ path: String) throws -> String {
        let file = try #require(fopen("\(root)/\(path)", "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = getc(file), byte != EOF { bytes.append(UInt8(byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func size(_ bytes: Int) -> String {
        bytes % (1 << 20) == 0 ? "\(bytes >> 20) MiB" : bytes % 1_024 == 0 ? "\(bytes >> 10) KiB" : "\(bytes) bytes"
    }

    private static func count(_ number: Int) -> String {
        number < 1_000 ? "\(number)" : "\(number / 1_000),\(String(number % 1_000 + 1_000).dropFirst())"
    }

    private static let settings = Settings()
    private static let transferSeconds = Int(FastCGIServer.transferNanoseconds / 1_000_000_000)

    /// Rows whose default is a value of the code.
    private static let values: [(String, String)] = [
        ("Body of a request", size(settings.maxRequestBytes)),
        ("Variables that the web server sends with a request", size(Screen.maximumParameterBytes)),
        ("The same with the padding of their records", size(RequestRelay.maximumHeadBytes)),
        ("Time for a request to arrive", "\(transferSeconds) s"),
        ("Time for an answer to be taken", "\(transferSeconds) s"),
        ("Silence of a new connection", "\(transferSeconds) s"),
        ("Held for requests that arrive and answers that leave", size(FastCGIServer.maximumHeldBytes)),
        ("Connections that wait to be accepted", count(Int(ListeningSocket.backlog))),
        ("Requests in flight", count(settings.maxInFlight)),
        ("`tokens` of a request", count(FlowActionRequest.maximumTokens)),
        ("Body of a request, as a CGI program: time", "\(CGIProgram.bodySeconds) s"),
        ("Rendered URL", size(Renderer.maximumURLBytes)),
        ("Rendered headers", size(Renderer.maximumHeaderBytes)),
        ("Rendered payload", size(settings.maxPayloadBytes)),
        ("Body of a 2xx response, decompressed", size(settings.maxResponseBytes)),
        ("Failures in a row after which a host's circuit opens", count(settings.circuitFailures)),
        ("How long it stays open", "\(settings.circuitOpenFor.components.seconds) s"),
        ("Names looked up at once", count(Resolver.defaultThreads * Resolver.growth)),
        ("Response in the activity", size(FlowActionAnswer.Activity.maximumResponseBytes)),
        ("A file", size(StoreFiles.maximumBytes)),
        ("Folders inside one another", count(FolderWalk.maximumDepth)),
        ("Ways to one folder, over links", count(FolderWalk.maximumWays)),
        ("Programs in one answer of `/programs`", count(ProgramListing.pageLength)),
        ("Requests in flight after the signal to stop", "\(Server.drainSeconds) s"),
        ("Idle kept connections after the signal to stop", "\(FastCGIServer.idleNanoseconds / 1_000_000_000) s"),
        ("A call, from the look-up to the last byte and every retry", "\(CallPolicy().timeout.components.seconds) s"),
    ]

    /// Rows whose default is private to a file, with the words there.
    private static let declarations: [(row: String, value: String, file: String, words: String)] = [
        ("Attributes of an XML element", "256", "XML/XMLScreen.swift", "maximumAttributes = 256"),
        (
            "Reason phrase in the activity", "1 KiB", "FlowAction/Answer/Activity.swift",
            "maximumErrorTypeBytes = 1_024"
        ),
        (
            "Different names of elements and attributes in XML", "4,096", "XML/XMLScreen.swift",
            "maximumNames = 4_096"
        ),
        (
            "Compressions of a response, one inside the other", "4", "Gateway/Calls/ContentDecoder.swift",
            "maximumLayers = 4"
        ),
        ("Findings told of one file", "200", "Store/Findings.swift", "most = 200"),
        (
            "Activity lines that wait to be written", "16 MiB", "Gateway/Observe/ActivityLog.swift",
            "maximumBytes = 16 << 20"
        ),
        (
            "An answer's wait for its activity line", "5 s", "Gateway/Observe/ActivityLog.swift",
            "longestWait: UInt64 = 5_000_000_000"
        ),
        ("Depth of JSON", "64", "JSON/JSONParser.swift", "maximumDepth: Int = 64"),
        ("Depth of YAML", "64", "YAML/YAMLParser.swift", "maximumDepth = 64"),
        ("Headers of a response", "64 KiB", "Gateway/Calls/IncomingResponse.swift", "maximumHeaderBytes = 65_536"),
        (
            "Lines of a response's headers", "4,096", "Gateway/Calls/IncomingResponse.swift",
            "maximumHeaderLines = 4_096"
        ),
        ("A secret's file", "1 MiB", "Store/StoreFiles.swift", "maximumBytes: 1 << 20"),
        ("Text of a My Token, in characters", "524,288", "FlowAction/Tokens/MyToken.swift", "maximumText = 524_288"),
        (
            "Log lines that wait to be written", "4 MiB", "Gateway/Observe/LogWriter.swift",
            "maximumBytes: Int = 4 << 20"
        ),
    ]

    @Test func saysWhatTheCodeDoes() throws {
        var rows: [String: String] = [:]
        for line in try Self.read("Sources/flowhook/Documentation.docc/Limits.md").split(separator: "\n") {
            let cells = line.split(separator: "|").map { $0.trimming(" ") }
            if line.hasPrefix("| "), cells.count >= 2, cells[0] != "bound" { rows[cells[0]] = cells[1] }
        }
        for (row, value) in Self.values {
            #expect(rows.removeValue(forKey: row) == value, "\(row)")
        }
        for (row, value, file, words) in Self.declarations {
            #expect(rows.removeValue(forKey: row) == value, "\(row)")
            #expect(try Self.read("Sources/\(file)").contains(words), "\(row): \(file) says otherwise than \(words)")
        }
        #expect(rows.removeValue(forKey: "Connections of web servers") == "half of the descriptors")
        #expect(rows.removeValue(forKey: "Connections to third-party services") == "half of the descriptors")
        // A row that nothing here compares is to be compared.
        #expect(rows.isEmpty)
    }

    /// What the pages call a setting is one.
    @Test func namesSettingsThatExist() throws {
        let reader = try Self.read("Sources/Store/SettingsReader.swift")
        let text = try Self.read("Sources/flowhook/Documentation.docc/Limits.md")
        for setting in [
            "max_request_bytes", "max_in_flight", "max_payload_bytes", "max_response_bytes", "circuit_failures",
            "circuit_open_for",
        ] {
            #expect(text.contains("`\(setting)`"))
            #expect(reader.contains("\"\(setting)\""), "\(setting)")
        }
    }
}

extension Substring {
    fileprivate func trimming(_ character: Character) -> String {
        var text = self
        while text.first == character { text.removeFirst() }
        while text.last == character { text.removeLast() }
        return String(text)
    }
}
