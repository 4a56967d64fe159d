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
        discussion: """
            Exit status 0, 1 where the request cannot be rendered, 2 with a problem, 66 where it cannot be read, 78 where \
            the store does not load.
            """
    )

    @OptionGroup var request: RequestFile

    func run() throws {
        let snapshot = try request.options.snapshot(secrets: .placeholder)
        let body = try request.body()
        let preview: Preview
        do throws(Problem) {
            preview = try Pipeline(snapshot: snapshot).preview(body, Pipeline.Context())
        } catch {
            throw printProblem(error)
        }
        printJSON(preview.json)
        if preview.error != nil { throw ExitCode(1) }
    }
}
