import ArgumentParser

/// The command.
@main
struct Flowhook: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "flowhook", abstract: "Calls webhooks for leads.")
}
