import Platform
import Testing

@Suite("How a host is written")
struct HostFormTests {
    @Test(
        "tells addresses, this machine and names apart",
        arguments: [
            ("127.0.0.1", .address(isLoopback: true)), ("127.9.8.7", .address(isLoopback: true)),
            ("10.0.0.1", .address(isLoopback: false)), ("[::1]", .address(isLoopback: true)),
            ("[FE80::1]", .address(isLoopback: false)), ("LocalHost", .localName), ("127.example.org", .name),
            ("localhost.example.org", .name), ("pbx1", .name), ("", .name),
        ] as [(String, HostForm)])
    func form(host: String, expected: HostForm) {
        var host = host
        #expect(host.withUTF8 { HostForm($0) } == expected)
    }
}
