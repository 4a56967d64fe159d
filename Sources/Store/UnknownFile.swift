internal import FlowAction

/// The warnings of files and folders that nothing reads, and whose names are near to those of the store.
enum UnknownFile {
    /// What names beside the store's own mean, in lower case and without `-`, `_` and blanks.
    private static let names = [
        "flowhook.yaml": SettingsReader.file, "flowhook.yml": SettingsReader.file,
        "fields.json": FieldsReader.file, "field.json": FieldsReader.file, "fields.yaml": FieldsReader.file,
        "program.yaml": program, "program.yml": program,
        "mytokens.yaml": tokens, "mytokens.yml": tokens, "mytoken.yaml": tokens, "mytoken.yml": tokens,
    ]
    /// The same of folders.
    private static let folders = [
        "webhooks": "webhooks", "webhook": "webhooks",
        "marketingactivities": ProgramsReader.folder, "marketingactivity": ProgramsReader.folder,
        "tests": CaseLoader.folder,
    ]
    /// The My Tokens that every program inherits.
    private static let tokens = "\(ProgramsReader.folder)/my-tokens.yaml"
    /// Where a program is, below.
    private static let program = "\(ProgramsReader.folder)/PROGRAM/program.yaml"

    /// Looks at the names of the store itself; those that are like none of its own are their owner's matter.
    static func inStore(_ listing: StoreFiles.Listing) -> [Findings] {
        let read = "a store is read from flowhook.yaml, fields.json, webhooks/, marketing-activities/ and tests/"
        let files = listing.files.compactMap { name in
            meant(by: name, in: names).map { finding(name, "nothing reads this file; \(read)", $0) }
        }
        return files
            + listing.folders.compactMap { name in
                (meant(by: name, in: folders) ?? misspelt(name) ?? cases(name, listing)).map {
                    finding(name, "nothing reads this folder; \(read)", "\($0)/")
                }
            }
    }

    /// A file of a folder or program that is none of those that are read there.
    static func inFolder(_ name: String, at path: String) -> Findings {
        finding(
            path,
            "nothing reads this file; a folder holds my-tokens.yaml and program.yaml",
            NearestWord.find(name, among: ["my-tokens.yaml", "program.yaml"])
        )
    }

    /// A file among those of YAML whose ending is near to theirs; `nil` for others, such as a README.
    static func amongYAML(_ name: String, at path: String) -> Findings? {
        yaml(meantBy: name).map {
            finding(path, "nothing reads this file; the ending is .yaml or .yml, in lower case", $0)
        }
    }

    /// Whether a name's ending would be that of YAML but for its capitals.
    static func hasEndingInCapitals(_ name: String) -> Bool {
        guard let last = name.utf8.last, last | 0x20 == UInt8(ascii: "l"), !StoreFiles.isYAML(name) else {
            return false
        }
        return StoreFiles.isYAML(name.lowercased())
    }

    /// Whether a name has the ending of text behind that of YAML.
    static func isYAMLAsText(_ name: String) -> Bool {
        name.lowercased().hasSuffix(".txt") && StoreFiles.isYAML(String(name.dropLast(4)))
    }

    /// The name with the ending of YAML: for one in capitals, that of text behind it, that of JSON, or none at all.
    ///
    /// Names such as `LICENSE`, which begin with a capital, have none by custom.
    static func yaml(meantBy name: String) -> String? {
        if StoreFiles.isYAML(name) { return name }
        let lower = name.lowercased()
        if lower.hasSuffix(".txt") {
            let bare = String(name.dropLast(4))
            return StoreFiles.isYAML(bare.lowercased()) ? yaml(meantBy: bare) : nil
        }
        if lower.hasSuffix(".json") { return name.dropLast(5) + ".yaml" }
        guard let dot = name.lastIndex(of: ".") else { return name.first?.isLowercase == true ? "\(name).yaml" : nil }
        return hasEndingInCapitals(name) ? name[..<dot] + name[dot...].lowercased() : nil
    }

    /// The long names alone: a folder `rests` may be its owner's.
    private static func misspelt(_ name: String) -> String? {
        let names = ["webhooks", ProgramsReader.folder]
        return names.contains(name) ? nil : NearestWord.find(name, among: names)
    }

    /// A folder `test` where there is no `tests`: with cases in it `flowhook test` would say that all is well.
    private static func cases(_ name: String, _ listing: StoreFiles.Listing) -> String? {
        name == "test" && !listing.folders.contains(CaseLoader.folder) ? CaseLoader.folder : nil
    }

    private static func meant(by name: String, in words: [String: String]) -> String? {
        var word = name.lowercased()
        // An editor or a mail program puts it behind the ending.
        if word.hasSuffix(".txt") { word.removeLast(4) }
        let meant = words[word.filter { $0 != "-" && $0 != "_" && $0 != " " }]
        return meant == name ? nil : meant
    }

    private static func finding(_ path: String, _ message: String, _ suggestion: String?) -> Findings {
        var findings = Findings(file: path)
        findings.add(.warning, "unknown-file", message, suggestion: suggestion)
        return findings
    }
}
