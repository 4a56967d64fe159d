import Testing

@Suite struct FlowActionTests {
    @Test func builds() {}
}
