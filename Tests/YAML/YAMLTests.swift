import Testing

@Suite struct YAMLTests {
    @Test func builds() {}
}
