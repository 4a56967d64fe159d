import Testing

@Suite struct StoreTests {
    @Test func builds() {}
}
