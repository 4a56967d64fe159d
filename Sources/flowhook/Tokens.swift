internal import ArgumentParser
internal import FlowAction
internal import JSON
internal import Store

/// `flowhook tokens`.
struct Tokens: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the My Tokens of a program, its own and those it inherits.",
        discussion: "Exit status 0, 2 where there is no such program, 78 where the store does not load."
    )

    @OptionGroup var options: StoreOptions

    @Argument(help: "The program's id, its path below marketing-activities, or its name; or a folder's path.")
    var program: String

    @Option(help: "text or json.")
    var format = OutputFormat.text

    func run() throws {
        let snapshot = try options.snapshot(secrets: .placeholder)
        let listing: TokenListing
        do throws(Problem) {
            listing = try TokenListing(of: snapshot.tree, for: .text(program))
        } catch {
            throw printProblem(error)
        }
        switch format {
        case .json: printJSON(listing.json)
        case .text: for line in Self.table(listing) { print(line) }
        }
    }

    /// The listing as aligned columns.
    static func table(_ listing: TokenListing) -> [String] {
        let rows =
            [["NAME", "TYPE", "VALUE", "ORIGIN", "FILE"]]
            + listing.tokens.map { row in
                [
                    row.token.name, row.token.type.rawValue, oneLine(row.token.value), row.origin.rawValue,
                    row.token.file,
                ]
            }
        let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            let line = cells.joined(separator: "  ")
            return String(line.prefix(line.count - (widths[4] - row[4].count)))
        }
    }

    /// A value as a table shows it: the first line, cut.
    private static func oneLine(_ value: String) -> String {
        let line = value.prefix { !$0.isNewline }
        return line.count <= 40 && line.count == value.count ? value : "\(line.prefix(39))…"
    }
}
