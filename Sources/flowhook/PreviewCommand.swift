internal import ArgumentParser
internal import FlowAction
internal import Gateway
internal import JSON
internal import Store

/// `flowhook preview`.
struct PreviewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview",
        abstract: "Shows the request that a flow action would send, and sends nothing.",
        discussion:
            "Exit status 0, 1 where the request cannot be rendered, 2 with a problem, 78 where the store does not load."
    )

    @OptionGroup var request: RequestFile

    func run() throws {
        let snapshot = try request.snapshot(secrets: .placeholder)
        let body = try request.body()
        let preview: Preview
        do throws(Problem) {
            preview = try Pipeline(snapshot: snapshot).preview(body, Pipeline.Context())
        } catch {
            throw request.fail(error)
        }
        print(String(decoding: preview.json.prettyPrinted, as: UTF8.self))
        if preview.error != nil { throw ExitCode(1) }
    }
}
