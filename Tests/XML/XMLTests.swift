import Testing

@Suite struct XMLTests {
    @Test func builds() {}
}
