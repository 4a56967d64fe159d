import FlowAction
import Testing

@Suite struct CircuitTests {
    private let rule = Circuit.Rule(failures: 3, openFor: .seconds(10), countsServerErrors: false)
    private let second: UInt64 = 1_000_000_000

    private func admit(_ circuit: inout Circuit, at now: UInt64, _ rule: Circuit.Rule) -> Circuit.Pass? {
        circuit.admit(at: now, rule)
    }

    private func fail(_ circuit: inout Circuit, _ count: Int, at now: UInt64 = 0) throws {
        for _ in 0..<count {
            let pass = try #require(admit(&circuit, at: now, rule))
            circuit.record(.failure, of: pass, at: now, rule)
        }
    }

    @Test func opensAtTheCountOfFailuresInARow() throws {
        var circuit = Circuit()
        try fail(&circuit, 2)
        let pass = try #require(admit(&circuit, at: 0, rule))
        circuit.record(.success, of: pass, at: 0, rule)
        try fail(&circuit, 2)
        #expect(circuit.state == .closed)
        try fail(&circuit, 1, at: second)
        #expect(circuit.state == .open)
        #expect(admit(&circuit, at: second, rule) == nil)
        #expect(admit(&circuit, at: 11 * second - 1, rule) == nil)
    }

    @Test func countsNothingOfWhatWeKeptBack() throws {
        var circuit = Circuit()
        try fail(&circuit, 2)
        for _ in 0..<10 {
            let pass = try #require(admit(&circuit, at: 0, rule))
            circuit.record(.nothing, of: pass, at: 0, rule)
        }
        #expect(circuit.state == .closed)
        try fail(&circuit, 1)
        #expect(circuit.state == .open)
    }

    /// After its time one goes through; its success closes the circuit for all.
    @Test func aProbeCloses() throws {
        var circuit = Circuit()
        try fail(&circuit, 3)
        let probe = try #require(admit(&circuit, at: 10 * second, rule))
        #expect(circuit.state == .halfOpen)
        #expect(admit(&circuit, at: 10 * second, rule) == nil)
        circuit.record(.success, of: probe, at: 11 * second, rule)
        #expect(circuit.state == .closed)
        // It counts from nothing again.
        try fail(&circuit, 2)
        #expect(circuit.state == .closed)
    }

    @Test func aProbeOpensAgain() throws {
        var circuit = Circuit()
        try fail(&circuit, 3)
        let probe = try #require(admit(&circuit, at: 10 * second, rule))
        circuit.record(.failure, of: probe, at: 12 * second, rule)
        #expect(circuit.state == .open)
        #expect(admit(&circuit, at: 22 * second - 1, rule) == nil)
        #expect(admit(&circuit, at: 22 * second, rule) != nil)
    }

    /// A probe that says nothing, or is never heard of, does not leave the circuit stuck.
    @Test func aProbeThatDiesMakesWayForAnother() throws {
        var circuit = Circuit()
        try fail(&circuit, 3)
        let blocked = try #require(admit(&circuit, at: 10 * second, rule))
        circuit.record(.nothing, of: blocked, at: 10 * second, rule)
        #expect(circuit.state == .open)
        let lost = try #require(admit(&circuit, at: 10 * second, rule))
        #expect(admit(&circuit, at: 69 * second, rule) == nil)
        let other = try #require(admit(&circuit, at: 70 * second, rule))
        // The lost one turns up after all: it is not the probe any more.
        circuit.record(.success, of: lost, at: 71 * second, rule)
        #expect(circuit.state == .halfOpen)
        circuit.record(.success, of: other, at: 71 * second, rule)
        #expect(circuit.state == .closed)
    }

    /// What was sent before the circuit opened neither closes it nor keeps it open.
    @Test func lateResultsChangeNothing() throws {
        var circuit = Circuit()
        let (early, earlier) = (try #require(admit(&circuit, at: 0, rule)), try #require(admit(&circuit, at: 0, rule)))
        try fail(&circuit, 3)
        circuit.record(.success, of: early, at: second, rule)
        #expect(circuit.state == .open)
        circuit.record(.failure, of: earlier, at: 9 * second, rule)
        let probe = try #require(admit(&circuit, at: 10 * second, rule))
        circuit.record(.success, of: early, at: 10 * second, rule)
        #expect(circuit.state == .halfOpen)
        circuit.record(.success, of: probe, at: 10 * second, rule)
        circuit.record(.failure, of: earlier, at: 10 * second, rule)
        try fail(&circuit, 2)
        #expect(circuit.state == .closed)
    }

    @Test func aLongTimeIsForEver() throws {
        let rule = Circuit.Rule(failures: 1, openFor: .seconds(Int64.max), countsServerErrors: false)
        var circuit = Circuit()
        let pass = try #require(admit(&circuit, at: 0, rule))
        circuit.record(.failure, of: pass, at: 5, rule)
        #expect(circuit.refuses(at: .max - 1, rule))
    }

    @Test func theSettingsTurnItOff() {
        var settings = Settings()
        #expect(Circuit.Rule(settings)?.failures == 20)
        settings.circuitFailures = 0
        #expect(Circuit.Rule(settings) == nil)
    }

    @Test(
        arguments: [
            (200, .success, .success), (302, .success, .success), (404, .success, .success), (429, .success, .success),
            (500, .success, .failure), (501, .success, .failure), (502, .failure, .failure), (503, .failure, .failure),
            (504, .failure, .failure), (599, .success, .failure),
        ] as [(Int, Circuit.Verdict, Circuit.Verdict)]
    )
    func judgesAnswers(status: Int, usual: Circuit.Verdict, every5xx: Circuit.Verdict) {
        let answer = ServiceAnswer(status: status, reasonPhrase: "", contentType: nil, body: [])
        #expect(Circuit.Verdict(.success(answer), rule) == usual)
        let strict = Circuit.Rule(failures: 1, openFor: .seconds(1), countsServerErrors: true)
        #expect(Circuit.Verdict(.success(answer), strict) == every5xx)
    }

    @Test(arguments: CallFailure.Kind.allCases)
    func judgesFailures(type: CallFailure.Kind) {
        let expected: Circuit.Verdict =
            switch type {
            case .timeout, .lookUpFailure, .connectFailure, .tlsFailure, .connectionLost, .protocolError: .failure
            case .blockedAddress, .circuitOpen, .rateLimited, .renderFailure: .nothing
            default: .success
            }
        #expect(Circuit.Verdict(.failure(CallFailure(type, detail: "", sent: .no)), rule) == expected)
    }
}
