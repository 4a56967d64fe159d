import Testing

@Suite struct EndToEndTests {
    @Test func builds() {}
}
