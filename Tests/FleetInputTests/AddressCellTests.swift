import FleetModel
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("Addresses of PBXs")
struct AddressCellTests {
    @Test(
        "Addresses come out in one form",
        arguments: [
            ("https://PBX1.Example.com", "https pbx1.example.com:443"), ("HTTPS://a:8443/", "https a:8443"),
            ("a", "https a:8088"), ("a/", "https a:8088"), ("a:99", "https a:99"),
            ("http://127.0.0.1", "http 127.0.0.1:80"),
            ("https://[FE80:0:0::1]:8088", "https [fe80::1]:8088"), ("[::ffff:1.2.3.4]", "https 1.2.3.4:8088"),
            ("pbx_1.local", "https pbx_1.local:8088"), ("0x7f.example.com", "https 0x7f.example.com:8088"),
            ("a.RAS.yeastar.com", "https a.ras.yeastar.com:443"),
            ("a.ras.uccpbx.com:8088", "https a.ras.uccpbx.com:8088"),
            ("a.yeastarcloud.com/", "https a.yeastarcloud.com:443"),
            ("yeastarcloud.com", "https yeastarcloud.com:8088"),
            ("myras.yeastar.com", "https myras.yeastar.com:8088"),
            ("https://a:8088/openapi/v1.0/", "https a:8088"), ("[::1]/openapi/v1.0", "https [::1]:8088"),
        ])
    func addresses(cell: String, address: String) throws {
        let job = try #require(try Reading.row([("base_url", cell)]).jobs().first)
        #expect("\(job.address.scheme) \(job.address.host)" == address)
    }

    @Test("The path of the row's own API may stand behind an address, and no other one")
    func pathOfTheAPI() throws {
        let text = """
            host,api_path,id,auto_renewal,access_token
            https://a/pbx/v2,/pbx/v2/,1,0,t
            https://a/pbx/v2,,2,0,t
            https://a/openapi/v1.0,pbx/v2,3,0,t
            https://a//openapi/v1.0,,4,0,t
            https://a/openapi/v1.0?access_token=t,,5,0,t
            """
        let reading = try Reading(text + "\n")
        #expect(try reading.jobs().map { "\($0.address.host)/\($0.address.apiPath)" } == ["a:443/pbx/v2"])
        #expect(reading.codes == Array(repeating: .baseURLMalformed, count: 4))
    }

    @Test(
        "An address in another spelling than four decimal numbers is refused",
        arguments: [
            "0x7f000001", "127.0.0.0x1", "2130706433", "127.1", "0177.0.0.1", "0x", "a.0XFF", "https://0x7F.0.0.1",
            "Err:508", "Loading...", "#REF!",
        ])
    func otherSpellings(cell: String) throws {
        let reading = try Reading.row([("base_url", cell)])
        #expect(reading.validRowCount == 0 && reading.codes.count == 1)
    }

    @Test("One PBX under its names is one host")
    func oneHost() throws {
        let text = """
            host,id,auto_renewal,access_token
            a.ras.yeastar.com,1,0,t
            https://A.ras.yeastar.com,2,0,t
            https://a.ras.yeastar.com:443/,3,0,t
            10.0.0.1,4,0,t
            [::ffff:10.0.0.1],5,0,t
            """
        #expect(try Reading(text + "\n").catalog.hostCount == 2)
    }
}
