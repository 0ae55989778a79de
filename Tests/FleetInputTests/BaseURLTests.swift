import FleetModel
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("Addresses of PBXs")
struct BaseURLTests {
    @Test(
        "Addresses come out in one form",
        arguments: [
            ("https://PBX1.Example.com", "https pbx1.example.com:443"), ("HTTPS://a:8443/", "https a:8443"),
            ("a", "https a:8088"), ("a/", "https a:8088"), ("a:99", "https a:99"),
            ("http://127.0.0.1", "http 127.0.0.1:80"),
            ("https://[FE80:0:0::1]:8088", "https [fe80::1]:8088"), ("[::ffff:1.2.3.4]", "https [::ffff:1.2.3.4]:8088"),
            ("pbx_1.local", "https pbx_1.local:8088"),
        ])
    func addresses(cell: String, address: String) throws {
        let job = try #require(try Reading.row([("base_url", cell)]).jobs().first)
        #expect("\(job.address.scheme) \(job.address.host)" == address)
    }
}
