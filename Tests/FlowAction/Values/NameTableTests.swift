import FlowAction
import Testing

@Suite struct NameTableTests {
    /// So many names that most share a slot with others, of lengths on both sides of every multiple of eight bytes.
    private static let names = (0..<3_000).map { String(repeating: "é", count: $0 % 11) + "\($0)" }

    @Test func findsEachNameAtItsPosition() {
        let table = NameTable(Self.names.enumerated().map { (name: $1, position: $0 + 7) })
        for (index, name) in Self.names.enumerated() { #expect(table[name] == index + 7, "\(name)") }
    }

    @Test func findsNothingElse() {
        let table = NameTable(Self.names.enumerated().map { (name: $1, position: $0) })
        for name in Self.names {
            #expect(table["\(name) "] == nil && table["\u{0}\(name)"] == nil && table[name + name + "x"] == nil)
        }
        #expect(table[""] == nil)
        #expect(NameTable([])["a"] == nil)
        #expect(NameTable([("", 3)])[""] == 3)
    }

    @Test func holdsTheFirstOfTwo() {
        let twice = Self.names.enumerated().map { (name: $1, position: $0) }
        let table = NameTable(twice + twice.map { (name: $0.name, position: $0.position + 10_000) })
        for (index, name) in Self.names.enumerated() { #expect(table[name] == index, "\(name)") }
    }
}
