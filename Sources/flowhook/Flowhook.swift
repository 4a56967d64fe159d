internal import ArgumentParser
internal import FlowAction

/// The command: one file a subcommand, wiring only.
struct Flowhook: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flowhook",
        abstract: "Calls a third-party service for a lead and maps the answer to lead fields.",
        discussion: """
            Flowhook answers flow action requests over FastCGI or CGI, behind a web server such as nginx. Webhooks and \
            My Tokens are flat files in a store: the directory of --store, else of FLOWHOOK_STORE, else /etc/flowhook.
            """,
        version: "flowhook \(Version.current)",
        subcommands: [
            Serve.self, Check.self, PreviewCommand.self, Call.self, Test.self, Tokens.self, Init.self, Import.self,
        ]
    )
}
