import Testing

@Suite struct JSONTests {
    @Test func builds() {}
}
