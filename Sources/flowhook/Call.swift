internal import ArgumentParser
internal import FlowAction
internal import Gateway
internal import JSON
internal import Store

/// `flowhook call`.
struct Call: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs a flow action and prints its answer.",
        discussion: """
            Exit status 0 for updated or sent, 1 for rejected or failed, 2 with a problem, 66 where the request cannot be \
            read, 78 where the store does not load.
            """
    )

    @OptionGroup var request: RequestFile

    func run() throws {
        let snapshot = try request.options.snapshot(secrets: .required)
        let body = try request.body()
        let loop = try EventLoop(name: "flowhook")
        loop.start()
        let caller = Caller(loop: loop, resolver: Resolver(threads: 2))
        // The caller belongs to the loop's thread until that has ended.
        defer { withExtendedLifetime(caller) { loop.stop() } }
        let result = loop.wait { () async -> Result<FlowActionAnswer, Problem> in
            do throws(Problem) {
                return .success(
                    try await Pipeline(snapshot: snapshot).callWebhook(body, Pipeline.Context()) { outgoing in
                        await caller.send(outgoing, settings: CallSettings(snapshot.settings))
                    }
                )
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .failure(let problem): throw printProblem(problem)
        case .success(let answer):
            printJSON(try JSONValue(parsing: answer.serialized))
            if answer.outcome == .rejected || answer.outcome == .failed { throw ExitCode(1) }
        }
    }
}
