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

    @Test(arguments: [
        ("Lead Score", "lEAD sCORE"), ("a[b", "A[B"), ("Größe", "gRÖßE"),
        ("\u{212A}elvin", "kelvin"), ("kelvin", "\u{212A}ELVIN"), ("\u{E9}t\u{E9}", "E\u{301}TE\u{301}"),
    ])
    func ignoresCase(name: String, other: String) {
        let table = NameTable([("x", 0), (name, 1)])
        #expect(table[other] == 1 && table[name] == 1)
    }

    /// Bytes that differ in the bit of case alone, but are no letters.
    @Test(arguments: [("a@b", "a`b"), ("a[b", "a{b"), ("_", "\u{7F}"), ("1", "\u{11}"), ("\u{C0}", "\u{E0}\u{300}")])
    func takesNothingButLettersForTheSame(name: String, other: String) {
        #expect(NameTable([(name, 1)])[other] == nil)
        #expect(NameTable([(other, 1)])[name] == nil)
    }

    @Test func holdsTheFirstOfTwoThatDifferInCase() {
        let table = NameTable([("Über", 1), ("über", 2), ("Email", 3), ("EMAIL", 4), ("\u{212A}", 5), ("k", 6)])
        #expect(table["ÜBER"] == 1 && table["email"] == 3 && table["K"] == 5)
    }
}
