import FlowAction
import Testing

@Suite struct AddressPolicyTests {
    @Test(arguments: [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.19.255.255",
        "198.51.100.7", "203.0.113.9", "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "100::1", "2001::1",
        "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "3fff::1", "5f00::1", "4000::1",
        "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::127.0.0.1",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::10.0.0.1", "2002:7f00:1::", "2002:a00:1::1",
        "127.1", "0x7f000001", "2130706433", "017700000001", "0x7f.0.0.1", "0",
        "192.0.0.1", "192.0.0.255", "2001:1ff:ffff::1", "100:0:0:1::1", "64:ff9b::100.64.0.1", "2002:a9fe:a9fe::1",
        // Translated in ways that hide where the IPv4 address stands.
        "64:ff9b:1::8.8.8.8", "64:ff9b:1:7f00:0:100:808:808", "::ffff:0:8.8.8.8", "::ffff:0:127.0.0.1",
    ])
    func refusesWhatIsNotGloballyReachable(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!AddressPolicy(allowing: []).permits(address))
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "192.167.1.1", "100.63.255.255", "100.128.0.1", "198.20.0.1",
        "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "2001:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808",
        "2002:808:808::1", "192.0.1.1", "192.88.98.1", "2001:200::1", "2001:db7:ffff::1", "3ffe:ffff::1",
    ])
    func permitsTheRest(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressPolicy(allowing: []).permits(address))
    }

    @Test(arguments: [
        ("127.0.0.0/8", "127.0.0.1", true), ("127.0.0.0/8", "::ffff:127.0.0.1", true), ("127.0.0.0/8", "::1", false),
        ("127.0.0.0/8", "64:ff9b::7f00:1", true), ("10.1.2.0/23", "10.1.3.255", true),
        ("10.1.2.0/23", "10.1.4.0", false),
        ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3", "10.1.2.4", false), ("::1", "::1", true),
        ("fd00::/8", "fdff::1", true),
        ("fd00::/8", "fc00::1", false), ("0.0.0.0/0", "10.0.0.1", true), ("::/0", "fe80::1", true),
    ])
    func allowsWhatTheSettingsList(block: String, text: String, isPermitted: Bool) throws {
        let block = try #require(NetworkBlock(block))
        let address = try #require(IPAddress(text))
        #expect(AddressPolicy(allowing: [block]).permits(address) == isPermitted)
    }

    @Test(arguments: [
        "", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "::/129", "fd00::/x", "10.0.0.0/", "host/8", "300.0.0.0/8",
        "1:2/8",
        "1::2::3/8", "::12345",
    ])
    func refusesWhatIsNoBlock(text: String) {
        #expect(NetworkBlock(text) == nil)
    }

    @Test(arguments: [
        "", "example.com", "1.2.3.4.5", "256.1.1.1", "1.2.3.256", "0x1g", "08", "1.2.", "4294967296", ":::", "1:2:3",
    ])
    func refusesWhatIsNoAddress(text: String) {
        #expect(IPAddress(text) == nil)
    }
}
