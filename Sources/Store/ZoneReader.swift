internal import FlowAction

/// Reads the rules of a time zone from the system's database (Debian's `tzdata`).
struct ZoneReader {
    /// The database.
    static let directory = "/usr/share/zoneinfo"

    /// Reads a zone by its IANA name; `UTC` needs no file.
    ///
    /// - Returns: UTC where there is no such zone, which the reading of settings has refused already.
    func read(_ name: String) -> TimeZoneRules {
        rules(of: name) ?? .utc
    }

    /// Whether there is such a zone.
    func knows(_ name: String) -> Bool {
        rules(of: name) != nil
    }

    /// The names of the zones, from the list that the database has beside its files; empty where it has none.
    var names: [String] {
        guard let bytes = try? StoreFiles(directory: Self.directory).readOutside("tzdata.zi") else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            // A zone is `Z NAME …`, a link to one `L TARGET NAME`.
            let words = line.split(separator: " ")
            switch words.first {
            case "Z" where words.count > 1: return String(words[1])
            case "L" where words.count > 2: return String(words[2])
            default: return nil
            }
        }
    }

    private func rules(of name: String) -> TimeZoneRules? {
        if name == "UTC" { return .utc }
        guard Self.isZoneName(name), let bytes = try? StoreFiles(directory: Self.directory).readOutside(name) else {
            return nil
        }
        return TimeZoneRules(tzif: bytes)
    }

    private static func isZoneName(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix("/") && !name.contains("..")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "+"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
