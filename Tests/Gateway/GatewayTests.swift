import Testing

@Suite struct GatewayTests {
    @Test func builds() {}
}
