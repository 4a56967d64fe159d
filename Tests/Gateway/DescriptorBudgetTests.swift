import Gateway
import Testing

@Suite struct DescriptorBudgetTests {
    /// Whatever the limit, what is shared out fits it, and each share lets something through.
    @Test(arguments: [16, 20, 64, 70, 128, 256, 1_024, 4_096, 20_000, 65_536, 1_048_576])
    func sharesFitTheLimit(limit: Int) {
        let budget = DescriptorBudget(limit: limit)
        #expect(budget.maximumInFlight >= 1)
        #expect(budget.maximumConnections >= 1)
        #expect(budget.maximumCalls >= budget.maximumInFlight)
        #expect(budget.maximumConnections > budget.maximumInFlight)
        #expect(budget.maximumConnections + budget.maximumCalls < limit)
    }

    @Test func leavesTheDefaultWhereThereIsRoom() {
        #expect(DescriptorBudget(limit: 20_000).maximumInFlight >= 8_000)
        #expect(DescriptorBudget(limit: 1_024).maximumInFlight == 426)
    }
}
