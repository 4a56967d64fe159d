internal import FlowAction

/// Findings that are there only because another file cannot be read: hundreds of them would hide the one that matters.
enum Consequences {
    /// The codes of errors that leave nothing of a file.
    private static let fatal: Set = [
        "fields", "json-syntax", "mapping-expected", "merge-conflict", "not-utf-8", "too-large", "unreadable",
        "yaml-alias", "yaml-depth", "yaml-documents", "yaml-key", "yaml-syntax", "yaml-token",
    ]

    /// The findings without those that the errors among them bring about.
    static func leftOut(of diagnostics: [Diagnostic]) -> [Diagnostic] {
        let errors = diagnostics.filter { $0.severity == .error }
        let unread = errors.filter { fatal.contains($0.code) }.map(\.file)
        let hasFields = !unread.contains(FieldsReader.file)
        let hasTokens = !unread.contains { $0.hasPrefix("\(ProgramsReader.folder)/") }
        let hasNetworks = !errors.contains { error in
            error.file == SettingsReader.file
                && (fatal.contains(error.code) || error.message.hasPrefix("\"allow_networks\"")
                    || error.suggestion == "allow_networks")
        }
        return diagnostics.filter { diagnostic in
            switch diagnostic.code {
            case "unknown-field": hasFields
            case "unknown-my-token": hasTokens
            case "private-address": hasNetworks
            case "program-url": hasNetworks || !diagnostic.message.contains("not globally reachable")
            default: true
            }
        }
    }
}
