import FlowAction
import Gateway
import Testing

@Suite struct AddressWalkTests {
    private static let (four, otherFour) = (IPAddress(v4: 0x0A00_0001), IPAddress(v4: 0x0A00_0002))
    private static let minute: UInt64 = 60_000_000_000

    private func walk(
        _ addresses: [IPAddress],
        silent: [IPAddress],
        at now: UInt64 = 1
    ) -> [(addresses: [IPAddress], isLast: Bool)] {
        var known = SilentAddresses()
        for address in silent { known.insert([address], port: 443, at: 0) }
        var walk = AddressWalk(addresses, port: 443, at: now, known)
        var steps: [(addresses: [IPAddress], isLast: Bool)] = []
        while !walk.isAtEnd, steps.count < 10 {
            steps.append(walk.next())
            walk.giveUp(steps[steps.count - 1].addresses)
        }
        return steps
    }

    /// One of each family at a time, and the last two again, of which either may have needed more time.
    @Test func letsTheFamiliesRace() throws {
        let six = try #require(IPAddress("2001:db8::1"))
        let steps = walk([six, Self.four, Self.otherFour], silent: [])
        #expect(steps.map(\.addresses) == [[six, Self.four], [Self.otherFour]])
        #expect(steps.map(\.isLast) == [false, true])
        let two = walk([six, Self.four], silent: [])
        #expect(two.map(\.addresses) == [[six, Self.four], [six, Self.four]])
        #expect(two.map(\.isLast) == [false, true])
    }

    /// A silent one comes alone, behind all others: libcurl 8 would begin with it, were it of IPv6.
    @Test func leavesASilentOneToItself() throws {
        let six = try #require(IPAddress("2001:db8::1"))
        let steps = walk([six, Self.four, Self.otherFour], silent: [six])
        #expect(steps.map(\.addresses) == [[Self.four], [Self.otherFour], [six]])
        #expect(steps.map(\.isLast) == [false, false, true])
        let bothSilent = walk([Self.four, six], silent: [six, Self.four])
        #expect(bothSilent.map(\.addresses) == [[Self.four, six], [Self.four, six]])
        #expect(walk([six, Self.four], silent: [six], at: Self.minute).map(\.addresses.count) == [2, 2])
    }
}
