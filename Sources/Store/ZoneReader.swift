internal import FlowAction

/// Reads the rules of a time zone from the system's database (Debian's `tzdata`).
struct ZoneReader {
    private static let directory = "/usr/share/zoneinfo"

    /// Reads a zone by its IANA name; `UTC` needs no file.
    func read(_ name: String, _ diagnostics: inout [Diagnostic]) -> TimeZoneRules {
        if name == "UTC" { return .utc }
        let files = StoreFiles(directory: Self.directory)
        if let bytes = try? files?.readOutside(name), let rules = TimeZoneRules(tzif: bytes) { return rules }
        var findings = Findings(file: SettingsReader.file)
        findings.add(
            .error,
            "time-zone",
            "\"time_zone\": \(Self.directory) has no zone \"\(name)\"; install tzdata, or give an IANA name such as Europe/Berlin"
        )
        diagnostics += findings.diagnostics
        return .utc
    }
}
