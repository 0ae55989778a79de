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
        "knows whether it is this machine",
        arguments: [("127.9.8.7", true), ("10.0.0.1", false), ("LocalHost", true), ("127.example.org", false)])
    func isThisMachine(name: String, isLoopback: Bool) {
        #expect(HostKey(name: name, port: 443).isLoopback == isLoopback)
    }

    @Test("leads to the usual path of the API unless told otherwise")
    func address() {
        let host = HostKey(name: "pbx.example.com", port: 443)
        #expect(PBXAddress(scheme: .https, host: host).apiPath == "openapi/v1.0")
        #expect(PBXAddress(scheme: .https, host: host) != PBXAddress(scheme: .https, host: host, apiPath: "api"))
        #expect(PBXAddress(scheme: .https, host: host) != PBXAddress(scheme: .http, host: host))
    }
}
