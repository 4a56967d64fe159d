import FlowAction
import Store
import Testing

@Suite struct SettingsReaderTests {
    /// What the command line gets wrong is told as it was written there.
    @Test(arguments: [
        ("log_level", "loud", "--set log_level:1:1: error: --set log_level is to be one of trace,"),
        ("log_levle", "info", "--set log_levle:1:1: error: there is no setting log_levle; did you mean log_level?"),
    ])
    func namesTheOption(key: String, value: String, finding: String) {
        let found = TemporaryStore(["webhooks/a.yaml": "url: https://example.com/\n"]).load(overrides: [(key, value)])
        #expect(found.diagnostics.first?.text.hasPrefix(finding) == true, "\(found.diagnostics)")
    }

    @Test func readsEverySetting() throws {
        let store = TemporaryStore([
            "flowhook.yaml": """
            listen: unix:/run/x.sock
            mount: /hooks
            event_loops: 3
            time_zone: UTC
            munchkin_id: 123-ABC-456
            max_in_flight: 10
            max_request_bytes: 11
            max_response_bytes: 12
            max_payload_bytes: 13
            allow_networks: [10.0.0.0/8, "::1"]
            circuit_failures: 0
            circuit_open_for: 500ms
            circuit_on: 5xx
            proxy: http://127.0.0.1:3128
            log_level: debug
            log_format: text
            activity_log: /var/log/flowhook/activity
            activity_response: true
            """
        ])
        var expected = Settings()
        expected.listen = "unix:/run/x.sock"
        expected.mount = "/hooks"
        expected.eventLoops = 3
        expected.munchkinID = "123-ABC-456"
        expected.maxInFlight = 10
        expected.maxRequestBytes = 11
        expected.maxResponseBytes = 12
        expected.maxPayloadBytes = 13
        expected.allowNetworks = [try #require(NetworkBlock("10.0.0.0/8")), try #require(NetworkBlock("::1"))]
        expected.circuitFailures = 0
        expected.circuitOpenFor = .milliseconds(500)
        expected.circuitCountsServerErrors = true
        expected.proxy = "http://127.0.0.1:3128"
        expected.logLevel = .debug
        expected.logFormat = .text
        expected.activityLog = "/var/log/flowhook/activity"
        expected.activityResponse = true
        #expect(store.load().snapshot?.settings == expected)
    }

    @Test(arguments: [
        "mount: flow", "event_loops: 0", "time_zone: ../etc/passwd", "max_in_flight: many", "max_request_bytes: -1",
        "max_response_bytes: 1.5", "max_payload_bytes: 0", "allow_networks: [10.0.0.0/33]", "allow_networks: host",
        "circuit_failures: -1", "circuit_open_for: 0s", "circuit_on: 4xx", "proxy: 127.0.0.1:3128", "log_level: loud",
        "log_format: xml", "activity_response: maybe", "listen: nonsense", "listen: 'unix:'", "listen: tcp:9000",
        "listen: 'tcp::9000'", "listen: tcp:127.0.0.1:99999", "listen: tcp:a b:9000",
        "listen: unix:/\(String(repeating: "p", count: 107))", "proxy: 'http://'", "proxy: http://a b:99999",
        "proxy: http://proxy:99999", "proxy: 'socks5h://user:pass@:1080'",
        "proxy: http://proxy:0", "proxy: http://proxy.example.com",
    ])
    func refuses(line: String) {
        let result = TemporaryStore(["flowhook.yaml": line]).load()
        #expect(result.diagnostics.filter { $0.severity == .error }.map(\.code) == ["setting"])
        #expect(result.snapshot == nil)
    }

    @Test(arguments: [
        "listen: unix:/run/flowhook.sock", "listen: unix:flowhook.sock", "listen: tcp:127.0.0.1:9000",
        "listen: 'tcp:[::1]:9000'", "listen: tcp:localhost:0", "listen: unix:/\(String(repeating: "p", count: 106))",
        "listen: ''", "proxy: http://proxy.example.com:80",
        "proxy: https://user:p%40ss@proxy:3128/", "proxy: 'socks5h://[::1]:1080'",
    ])
    func takes(line: String) {
        #expect(TemporaryStore(["flowhook.yaml": line]).load().diagnostics.isEmpty)
    }

    @Test func theCommandLineWinsOverTheEnvironmentAndThatOverTheFile() {
        let store = TemporaryStore(["flowhook.yaml": "mount: /file\nmax_in_flight: 1\nlog_level: error\n"])
        let environment = ["FLOWHOOK_MOUNT": "/environment", "FLOWHOOK_MAX_IN_FLIGHT": "2"]
        let settings = store.load(overrides: [("mount", "/line")], environment: environment).snapshot?.settings
        #expect(settings?.mount == "/line")
        #expect(settings?.maxInFlight == 2)
        #expect(settings?.logLevel == .error)
    }

    @Test func namesTheNetworkThatIsNone() {
        let yaml = "allow_networks:\n  - 127.0.0.0/8\n  - '*'\n  - 10.0.0.0/8\n"
        let found = TemporaryStore(["flowhook.yaml": yaml]).load().diagnostics
        #expect(found.map(\.line) == [3] && found.map(\.column) == [5])
    }

    @Test func anEmptyVariableTakesASettingOfTheFileBack() {
        let store = TemporaryStore(["flowhook.yaml": "proxy: http://proxy:3128\ncircuit_on: 5xx\nlisten: tcp:h:9000\n"])
        #expect(store.load().snapshot?.settings.proxy == "http://proxy:3128")
        let environment = ["FLOWHOOK_PROXY": "", "FLOWHOOK_CIRCUIT_ON": "", "FLOWHOOK_LISTEN": ""]
        let settings = store.load(environment: environment).snapshot?.settings
        #expect(settings?.proxy == nil && settings?.circuitCountsServerErrors == false && settings?.listen == nil)
    }

    @Test func warnsOfVariablesThatSetNothing() {
        let environment = ["FLOWHOOK_LOGLEVEL": "debug", "FLOWHOOK_STORE": "/x", "FLOWHOOK_MINE": "1", "LOGLEVEL": "x"]
        let found = TemporaryStore().load(environment: environment).diagnostics
        #expect(found.map(\.file) == ["FLOWHOOK_LOGLEVEL"])
        #expect(found.first?.severity == .warning)
        #expect(found.first?.suggestion == "FLOWHOOK_LOG_LEVEL")
    }

    @Test func namesTheVariableOrOptionThatIsWrong() {
        let lists = ["10.1.0.0/16, fd00::/8", "[10.1.0.0/16,fd00::/8]", "10.1.0.0/16,fd00::/8"].map { list in
            TemporaryStore().load(environment: ["FLOWHOOK_ALLOW_NETWORKS": list]).snapshot?.settings.allowNetworks
        }
        #expect(lists.allSatisfy { $0?.count == 2 && $0 == lists[0] })
        let result = TemporaryStore().load(overrides: [("log_levle", "x")], environment: ["FLOWHOOK_MOUNT": "x"])
        #expect(result.diagnostics.map(\.file) == ["--set log_levle", "FLOWHOOK_MOUNT"])
    }
}
