import FleetModel
import Testing

@Suite("A host key")
struct HostKeyTests {
    @Test(
        "is the same for every writing of a name, and for no other name or port",
        arguments: [
            ("pbx.example.com", 443, true), ("PBX.Example.COM", 443, true), ("pbx.example.com", 8088, false),
            ("pbx.example.com.", 443, false), ("pbx2.example.com", 443, false), ("", 443, false),
        ] as [(String, UInt16, Bool)])
    func identity(name: String, port: UInt16, isSame: Bool) {
        let key = HostKey(name: "pbx.example.com", port: 443)
        #expect((HostKey(name: name, port: port) == key) == isSame)
        #expect(Set([key, HostKey(name: name, port: port)]).count == (isSame ? 1 : 2))
    }

    @Test(
        "is written as name and port",
        arguments: [
            ("PBX.example.com", 8088, "pbx.example.com:8088"), ("127.0.0.1", 1, "127.0.0.1:1"),
            ("[FE80::1]", 65_535, "[fe80::1]:65535"),
        ] as [(String, UInt16, String)])
    func description(name: String, port: UInt16, text: String) {
        #expect(HostKey(name: name, port: port).description == text)
    }

    @Test(
        "tells addresses, this machine and names apart",
        arguments: [
            ("127.0.0.1", .address(isLoopback: true)), ("127.9.8.7", .address(isLoopback: true)),
            ("10.0.0.1", .address(isLoopback: false)), ("[::1]", .address(isLoopback: true)),
            ("[FE80::1]", .address(isLoopback: false)), ("LocalHost", .localName), ("127.example.org", .name),
            ("localhost.example.org", .name), ("mylocalhost", .name), ("1.2.3.4.example", .name),
            ("1pbx.example", .name), ("pbx1", .name), ("", .name),
        ] as [(String, HostForm)])
    func form(name: String, form: HostForm) {
        #expect(HostKey(name: name, port: 443).form == form)
    }

    @Test("is this machine by its name and by every address of its own")
    func isThisMachine() {
        let forms: [HostForm] = [.address(isLoopback: true), .address(isLoopback: false), .localName, .name]
        #expect(forms.map(\.isLoopback) == [true, false, true, false])
    }

    @Test("leads to the usual path of the API unless told otherwise")
    func address() {
        let host = HostKey(name: "pbx.example.com", port: 443)
        #expect(PBXAddress(scheme: .https, host: host).apiPath == "openapi/v1.0")
        #expect(PBXAddress(scheme: .https, host: host) != PBXAddress(scheme: .https, host: host, apiPath: "api"))
        #expect(PBXAddress(scheme: .https, host: host) != PBXAddress(scheme: .http, host: host))
    }
}
